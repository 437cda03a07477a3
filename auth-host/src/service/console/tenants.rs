//! All tenants: creation of one, and removal of a stopped one.

use super::fault::{Fault, FormError, problem_text};
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
    error: FormError,
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
            error: FormError::default(),
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
    let (done, next, field) = match fields.get("do") {
        "remove" => {
            let removed = removal::remove(app, &actor, id).await;
            (removed, "/console/tenants".to_owned(), "")
        }
        "add" => (add(&visit, id).await, format!("/console/t/{id}/"), "id"),
        _ => return Err(Fault::Form),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&next).into_response()),
        Err(problem) => {
            let page = Tenants {
                error: FormError::new(field, problem_text(visit.t, &problem)),
                // A row of the list has nothing to type.
                id: match field {
                    "" => String::new(),
                    _ => shown(id, 64),
                },
                ..Tenants::of(&visit)
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
    }
}

async fn add(visit: &Visit, id: &str) -> Result<(), Problem> {
    let app = &visit.console.app;
    if app.catalog.load().tenants.contains_key(id) {
        return Err(Problem::invalid("", visit.t.say("name-taken")));
    }
    let added = tenants::put(app, &visit.actor(), id, &json!({})).await;
    added.map(|_| ())
}
