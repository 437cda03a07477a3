//! The console: pages for operators on the administrator's listener, made by the server.
//!
//! | module | purpose |
//! |---|---|
//! | `policy`, `fault` | what is asked of every request; refusals as pages |
//! | `state`, `visit`, `sign_in`, `password` | sessions, forms and their tokens; signing in |
//! | `page`, `words`, `assets`, `plot` | frame, languages, names of states, scripts and styles, plots |
//! | `form`, `editor`, `guide` | a connector's form from its plugin's guard, its trial, its guide |
//! | `connectors`, `flows`, `messages`, `timeline`, `plugins`, `uploads`, `overview`, `limits`, `keys`, `audit`, `people` | the other pages |
//!
//! Everything that a plugin or a provider wrote is text: templates escape it, and nothing of it becomes markup.

mod assets;
mod audit;
mod connectors;
mod editor;
mod fault;
mod flows;
mod form;
mod guide;
mod keys;
mod limits;
mod messages;
mod overview;
mod page;
mod password;
mod people;
mod plot;
mod plugins;
mod policy;
mod sign_in;
mod state;
mod timeline;
mod uploads;
mod visit;
mod webhooks;
pub(crate) mod words;

use crate::app::App;
use crate::texts;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use axum::routing::get;
use fault::Fault;
use state::Console;
use std::sync::Arc;
use visit::Visit;

/// The console's routes. `hosts` are names of this machine beside those of loopback.
pub fn routes(app: Arc<App>, hosts: Vec<String>) -> Router {
    let console = Arc::new(Console {
        app,
        hosts,
        passwords: password::Passwords::default(),
        uploads: uploads::Uploads::default(),
    });
    Router::new()
        .route("/", get(|| async { Redirect::to("/console/") }))
        .route("/console/", get(home))
        .route("/console/assets/{name}", get(assets::show))
        .merge(sign_in::routes())
        .merge(overview::routes())
        .merge(connectors::routes())
        .merge(editor::routes())
        .merge(flows::routes())
        .merge(messages::routes())
        .merge(timeline::routes())
        .merge(limits::routes())
        .merge(keys::routes())
        .merge(webhooks::routes())
        .merge(audit::routes())
        .merge(plugins::routes())
        .merge(people::routes())
        .layer(middleware::from_fn_with_state(
            console.clone(),
            policy::check,
        ))
        .layer(middleware::from_fn(refusals))
        .layer(middleware::map_response(policy::headers))
        .with_state(console)
}

/// The first tenant's overview.
async fn home(State(console): State<Arc<Console>>, visit: Visit) -> Redirect {
    let catalog = console.app.catalog.load();
    let own = visit.user.tenant.clone();
    let first = own.or_else(|| catalog.tenants.keys().next().cloned());
    match first {
        Some(tenant) => Redirect::to(&format!("/console/t/{tenant}/")),
        None => Redirect::to("/console/tenants"),
    }
}

/// Makes pages of refusals, where the reader's language is known.
async fn refusals(request: Request, next: Next) -> Response {
    let t = visit::language(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Fault>() {
        Some(fault) => fault.page(t),
        None => response,
    }
}
