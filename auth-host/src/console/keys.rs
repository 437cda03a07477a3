//! API keys of a tenant: made, shown once, revoked.

use super::fault::{Fault, problem_text};
use super::page::{Page, render, time};
use super::state::Console;
use super::visit::{Posted, Visit};
use crate::admin::keys;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/keys", get(show).post(post))
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    page: Page,
    keys: Vec<Shown>,
    made: String,
    error: String,
}

struct Shown {
    id: String,
    name: String,
    scopes: String,
    at: String,
    revoked: String,
}

async fn show(visit: Visit) -> Response {
    page(&visit, StatusCode::OK, String::new(), String::new())
}

fn page(visit: &Visit, status: StatusCode, made: String, error: String) -> Response {
    let keys = keys::list(&visit.console.app, Some(&visit.tenant));
    let shown = keys.into_iter().rev().take(200).map(|key| Shown {
        id: key.id,
        name: key.name,
        scopes: key.scopes.join(", "),
        at: time(key.created_at),
        revoked: key.revoked_at.map(time).unwrap_or_default(),
    });
    let page = visit.page("keys", visit.t.say("keys"));
    let keys = shown.collect();
    (
        status,
        render(&Keys {
            page,
            keys,
            made,
            error,
        }),
    )
        .into_response()
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.admin()?;
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    match fields.get("do") {
        "revoke" => {
            keys::revoke(app, &visit.actor(), Some(tenant), fields.get("id")).await?;
            return Ok(Redirect::to(&format!("/console/t/{tenant}/keys")).into_response());
        }
        "add" => {}
        _ => return Err(Fault::Form),
    }
    let scopes: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let name = fields.get("name").trim();
    match keys::add(app, &visit.actor(), Some(tenant), name, &scopes).await {
        Ok(key) => Ok(page(
            &visit,
            StatusCode::OK,
            key.key.unwrap_or_default(),
            String::new(),
        )),
        Err(problem) => {
            let error = problem_text(visit.t, &problem);
            Ok(page(
                &visit,
                StatusCode::UNPROCESSABLE_ENTITY,
                String::new(),
                error,
            ))
        }
    }
}
