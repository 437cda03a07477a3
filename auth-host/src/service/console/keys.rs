//! API keys of a tenant: creation, revocation; a new key is shown once.

use super::fault::{Fault, FormError};
use super::page::{Page, paged, render, time, utc};
use super::state::Console;
use super::visit::{Fields, Posted, Visit};
use crate::service::admin::keys::{self, KeyView};
use crate::service::admin::once::Once;
use crate::service::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

/// The rows of a page.
const ROWS: usize = 50;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/keys", get(show).post(post))
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys {
    page: Page,
    keys: Vec<Shown>,
    next: String,
    made: String,
    error: FormError,
    name: String,
    scopes: Vec<(&'static str, String, bool)>,
}

/// The scopes of a back end that sends and checks codes.
const USUAL: [&str; 2] = ["verify", "message"];

struct Shown {
    id: String,
    name: String,
    scopes: String,
    at: String,
    revoked: String,
}

#[derive(Deserialize)]
struct Before {
    #[serde(default)]
    before: String,
}

async fn show(visit: Visit, Query(query): Query<Before>) -> Response {
    let page = page(&visit, &query.before);
    render(&page).into_response()
}

/// The page of the newest keys, or of those before one.
fn page(visit: &Visit, before: &str) -> Keys {
    let keys = keys::list(&visit.console.app, Some(&visit.tenant));
    let keys = keys
        .into_iter()
        .rev()
        .filter(|key| before.is_empty() || key.id.as_str() < before);
    let (keys, next) = paged(keys, ROWS, |key| format!("?before={}", key.id));
    Keys {
        page: visit.page("keys", visit.t.say("keys")),
        next,
        keys: keys.into_iter().map(shown).collect(),
        made: String::new(),
        error: FormError::default(),
        name: String::new(),
        scopes: scopes(visit, |scope| USUAL.contains(&scope)),
    }
}

fn shown(key: KeyView) -> Shown {
    Shown {
        id: key.id,
        name: key.name,
        scopes: key.scopes.join(", "),
        at: time(key.created_at),
        revoked: key.revoked_at.map(utc).unwrap_or_default(),
    }
}

/// The scopes of a tenant's keys, with their texts.
fn scopes(visit: &Visit, is_on: impl Fn(&str) -> bool) -> Vec<(&'static str, String, bool)> {
    let known = [
        ("verify", visit.t.say("scope-verify")),
        ("message", visit.t.say("scope-message")),
        ("tenant", visit.t.say("scope-tenant")),
    ];
    let scopes = known.into_iter();
    scopes
        .map(|(scope, text)| (scope, text, is_on(scope)))
        .collect()
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.admin()?;
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    match fields.get("do") {
        "revoke" => {
            keys::revoke(app, &visit.actor(), Some(tenant), fields.get("id")).await?;
            Ok(visit.to("keys"))
        }
        "add" => Ok(match add(&visit, &fields, visit.once(&fields)?).await {
            Ok(made) => {
                let mut page = page(&visit, "");
                page.made = made;
                page.page.is_once = true;
                render(&page).into_response()
            }
            Err(problem) => refused(&visit, &fields, &problem),
        }),
        _ => Err(Fault::Form),
    }
}

/// Creates a key, once for a form.
async fn add(visit: &Visit, fields: &Fields, once: Once) -> Result<String, Problem> {
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let scopes: Vec<String> = fields.all("scope").map(str::to_owned).collect();
    let name = fields.get("name").trim();
    once.claim(app).await?;
    let key = keys::add(app, &visit.actor(), Some(tenant), name, &scopes).await?;
    Ok(key.key.unwrap_or_default())
}

/// The page with the typed values and the reason for the refusal.
fn refused(visit: &Visit, fields: &Fields, problem: &Problem) -> Response {
    let page = Keys {
        error: FormError::of(visit.t, problem),
        name: fields.get("name").chars().take(64).collect(),
        scopes: scopes(visit, |scope| fields.all("scope").any(|on| on == scope)),
        ..page(visit, "")
    };
    (problem.status_code(), render(&page)).into_response()
}
