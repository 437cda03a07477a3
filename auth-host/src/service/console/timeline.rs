//! One message or one verification: its timeline, its remedy, and the settling of unknown outcomes.

use super::fault::Fault;
use super::form::shown;
use super::messages::{Row, VerificationRow, row, verification_row};
use super::page::{Page, render, utc};
use super::settling::Settling;
use super::state::Console;
use super::visit::{Posted, Visit};
use super::words;
use crate::service::admin::messages as admin;
use crate::service::problem::Problem;
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::receipts::{self, Report, Source};
use crate::service::store::verifications;
use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{Html, Response};
use axum::routing::get;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/t/{tenant}/messages/{id}", get(one).post(settle))
        .route(
            "/console/t/{tenant}/verifications/{id}",
            get(one_verification),
        )
}

/// A moment of a timeline.
struct Moment {
    ms: i64,
    at: String,
    what: String,
    /// The source of the report, or the connector.
    how: String,
    /// The provider's code, or a word for the outcome.
    code: String,
    state: &'static str,
}

/// Remedy for a message that did not arrive.
struct Remedy {
    turn: String,
    todo: String,
    code: String,
    /// The plugin's own words, in English by the contract.
    hint: String,
}

#[derive(Template)]
#[template(path = "message.html")]
struct One {
    page: Page,
    row: Row,
    id: String,
    facts: Vec<(String, String)>,
    moments: Vec<Moment>,
    remedy: Option<Remedy>,
    is_unknown: bool,
    /// The explanation of an unknown outcome.
    unknown: String,
    /// True if an unknown outcome is looked up without the operator.
    can_look_up: bool,
    verification: String,
}

#[derive(Template)]
#[template(path = "verification.html")]
struct OneVerification {
    page: Page,
    v: VerificationRow,
    expires: String,
    attempts: u32,
    moments: Vec<Moment>,
    rows: Vec<Row>,
}

impl Moment {
    fn new(ms: i64, what: String, state: &'static str) -> Self {
        Self {
            ms,
            at: utc(ms),
            what,
            how: String::new(),
            code: String::new(),
            state,
        }
    }
}

/// The moments of all attempts by time. With several attempts, each moment has the number of its attempt.
fn moments(visit: &Visit, attempts: &[Message]) -> Result<Vec<Moment>, Fault> {
    let mut all = Vec::new();
    for (nth, attempt) in attempts.iter().enumerate() {
        let mut own = moments_of(visit, attempt)?;
        if attempts.len() > 1 {
            for moment in &mut own {
                let how = std::mem::take(&mut moment.how);
                moment.how = format!("{} · {how}", nth + 1);
            }
        }
        all.extend(own);
    }
    // The sort is stable: simultaneous moments stay in their order.
    all.sort_by_key(|moment| moment.ms);
    Ok(all)
}

/// The moments of one attempt.
fn moments_of(visit: &Visit, attempt: &Message) -> Result<Vec<Moment>, Fault> {
    let t = visit.t;
    let app = &visit.console.app;
    let mut reports = app.store.read(|db| receipts::of(db, attempt))?;
    if let (true, Some(at)) = (reports.is_empty(), attempt.settled_at) {
        reports.push(Report {
            source: Source::Answer,
            state: attempt.state,
            code: attempt.provider_code.clone().unwrap_or_default(),
            at,
        });
    }
    let mut moments = vec![Moment {
        how: row(visit, attempt).connector,
        ..Moment::new(attempt.created_at, t.say("moment-asked"), "sending")
    }];
    for report in &reports {
        let is_answer = report.source == Source::Answer;
        let word = attempt.reason.as_deref().filter(|_| is_answer);
        moments.push(Moment {
            how: words::source(t, report.source),
            code: match report.code.as_str() {
                "" => word.map_or(String::new(), |word| shown(&words::outcome(t, word), 60)),
                code => shown(code, 60),
            },
            ..Moment::new(
                report.at,
                words::state(t, report.state),
                report.state.as_str(),
            )
        });
    }
    if let Some(at) = attempt.verified_at {
        moments.push(Moment::new(at, t.say("moment-verified"), "verified"));
    }
    if let Some(at) = attempt
        .next_lookup_at
        .filter(|_| settling(visit, attempt).is_look_up())
    {
        moments.push(Moment {
            how: t.about("look-ups-done", attempt.lookups),
            ..Moment::new(at, t.say("moment-look-up"), "next")
        });
    }
    Ok(moments)
}

