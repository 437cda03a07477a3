//! The overview: sends by state, share of codes that were used, segments, unsettled outcomes, kill switches.

use super::fault::Fault;
use super::page::{Page, render};
use super::plot::Plot;
use super::state::Console;
use super::visit::{Posted, Visit};
use super::words;
use crate::admin::tenants;
use crate::app::Nearby;
use crate::ids;
use crate::limits;
use crate::store::StoreError;
use crate::store::limits::{Counter, HOUR_MS, by_hour};
use crate::store::messages::{self, State};
use askama::Template;
use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::get;
use serde_json::json;
use std::sync::Arc;

/// How many hours the plot shows.
const HOURS: i64 = 24;

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
    unknown: usize,
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
    let tenant = visit.tenant.clone();
    let now = ids::now_ms();
    let counter = |scope| Counter {
        tenant: &tenant,
        scope,
        subject: "",
    };
    let sum = |db: &_, scope| {
        let counted = counter(scope).by_subject(db, now, HOURS)?;
        Ok::<i64, StoreError>(counted.into_iter().map(|(_, count)| count).sum())
    };
    let (states, verified, segments, refused, would, hours, open) = app.store.read(|db| {
        let mut states = Vec::new();
        for state in words::STATES {
            states.push((state, sum(db, state.as_str())?));
        }
        let unknown = messages::Filter {
            state: Some(State::Unknown),
            ..messages::Filter::default()
        };
        let mut hours = Vec::new();
        for state in words::STATES {
            hours.push((state, by_hour(db, &tenant, state.as_str(), now, HOURS)?));
        }
        Ok::<_, StoreError>((
            states,
            sum(db, "verified")?,
            counter("sent").sum(db, now, HOURS)?,
            counter(limits::REFUSED).by_subject(db, now, HOURS)?,
            sum(db, limits::WOULD_REFUSE)?,
            hours,
            messages::page(db, &tenant, &unknown, 100)?.len(),
        ))
    })?;
    let sent: i64 = states.iter().map(|(_, count)| count).sum();
    let accepted: i64 = states
        .iter()
        .filter(|(s, _)| is_good(*s))
        .map(|(_, count)| count)
        .sum();
    let settings = app
        .catalog
        .load()
        .tenants
        .get(&tenant)
        .map(|t| t.settings.clone())
        .unwrap_or_default();
    let first = now / HOUR_MS - HOURS + 1;
    let parts: Vec<(String, i64, i64)> = (0..HOURS)
        .map(|nth| {
            let hour = first + nth;
            let of = |good: bool| -> i64 {
                let kinds = hours.iter().filter(|(state, _)| is_good(*state) == good);
                kinds
                    .flat_map(|(_, counts)| counts)
                    .filter(|(h, _)| *h == hour)
                    .map(|(_, count)| count)
                    .sum()
            };
            (
                format!("{:02}:00", hour.rem_euclid(24)),
                of(true),
                of(false),
            )
        })
        .collect();
    let catalog = app.catalog.load();
    let base = format!("/console/t/{tenant}");
    let has_connector = catalog.connectors.values().any(|c| c.row.tenant == tenant);
    let own = catalog.connectors.values();
    let to_try = own
        .filter(|c| sent == 0 && c.row.tenant == tenant)
        .map(|c| format!("{base}/connectors/{}#try", c.row.id))
        .next();
    let steps = vec![
        (
            !catalog.plugins.is_empty(),
            t.say("step-plugin"),
            "/console/plugins".to_owned(),
        ),
        (
            has_connector,
            t.say("step-connector"),
            format!("{base}/connectors"),
        ),
        (
            catalog.flows.get(&tenant).is_some_and(|f| !f.is_empty()),
            t.say("step-flow"),
            format!("{base}/flows"),
        ),
        (
            catalog
                .keys
                .values()
                .any(|k| k.tenant.as_deref() == Some(&tenant) && k.revoked_at.is_none()),
            t.say("step-key"),
            format!("{base}/keys"),
        ),
    ];
    let budget = settings.segments_a_day;
    Ok(render(&Overview {
        page: visit.page("overview", t.say("overview")),
        states: states
            .into_iter()
            .map(|(s, count)| (s.as_str(), words::state(t, s), count))
            .filter(|(_, _, count)| *count > 0)
            .collect(),
        total: sent,
        rate: match accepted {
            0 => "–".to_owned(),
            accepted => format!("{} %", (verified * 100 / accepted).min(100)),
        },
        segments,
        budget,
        share: (segments * 100 / i64::from(budget.max(1))).min(100),
        unknown: open,
        refused: refused
            .into_iter()
            .take(12)
            .map(|(reason, count)| (words::outcome(t, &reason), count))
            .collect(),
        would_refuse: would,
        plot: Plot::new(t.say("plot-title"), &parts),
        is_host_stopped: catalog.is_stopped,
        is_tenant_stopped: settings.is_stopped,
        nearby: app.nearby.get().cloned(),
        to_try,
        has_steps: steps.iter().any(|(is_done, ..)| !is_done),
        steps,
    }))
}

const fn is_good(state: State) -> bool {
    matches!(state, State::Accepted | State::Delivered)
}

/// Turns a kill switch: the tenant's, or that of the whole host.
async fn switch(posted: Posted) -> Result<Redirect, Fault> {
    let visit = posted.visit;
    visit.admin()?;
    let is_stopped = posted.fields.get("to") == "stop";
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    if posted.fields.get("of") == "host" {
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
    Ok(Redirect::to(&format!("/console/t/{tenant}/")))
}
