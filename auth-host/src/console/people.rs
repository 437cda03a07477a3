//! Users of the console: added, given another password, removed.

use super::fault::{Fault, problem_text};
use super::page::{Page, render, time};
use super::sign_in::check;
use super::state::Console;
use super::visit::{Posted, Visit};
use crate::admin::users;
use crate::problem::Problem;
use crate::store::StoreError;
use crate::store::users::Role;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/users", get(show).post(post))
}

#[derive(Template)]
#[template(path = "users.html")]
struct Users {
    page: Page,
    users: Vec<[String; 5]>,
    error: String,
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    page(&visit, StatusCode::OK, String::new())
}

fn page(visit: &Visit, status: StatusCode, error: String) -> Result<Response, Fault> {
    visit.host()?;
    let users = users::list(&visit.console.app)?.into_iter();
    let users = users.map(|user| {
        let role = match user.role {
            Role::Admin => visit.t.say("role-admin"),
            Role::Viewer => visit.t.say("role-viewer"),
        };
        [
            user.id,
            user.name,
            role,
            user.tenant.unwrap_or_default(),
            time(user.created_at),
        ]
    });
    let page = visit.page("users", visit.t.say("users"));
    let users = users.collect();
    Ok((status, render(&Users { page, users, error })).into_response())
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let app = &visit.console.app;
    let is_removed = match fields.get("do") {
        "remove" => true,
        "put" => false,
        _ => return Err(Fault::Form),
    };
    let done = if is_removed {
        users::remove(app, &visit.actor(), fields.get("id")).await
    } else {
        if let Err(error) = check(visit.t, &fields) {
            return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, error);
        }
        let hash = visit.console.passwords.hash(fields.get("password")).await;
        let hash = hash.map_err(|error| Problem::from(StoreError::Failed(error)))?;
        let role = Role::parse(fields.get("role")).ok_or(Fault::Form)?;
        let tenant = Some(fields.get("tenant")).filter(|tenant| !tenant.is_empty());
        let name = fields.get("name").trim();
        users::put(app, &visit.actor(), name, hash, role, tenant).await
    };
    match done {
        Ok(()) => Ok(Redirect::to("/console/users").into_response()),
        Err(problem) => page(
            &visit,
            StatusCode::UNPROCESSABLE_ENTITY,
            problem_text(visit.t, &problem),
        ),
    }
}
