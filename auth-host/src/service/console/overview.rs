//! Overview: sends by state, share of used codes, segments, unsettled outcomes, kill switches.

use super::fault::Fault;
use super::page::{Page, render};
use super::plot::Plot;
use super::state::Console;
use super::visit::{Posted, Visit};
use super::words;
use crate::service::admin::tenants;
use crate::service::app::Nearby;
use crate::service::catalog::Catalog;
use crate::service::ids;
use crate::service::limits;
use crate::service::store::StoreError;
use crate::service::store::figures;
use crate::service::store::limits::{Counter, HOUR_MS, by_hour};
use crate::service::store::message::State;
use askama::Template;
use axum::Router;
use axum::response::{Html, Response};
use axum::routing::get;
use rusqlite::Connection;
use serde_json::json;
use std::sync::Arc;

/// Number of hours in the plot.
const HOURS: i64 = 24;

/// The most unsettled outcomes that are counted.
const UNSETTLED: i64 = 1000;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/", get(show).post(switch))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    page: Page,
    states: Vec<(&'static str, String, i64)>,
    total: i64,
    rate: String,
    segments: i64,
    budget: u32,
    share: i64,
    is_warned: bool,
    unknown: String,
    refused: Vec<(String, i64)>,
    would_refuse: i64,
    plot: Plot,
    is_host_stopped: bool,
    is_tenant_stopped: bool,
    has_steps: bool,
    nearby: Option<Nearby>,
    to_try: Option<String>,
    steps: Vec<(bool, String, String)>,
}

async fn show(visit: Visit) -> Result<Html<String>, Fault> {
    let t = visit.t;
    let app = &visit.console.app;
    let tenant = &visit.tenant;
    let now = ids::now_ms();
    let figures = app.store.read(|db| Figures::read(db, tenant, now))?;
    let catalog = app.catalog.load();
    let settings = catalog.tenants.get(tenant).map(|t| t.settings.clone());
    let settings = settings.unwrap_or_default();
    let sent = figures.sent(is_sent);
    let mut own = catalog.connectors.values();
    // A viewer's page of a connector has nothing to try.
    let to_try = own
        .find(|c| visit.is_admin() && sent == 0 && c.row.tenant == *tenant)
        .map(|c| format!("/console/t/{tenant}/connectors/{}#try", c.row.id));
    let steps = steps(&visit, &catalog);
    let budget = settings.segments_a_day;
    Ok(render(&Overview {
        page: visit.page("overview", t.say("overview")),
        total: sent,
        rate: match figures.sent(is_good) {
            0 => "–".to_owned(),
            accepted => format!("{} %", (figures.verified * 100 / accepted).min(100)),
        },
        segments: figures.segments,
        budget,
        share: (figures.segments * 100 / i64::from(budget.max(1))).min(100),
        is_warned: figures.unsettled > 0,
        unknown: match figures.unsettled {
            count if count > UNSETTLED => format!("{UNSETTLED}+"),
            count => count.to_string(),
        },
        would_refuse: figures.would_refuse,
        plot: Plot::new(t, &figures.bars(now)),
        states: words::STATES
            .into_iter()
            .map(|s| (s.as_str(), words::state(t, s), figures.sent(|one| one == s)))
            .filter(|(_, _, count)| *count > 0)
            .collect(),
        refused: figures
            .refused
            .into_iter()
            .take(12)
            .map(|(reason, count)| (words::outcome(t, &reason), count))
            .collect(),
        is_host_stopped: catalog.is_stopped,
        is_tenant_stopped: settings.is_stopped,
        nearby: app.nearby.get().cloned(),
        to_try,
        has_steps: steps.iter().any(|(is_done, ..)| !is_done),
        steps,
    }))
}

/// A tenant's counters of the last day, and the number of unsettled outcomes.
struct Figures {
    states: Vec<(State, i64)>,
    /// For each state, the hours that have messages and their counts.
    hours: Vec<(State, Vec<(i64, i64)>)>,
    verified: i64,
    segments: i64,
    refused: Vec<(String, i64)>,
    would_refuse: i64,
    unsettled: i64,
}