/// The source that may settle the message's outcome.
fn settling(visit: &Visit, message: &Message) -> Settling {
    Settling::of(&visit.console.app.catalog.load(), message)
}

/// The remedy for a message, if there is one.
fn remedy(visit: &Visit, message: &Message) -> Option<Remedy> {
    let t = visit.t;
    let todo = words::remedy(t, message, settling(visit, message));
    if todo.is_empty() {
        return None;
    }
    let turn = match message.state {
        State::Undelivered => words::turn(t, "recipient"),
        _ => {
            let turn = message.turn.as_deref();
            turn.map(|turn| words::turn(t, turn)).unwrap_or_default()
        }
    };
    let text = |text: &Option<String>, most| shown(text.as_deref().unwrap_or_default(), most);
    Some(Remedy {
        turn,
        todo,
        code: text(&message.provider_code, 60),
        hint: text(&message.hint, 600),
    })
}

async fn one(visit: Visit, Path((_, id)): Path<(String, String)>) -> Result<Html<String>, Fault> {
    let t = visit.t;
    let app = &visit.console.app;
    let found = app.store.read(|db| messages::get(db, &visit.tenant, &id))?;
    let message = found.ok_or_else(|| Problem::not_found("message"))?;
    let attempts = app
        .store
        .read(|db| messages::attempts(db, &visit.tenant, &message.first))?;
    let settling = settling(&visit, &message);
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.push((t.say(name), shown(&value, 120)));
        }
    };
    fact("serial", message.provider_message.clone());
    fact("request-id", message.request_id.clone());
    fact("provider-code", message.provider_code.clone());
    fact(
        "failure-kind",
        message.kind.map(|kind| words::kind(t, kind.as_str())),
    );
    fact("country", Some(message.country.clone()));
    fact("segments", Some(message.segments.to_string()));
    Ok(render(&One {
        page: visit.page("messages", t.say("message")),
        row: row(&visit, &message),
        remedy: remedy(&visit, &message),
        unknown: settling.explanation(t),
        can_look_up: settling.is_look_up(),
        id: message.id,
        facts,
        moments: moments(&visit, &attempts)?,
        is_unknown: message.state == State::Unknown,
        verification: message.verification.unwrap_or_default(),
    }))
}

async fn settle(
    Path((tenant, id)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Fault> {
    let visit = posted.visit;
    visit.admin()?;
    let app = &visit.console.app;
    match posted.fields.get("do") {
        "arrived" => admin::settle(app, &visit.actor(), &tenant, &id, true).await?,
        "lost" => admin::settle(app, &visit.actor(), &tenant, &id, false).await?,
        "look-up" => admin::look_up(app, &visit.actor(), &tenant, &id).await?,
        _ => return Err(Fault::Form),
    }
    Ok(visit.to(&format!("messages/{id}")))
}

async fn one_verification(
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
) -> Result<Html<String>, Fault> {
    let t = visit.t;
    let app = &visit.console.app;
    let found = app
        .store
        .read(|db| verifications::get(db, &visit.tenant, &id))?;
    let v = found.ok_or_else(|| Problem::not_found("verification"))?;
    let sent = app.store.read(|db| messages::of_verification(db, &v))?;
    let mut all = moments(&visit, &sent)?;
    let row_of_v = verification_row(&visit, &v);
    let is_expired = row_of_v.status == "expired";
    if is_expired || row_of_v.status == "pending" {
        let what = match is_expired {
            true => t.say("status-expired"),
            false => t.say("expires"),
        };
        all.push(Moment::new(v.expires_at, what, "next"));
        all.sort_by_key(|moment| moment.ms);
    }
    Ok(render(&OneVerification {
        page: visit.page("messages", t.say("verification")),
        expires: utc(v.expires_at),
        attempts: v.attempts,
        moments: all,
        rows: sent.iter().map(|m| row(&visit, m)).collect(),
        v: row_of_v,
    }))
}
