//! Lists of messages and verifications by time and state, and search.

use super::fault::Fault;
use super::form::shown;
use super::page::{Page, paged, render, time};
use super::state::Console;
use super::visit::{Posted, Visit};
use super::words;
use crate::service::admin::numbers;
use crate::service::ids;
use crate::service::store::StoreError;
use crate::service::store::message::{Message, State};
use crate::service::store::messages::{self, Filter};
use crate::service::store::verifications::{self, Verification};
use crate::service::verification::view;
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;

/// The rows of a page.
const ROWS: u32 = 50;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/t/{tenant}/messages", get(list))
        .route("/console/t/{tenant}/messages/search", post(search))
        .route("/console/t/{tenant}/verifications", get(list_verifications))
}

#[derive(Template)]
#[template(path = "messages.html")]
struct List {
    page: Page,
    states: Vec<(&'static str, String, bool)>,
    since: String,
    rows: Vec<Row>,
    next: String,
    query: String,
    error: String,
    found: Option<(String, String)>,
    verifications: Vec<VerificationRow>,
    is_verifications: bool,
}

/// A message in a list.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) to: String,
    pub(super) usage: String,
    pub(super) connector: String,
    pub(super) state: &'static str,
    pub(super) name: String,
    pub(super) reason: String,
    pub(super) is_verified: bool,
}

/// A verification in a list.
pub(super) struct VerificationRow {
    pub(super) id: String,
    pub(super) at: String,
    pub(super) to: String,
    pub(super) usage: String,
    pub(super) status: String,
    pub(super) name: String,
    pub(super) sends: u32,
}

/// A message as a row of a list.
pub(super) fn row(visit: &Visit, row: &Message) -> Row {
    let app = &visit.console.app;
    let catalog = app.catalog.load();
    let connector = catalog.connectors.get(&row.connector);
    Row {
        id: row.id.clone(),
        at: time(row.created_at),
        to: app.masked(&row.tenant, &row.number),
        usage: shown(&row.usage, 40),
        connector: match connector {
            Some(connector) => shown(&connector.row.name, 40),
            None if row.connector == "trial" => visit.t.say("trial"),
            None => visit.t.say("connector-gone"),
        },
        state: row.state.as_str(),
        name: words::state(visit.t, row.state),
        reason: shown(
            &match (&row.provider_code, &row.reason) {
                (Some(code), _) => code.clone(),
                (None, Some(word)) => words::outcome(visit.t, word),
                (None, None) => String::new(),
            },
            60,
        ),
        is_verified: row.verified_at.is_some(),
    }
}

/// A verification as a row of a list.
pub(super) fn verification_row(visit: &Visit, v: &Verification) -> VerificationRow {
    let seen = view(&visit.console.app, v, None, None, ids::now_ms());
    VerificationRow {
        id: v.id.clone(),
        at: time(v.created_at),
        to: seen.to,
        usage: shown(&v.usage, 40),
        name: words::status(visit.t, &seen.status),
        status: seen.status,
        sends: v.sends,
    }
}

#[derive(Deserialize, Default)]
struct Query_ {
    #[serde(default)]
    state: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    before: String,
}

/// The identifier of a page's last row, which is the key of the next page.
fn key(text: &str) -> Option<&str> {
    Some(text).filter(|id| !id.is_empty())
}

/// A day from a date field, in milliseconds since 1970.
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let year = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let date =
        ::time::Date::from_calendar_date(year, month.try_into().ok()?, parts.next()?.parse().ok()?);
    date.ok()?
        .midnight()
        .assume_utc()
        .unix_timestamp()
        .checked_mul(1000)
}

fn list_page(visit: &Visit, state: &str, title: &'static str) -> List {
    let states = words::STATES.iter();
    List {
        page: visit.page(title, visit.t.say("messages")),
        states: states
            .map(|s| (s.as_str(), words::state(visit.t, *s), s.as_str() == state))
            .collect(),
        since: String::new(),
        rows: Vec::new(),
        next: String::new(),
        query: String::new(),
        error: String::new(),
        found: None,
        verifications: Vec::new(),
        is_verifications: false,
    }
}

