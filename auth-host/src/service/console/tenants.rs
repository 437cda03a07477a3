//! All tenants: creation of one, and removal of a stopped one.

use super::fault::{Fault, problem_text};
use super::form::shown;
use super::page::{Page, render};
use super::state::Console;
use super::visit::{Posted, Visit};
use crate::service::admin::{removal, tenants};
use crate::service::problem::Problem;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/tenants", get(show).post(post))
}

#[derive(Template)]
#[template(path = "tenants.html")]
struct Tenants {
    page: Page,
    error: String,
    /// The name that was refused.
    id: String,
    /// Tenants that may be removed.
    stopped: Vec<String>,
}

impl Tenants {
    fn of(visit: &Visit) -> Self {
        let catalog = visit.console.app.catalog.load();
        let all = catalog.tenants.values();
        let stopped = all.filter(|tenant| tenant.settings.is_stopped);
        Self {
            page: visit.page("tenants", visit.t.say("tenants")),
            error: String::new(),
            id: String::new(),
            stopped: stopped.map(|tenant| tenant.id.clone()).collect(),
        }
    }
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    visit.host()?;
    Ok(render(&Tenants::of(&visit)).into_response())
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let (app, actor) = (&visit.console.app, visit.actor());
    let id = fields.get("id").trim();
    let (done, next) = match fields.get("do") {
        "remove" => (
            removal::remove(app, &actor, id).await,
            "/console/tenants".to_owned(),
        ),
        _ if app.catalog.load().tenants.contains_key(id) => (
            Err(Problem::invalid("", visit.t.say("name-taken"))),
            String::new(),
        ),
        _ => (
            tenants::put(app, &actor, id, &json!({})).await.map(|_| ()),
            format!("/console/t/{id}/"),
        ),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&next).into_response()),
        Err(problem) => {
            let page = Tenants {
                error: problem_text(visit.t, &problem),
                id: shown(id, 64),
                ..Tenants::of(&visit)
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
    }
}
