//! Users of the console: creation, change of password, removal.

use super::fault::{Fault, FormError};
use super::form::shown;
use super::page::{Page, render, time};
use super::sign_in::check;
use super::state::Console;
use super::visit::{Fields, Posted, Visit};
use crate::service::admin::users;
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use crate::service::store::users::Role;
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
    users: Vec<UserRow>,
    typed: Typed,
    error: FormError,
}

struct UserRow {
    id: String,
    name: String,
    role: String,
    /// Empty for all tenants.
    tenant: String,
    at: String,
}

/// Fields of a refused form, without its passwords.
#[derive(Default)]
struct Typed {
    id: String,
    name: String,
    role: String,
    tenant: String,
}

impl Typed {
    fn of(fields: &Fields) -> Self {
        let text = |name| shown(fields.get(name), 64);
        match fields.get("do") {
            "add" => Self {
                name: text("name"),
                role: text("role"),
                tenant: text("tenant"),
                ..Self::default()
            },
            "password" => Self {
                id: text("id"),
                ..Self::default()
            },
            // A row of the list has nothing to type.
            _ => Self::default(),
        }
    }

    fn is_user(&self, id: &str) -> bool {
        self.id == id
    }

    fn is_tenant(&self, id: &str) -> bool {
        self.tenant == id
    }
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    page(
        &visit,
        StatusCode::OK,
        Typed::default(),
        FormError::default(),
    )
}

fn page(
    visit: &Visit,
    status: StatusCode,
    typed: Typed,
    error: FormError,
) -> Result<Response, Fault> {
    visit.host()?;
    let users = users::list(&visit.console.app)?.into_iter();
    let users = users.map(|user| {
        let role = match user.role {
            Role::Admin => visit.t.say("role-admin"),
            Role::Viewer => visit.t.say("role-viewer"),
        };
        UserRow {
            id: user.id,
            name: user.name,
            role,
            tenant: user.tenant.unwrap_or_default(),
            at: time(user.created_at),
        }
    });
    let page = visit.page("users", visit.t.say("users"));
    let users = Users {
        page,
        users: users.collect(),
        typed,
        error,
    };
    Ok((status, render(&users)).into_response())
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.host_admin()?;
    let refuse = |error| {
        let (status, typed) = (StatusCode::UNPROCESSABLE_ENTITY, Typed::of(&fields));
        page(&visit, status, typed, error)
    };
    let (app, actor, id) = (&visit.console.app, visit.actor(), fields.get("id"));
    let action = fields.get("do");
    if !matches!(action, "add" | "password" | "remove") {
        return Err(Fault::Form);
    }
    if action != "remove"
        && let Err(error) = check(visit.t, &fields)
    {
        // Both forms have these fields.
        let field = format!("{action}.{}", error.field);
        return refuse(FormError { field, ..error });
    }
    let done = match action {
        "remove" => users::remove(app, &actor, id).await,
        "password" => users::set_password(app, &actor, id, hashed(&visit, &fields).await?).await,
        _ => {
            let role = Role::parse(fields.get("role")).ok_or(Fault::Form)?;
            let tenant = Some(fields.get("tenant")).filter(|tenant| !tenant.is_empty());
            let (name, hash) = (fields.get("name").trim(), hashed(&visit, &fields).await?);
            users::add(app, &actor, name, hash, role, tenant).await
        }
    };
    match done {
        Ok(()) => Ok(Redirect::to("/console/users").into_response()),
        // The other forms have no field of their own for it.
        Err(problem) => refuse(match action {
            "add" => FormError::of(visit.t, &problem),
            _ => FormError::without_field(visit.t, &problem),
        }),
    }
}

async fn hashed(visit: &Visit, fields: &Fields) -> Result<String, Problem> {
    let hash = visit.console.passwords.hash(fields.get("password")).await;
    hash.map_err(|error| StoreError::Failed(error).into())
}
