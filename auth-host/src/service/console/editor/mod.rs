//! The editor of a connector: form and JSON of its config, findings, trial, check, and saving.
//!
//! Every button posts the whole form, and the response is the page with the posted values. Nothing typed is lost, and
//! only *save* stores the config. The script posts the same form while a person types, and shows the findings.
//!
//! | module | purpose |
//! |---|---|
//! | `subject` | the connector that is edited, or the plugin of a new one |
//! | `state` | the form during a request: read, checked, saved |
//! | `trial`, `attempts` | attempts with an unsaved config |
//! | `reports` | addresses for the provider's delivery reports |
//! | `view` | the page |

mod attempts;
mod reports;
mod state;
mod subject;
mod trial;
mod view;

use super::fault::Fault;
use super::form::{self, Draft};
use super::state::Console;
use super::visit::{Posted, Visit};
use crate::service::admin::connectors;
use axum::Router;
use axum::extract::{self, Path};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use state::State;
use std::sync::Arc;
use subject::Subject;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(
            "/console/t/{tenant}/connector",
            get(show_new).post(post_new),
        )
        .route("/console/t/{tenant}/connectors/{id}", get(show).post(post))
        .route("/console/t/{tenant}/guide/{plugin}", get(view::show_guide))
}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    plugin: String,
    #[serde(default)]
    saved: bool,
    /// `json`, or empty for the form.
    #[serde(default)]
    view: String,
}

async fn show_new(
    visit: Visit,
    extract::Query(query): extract::Query<Query>,
) -> Result<Response, Fault> {
    visit.admin()?;
    let subject = Subject::new(visit, query.plugin)?;
    let mut state = State::open(subject, None).await?;
    state.is_json = query.view == "json";
    let fields = state.fields.clone();
    state.draft = Draft::stored(form::defaults(&fields), &fields);
    // The defaults of a new connector have no stored secrets, and nobody typed them.
    for ids in state.draft.rows.values_mut() {
        for id in ids {
            *id = id.replace('o', "n");
        }
    }
    Ok(state.page().await)
}

async fn show(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    extract::Query(query): extract::Query<Query>,
) -> Result<Response, Fault> {
    let t = visit.t;
    let mut state = State::open(Subject::stored(visit, &id)?, None).await?;
    state.is_json = query.view == "json";
    state.draft = Draft::stored(state.subject.stored.clone(), &state.fields);
    state.validate().await;
    if query.saved {
        state.notice = t.say("saved");
    }
    Ok(state.page().await)
}

async fn post_new(
    extract::Query(query): extract::Query<Query>,
    posted: Posted,
) -> Result<Response, Fault> {
    posted.visit.admin()?;
    let mut subject = Subject::new(posted.visit, query.plugin)?;
    subject.name = posted.fields.get("name").trim().chars().take(64).collect();
    act(State::open(subject, Some(posted.fields)).await?).await
}

async fn post(Path((_, id)): Path<(String, String)>, posted: Posted) -> Result<Response, Fault> {
    posted.visit.admin()?;
    let Posted { visit, fields } = posted;
    let subject = Subject::stored(visit.clone(), &id)?;
    if fields.get("do") != "remove" {
        return act(State::open(subject, Some(fields)).await?).await;
    }
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let Err(problem) = connectors::remove(app, &visit.actor(), tenant, &id).await else {
        return Ok(Redirect::to(&format!("/console/t/{tenant}/connectors")).into_response());
    };
    let mut state = State::open(subject, Some(fields.clone())).await?;
    if state.read(&fields).is_err() {
        // Nothing typed can be shown, and the reason of the refusal is the one that counts.
        return Err(problem.into());
    }
    state.refuse(&problem);
    Ok(state.page().await)
}

/// Actions of the form's buttons, without those of its rows and addresses.
const ACTIONS: [&str; 8] = [
    "as-json", "as-form", "validate", "save", "preview", "send", "ask", "report",
];

/// Prefix of the action that removes an address for reports.
const REPORT_DROP: &str = "report-drop:";

async fn act(mut state: State) -> Result<Response, Fault> {
    let posted = state.posted.clone().unwrap_or_default();
    state.read(&posted)?;
    if !state.json_error.is_empty() {
        return Ok(state.page().await);
    }
    let action = posted.get("do").to_owned();
    match action.split_once(':').unwrap_or((&action, "")) {
        ("as-json", _) => state.is_json = true,
        ("as-form", _) => state.is_json = false,
        ("add", list) => state.add_row(list),
        ("drop", row) => state.drop_row(row),
        _ if !ACTIONS.contains(&action.as_str()) && !action.starts_with(REPORT_DROP) => {
            return Err(Fault::Form);
        }
        _ => {}
    }
    match action.as_str() {
        "save" => return state.save().await,
        "preview" => state.attempt(None).await,
        "send" => {
            let once = state.once(&posted)?;
            state.attempt(Some(once)).await;
        }
        "ask" => state.ask().await,
        // The check comes first: a stale form does nothing, as its page says.
        "report" => {
            let once = state.once(&posted)?;
            state.validate().await;
            if !state.is_stale {
                state.add_report(once).await;
            }
        }
        _ => {
            state.validate().await;
            let address = action.strip_prefix(REPORT_DROP);
            if let Some(address) = address.filter(|_| !state.is_stale) {
                state.drop_report(address).await;
            }
        }
    }
    Ok(state.page().await)
}
