//! Audit log of a tenant or of the whole host.

use super::fault::Fault;
use super::form::shown;
use super::page::{Page, paged, render, time};
use super::state::Console;
use super::visit::Visit;
use super::words;
use crate::service::store::audit;
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

const ROWS: u32 = 100;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/t/{tenant}/audit", get(show))
        .route("/console/audit", get(show))
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Audit {
    page: Page,
    entries: Vec<[String; 6]>,
    next: String,
    is_whole: bool,
}

#[derive(Deserialize)]
struct Before {
    before: Option<String>,
}

async fn show(visit: Visit, Query(query): Query<Before>) -> Result<Html<String>, Fault> {
    let is_whole = visit.tenant.is_empty();
    if is_whole {
        visit.host()?;
    }
    let tenant = (!is_whole).then_some(visit.tenant.as_str());
    let app = &visit.console.app;
    let before = query.before.as_deref();
    let found = app
        .store
        .read(|db| audit::page(db, tenant, before, ROWS + 1))?;
    let (found, next) = paged(found, ROWS as usize, |(id, _)| format!("?before={id}"));
    let entries = found.iter().map(|(_, entry)| {
        [
            time(entry.at),
            entry.tenant.clone().unwrap_or_default(),
            shown(&entry.actor, 60),
            words::action(visit.t, &entry.action),
            shown(&entry.subject, 60),
            shown(&entry.detail, 160),
        ]
    });
    Ok(render(&Audit {
        page: visit.page(if is_whole { "log" } else { "audit" }, visit.t.say("audit")),
        entries: entries.collect(),
        next,
        is_whole,
    }))
}