impl Figures {
    fn read(db: &Connection, tenant: &str, now: i64) -> Result<Self, StoreError> {
        let counter = |scope| Counter {
            tenant,
            scope,
            subject: "",
        };
        let sum = |scope| {
            let counted = counter(scope).by_subject(db, now, HOURS)?;
            Ok::<i64, StoreError>(counted.into_iter().map(|(_, count)| count).sum())
        };
        let mut hours = Vec::new();
        for state in words::STATES.into_iter().filter(|state| is_sent(*state)) {
            hours.push((state, by_hour(db, tenant, state.as_str(), now, HOURS)?));
        }
        Ok(Self {
            states: figures::count_by_state(db, tenant, now, HOURS)?,
            hours,
            verified: sum("verified")?,
            segments: counter("sent").sum(db, now, HOURS)?,
            refused: counter(limits::REFUSED).by_subject(db, now, HOURS)?,
            would_refuse: sum(limits::WOULD_REFUSE)?,
            unsettled: figures::count_unknown(db, tenant, UNSETTLED + 1)?,
        })
    }

    /// Number of messages in the states that `is_one` accepts.
    fn sent(&self, is_one: impl Fn(State) -> bool) -> i64 {
        let states = self.states.iter().filter(|(state, _)| is_one(*state));
        states.map(|(_, count)| count).sum()
    }

    /// For each hour of the last day: its name, the number of accepted messages and that of the others.
    fn bars(&self, now: i64) -> Vec<(String, i64, i64)> {
        let in_hour = |hour: i64, good: bool| -> i64 {
            let states = self.hours.iter();
            let counts = states
                .filter(|(state, _)| is_good(*state) == good)
                .flat_map(|(_, counts)| counts);
            let counts = counts.filter(|(of, _)| *of == hour);
            counts.map(|(_, count)| count).sum()
        };
        let last = now / HOUR_MS;
        (last - HOURS + 1..=last)
            .map(|hour| {
                let name = format!("{:02}:00", hour.rem_euclid(24));
                (name, in_hour(hour, true), in_hour(hour, false))
            })
            .collect()
    }
}

/// Steps of the set-up before a message can be sent: true if done, the name, and the page, which is empty if the user
/// may not open it.
fn steps(visit: &Visit, catalog: &Catalog) -> Vec<(bool, String, String)> {
    let (t, tenant) = (visit.t, visit.tenant.as_str());
    let mut connectors = catalog.connectors.values();
    let mut keys = catalog.keys.values();
    let has_plugin = !catalog.plugins.is_empty();
    let has_connector = connectors.any(|c| c.row.tenant == tenant);
    let has_flow = catalog.flows.get(tenant).is_some_and(|f| !f.is_empty());
    let has_key = keys.any(|k| k.tenant.as_deref() == Some(tenant) && k.revoked_at.is_none());
    let own = |page: &str| format!("/console/t/{tenant}/{page}");
    vec![
        (
            has_plugin,
            t.say("step-plugin"),
            match visit.host() {
                Ok(()) => "/console/plugins".to_owned(),
                Err(_) => String::new(),
            },
        ),
        (has_connector, t.say("step-connector"), own("connectors")),
        (has_flow, t.say("step-flow"), own("flows")),
        (has_key, t.say("step-key"), own("keys")),
    ]
}

/// Returns true if the message was meant to be sent.
fn is_sent(state: State) -> bool {
    state != State::Suppressed
}

const fn is_good(state: State) -> bool {
    matches!(state, State::Accepted | State::Delivered)
}

/// Turns a kill switch of the tenant or of the whole host.
async fn switch(posted: Posted) -> Result<Response, Fault> {
    let visit = posted.visit;
    visit.admin()?;
    let is_stopped = match posted.fields.get("to") {
        "stop" => true,
        "go" => false,
        _ => return Err(Fault::Form),
    };
    let is_host = match posted.fields.get("of") {
        "host" => true,
        "tenant" => false,
        _ => return Err(Fault::Form),
    };
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    if is_host {
        visit.host_admin()?;
        tenants::stop_all(app, &visit.actor(), is_stopped).await?;
    } else {
        tenants::put(
            app,
            &visit.actor(),
            tenant,
            &json!({"is_stopped": is_stopped}),
        )
        .await?;
    }
    Ok(visit.to(""))
}
