//! Console: server-rendered pages for operators on the administrator's listener.
//!
//! | module | purpose |
//! |---|---|
//! | `policy`, `fault` | checks of every request; refusals as pages |
//! | `state`, `visit`, `sign_in` | sessions, forms and their tokens; signing in |
//! | `page`, `words`, `assets`, `plot` | frame, languages, names of states, scripts and styles, plots |
//! | `form`, `editor`, `guide` | a connector's form from its plugin's guard, its trial, its guide |
//! | `plugins`, `pulls`, `catalogue`, `review`, `vouchers`, `uploads`, `market` | plugins: installed, from registries and catalogues, reviewed |
//! | `connectors`, `flows`, `webhooks` | connectors, routes and webhooks of a tenant |
//! | `settling` | sources that settle an unknown outcome |
//! | `messages`, `timeline`, `overview`, `limits`, `keys`, `audit`, `people` | the other pages |
//!
//! All text of a plugin or a provider is untrusted: templates escape it, and none of it becomes markup.

mod assets;
mod audit;
mod catalogue;
mod connectors;
mod editor;
mod fault;
mod flows;
mod form;
mod guide;
mod keys;
mod limits;
mod market;
mod messages;
mod overview;
mod page;
mod people;
mod plot;
mod plugins;
mod policy;
mod pulls;
mod review;
mod settling;
mod sign_in;
mod state;
mod tenants;
mod timeline;
mod uploads;
mod visit;
mod vouchers;
mod webhooks;
pub(crate) mod words;

use crate::service::app::App;
use crate::service::passwords::Passwords;
use crate::service::problem::Problem;
use crate::service::texts;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get};
use fault::Fault;
pub use policy::headers;
use state::Console;
use std::sync::Arc;
use visit::Visit;

/// Settings of the console.
#[derive(Clone, Default)]
pub struct Settings {
    /// Names of this machine beside those of loopback.
    pub hosts: Vec<String>,
    /// Catalogues of plugins.
    pub catalogues: Vec<String>,
    /// True if a registry on this machine is reached over plain HTTP.
    pub has_loopback_http: bool,
}

/// Routes beside the console that accept only its names of this machine. Otherwise another site could point its name at
/// them.
pub fn beside(routes: Router, settings: &Settings) -> Router {
    let hosts: Arc<[String]> = settings.hosts.clone().into();
    routes.layer(middleware::from_fn_with_state(hosts, policy::host))
}

/// The console's routes.
pub fn routes(app: Arc<App>, settings: Settings) -> Router {
    let console = Arc::new(Console {
        market: market::Market::new(&app, settings.catalogues, settings.has_loopback_http),
        app,
        hosts: settings.hosts,
        passwords: Passwords::default(),
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
        .merge(tenants::routes())
        .merge(keys::routes())
        .merge(webhooks::routes())
        .merge(audit::routes())
        .merge(plugins::routes())
        .merge(review::routes())
        .merge(pulls::routes())
        .merge(catalogue::routes())
        .merge(people::routes())
        .route("/console", any(|| async { Redirect::to("/console/") }))
        .route("/console/{*rest}", any(nothing_here))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(
            console.clone(),
            policy::check,
        ))
        .layer(middleware::from_fn(refusals))
        .with_state(console)
}

/// Redirects to the first tenant's overview.
async fn home(State(console): State<Arc<Console>>, visit: Visit) -> Redirect {
    let catalog = console.app.catalog.load();
    let own = visit.user.tenant.clone();
    // Browsers never request a path of dots, and earlier versions accepted such a name.
    let is_reachable = |id: &&String| !matches!(id.as_str(), "." | "..");
    let first = || catalog.tenants.keys().find(is_reachable).cloned();
    let first = own.or_else(first);
    match first {
        Some(tenant) => Redirect::to(&format!("/console/t/{tenant}/")),
        None => Redirect::to("/console/tenants"),
    }
}

/// Responds to a path without a page.
async fn nothing_here() -> Fault {
    Problem::not_found("path").into()
}

/// Redirects a visit to a path for forms, after a change of language or a typed address: the page above it has the
/// form.
async fn wrong_method(method: Method, uri: Uri) -> Response {
    match uri.path().rsplit_once('/') {
        Some((above, _)) if method == Method::GET => Redirect::to(above).into_response(),
        _ => Fault::Form.into_response(),
    }
}

/// Renders refusals as pages, in the reader's language.
async fn refusals(request: Request, next: Next) -> Response {
    let t = visit::language(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Fault>() {
        Some(fault) => fault.page(t),
        None if is_unread(&response) => Fault::Address.page(t),
        None => response,
    }
}

/// Returns true if the router refused the address itself, with a line of plain text: a parameter that comes twice or is
/// not text.
fn is_unread(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_line = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    response.status() == StatusCode::BAD_REQUEST && is_line
}

#[cfg(test)]
mod tests;