async fn list(visit: Visit, Query(query): Query<Query_>) -> Result<Html<String>, Fault> {
    let filter = Filter {
        state: State::parse(&query.state),
        since: day(&query.since),
        before: key(&query.before),
        ..Filter::default()
    };
    let app = &visit.console.app;
    let rows = app
        .store
        .read(|db| messages::page(db, &visit.tenant, &filter, ROWS + 1))?;
    let mut page = list_page(&visit, &query.state, "messages");
    let (rows, next) = paged(rows, ROWS as usize, |last| {
        let more = form_urlencoded::Serializer::new(String::new())
            .append_pair("state", &query.state)
            .append_pair("since", &query.since)
            .append_pair("before", &last.id)
            .finish();
        format!("?{more}")
    });
    page.next = next;
    page.rows = rows.iter().map(|m| row(&visit, m)).collect();
    page.since = shown(&query.since, 10);
    Ok(render(&page))
}

async fn list_verifications(
    visit: Visit,
    Query(query): Query<Query_>,
) -> Result<Html<String>, Fault> {
    let app = &visit.console.app;
    let before = key(&query.before);
    let rows = app
        .store
        .read(|db| verifications::page(db, &visit.tenant, before, ROWS + 1))?;
    let mut page = list_page(&visit, "", "messages");
    page.is_verifications = true;
    let (rows, next) = paged(rows, ROWS as usize, |last| format!("?before={}", last.id));
    page.next = next;
    page.verifications = rows.iter().map(|v| verification_row(&visit, v)).collect();
    Ok(render(&page))
}

/// Searches for a number, a message's identifier or the provider's serial number. The search for a number is audited,
/// and the number is sent in a body, never in an address.
async fn search(posted: Posted) -> Result<Response, Fault> {
    let visit = posted.visit;
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let text = posted.fields.get("query").trim();
    let mut page = list_page(&visit, "", "messages");
    page.query = match text.starts_with(['m', 'v']) {
        true => shown(text, 80),
        false => String::new(),
    };
    if text.starts_with("m_")
        && app
            .store
            .read(|db| messages::get(db, tenant, text))?
            .is_some()
    {
        return Ok(visit.to(&format!("messages/{text}")));
    }
    if text.starts_with("v_")
        && app
            .store
            .read(|db| verifications::get(db, tenant, text))?
            .is_some()
    {
        return Ok(visit.to(&format!("verifications/{text}")));
    }
    let filter = Filter {
        serial: Some(text),
        ..Filter::default()
    };
    let by_serial = app
        .store
        .read(|db| messages::page(db, tenant, &filter, ROWS))?;
    if !by_serial.is_empty() {
        page.rows = by_serial.iter().map(|m| row(&visit, m)).collect();
        page.found = Some((shown(text, 80), String::new()));
        return Ok(render(&page).into_response());
    }
    match numbers::search(app, &visit.actor(), tenant, text).await {
        Ok(found) => {
            let ids: Vec<String> = found.messages.iter().map(|m| m.id.clone()).collect();
            let verified: Vec<String> = found.verifications.iter().map(|v| v.id.clone()).collect();
            let (rows, begun) = app.store.read(|db| {
                let mut rows = Vec::new();
                for id in &ids {
                    rows.extend(messages::get(db, tenant, id)?);
                }
                let mut begun = Vec::new();
                for id in &verified {
                    begun.extend(verifications::get(db, tenant, id)?);
                }
                Ok::<_, StoreError>((rows, begun))
            })?;
            page.rows = rows.iter().map(|m| row(&visit, m)).collect();
            page.verifications = begun.iter().map(|v| verification_row(&visit, v)).collect();
            page.found = Some((found.number, found.locked_until.unwrap_or_default()));
        }
        Err(problem) if problem.status == 422 => page.error = visit.t.say("search-nothing"),
        Err(problem) => page.error = problem.text(visit.t),
    }
    Ok(render(&page).into_response())
}
