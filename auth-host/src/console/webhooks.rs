//! Webhooks of a tenant: made, shown with what to paste at the platform, rotated, removed.

use super::fault::{Fault, problem_text};
use super::form::shown;
use super::page::{Page, render, time};
use super::state::Console;
use super::visit::{Fields, Posted, Visit};
use super::words;
use crate::admin::webhook_trials;
use crate::admin::webhooks::{self, WebhookView};
use crate::platforms::settings::Platform;
use crate::problem::Problem;
use crate::texts::say;
use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use std::sync::Arc;

/// The most webhooks that a page shows.
const SHOWN: usize = 100;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/webhooks", get(show).post(post))
}

#[derive(Template)]
#[template(path = "webhooks.html")]
struct Webhooks {
    page: Page,
    hooks: Vec<Shown>,
    platforms: Vec<&'static str>,
    made: Option<Made>,
    trial: Option<Trial>,
    error: String,
}

struct Shown {
    name: String,
    platform: &'static str,
    path: String,
    auth: String,
    bare_digits: String,
    secrets: usize,
    figures: Vec<(String, i64)>,
    warnings: Vec<String>,
    calls: Vec<Call>,
}

/// A request of the platform.
struct Call {
    at: String,
    times: String,
    status: u16,
    outcome: String,
    is_sent: bool,
    hint: String,
    message: String,
}

/// What a trial came to.
struct Trial {
    name: String,
    status: u16,
    body: String,
    code: String,
}

/// What is shown once.
struct Made {
    path: String,
    secret: String,
}

async fn show(visit: Visit) -> Result<Response, Fault> {
    page(&visit, StatusCode::OK, None, None, String::new())
}

fn page(
    visit: &Visit,
    status: StatusCode,
    made: Option<Made>,
    trial: Option<Trial>,
    error: String,
) -> Result<Response, Fault> {
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let mut hooks = Vec::new();
    for view in webhooks::list(app, tenant).into_iter().take(SHOWN) {
        let figures = webhooks::figures(app, tenant, &view.id)?;
        let calls = app.calls.of(&view.id);
        hooks.push(Shown {
            platform: view.settings.platform.as_str(),
            auth: view.settings.auth,
            bare_digits: view.settings.bare_digits,
            name: view.name,
            path: view.path,
            secrets: view.secrets,
            figures: figures
                .into_iter()
                .map(|(word, count)| (words::outcome(visit.t, &word), count))
                .collect(),
            warnings: view.warnings.iter().map(|w| w.text(visit.t)).collect(),
            calls: calls.iter().map(|call| call_of(visit, call)).collect(),
        });
    }
    let page = visit.page("webhooks", visit.t.say("webhooks"));
    let platforms = Platform::ALL.iter().map(|p| p.as_str()).collect();
    let shown = Webhooks {
        page,
        hooks,
        platforms,
        made,
        trial,
        error,
    };
    Ok((status, render(&shown)).into_response())
}

async fn post(posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.admin()?;
    match fields.get("do") {
        "try" => return attempt(&visit, &fields).await,
        "add" | "secret" | "drop" | "remove" => {}
        _ => return Err(Fault::Form),
    }
    match change(&visit, &fields).await {
        Ok(WebhookView {
            path,
            secret: Some(secret),
            ..
        }) => page(
            &visit,
            StatusCode::OK,
            Some(Made { path, secret }),
            None,
            String::new(),
        ),
        Ok(_) => {
            let place = format!("/console/t/{}/webhooks", visit.tenant);
            Ok(Redirect::to(&place).into_response())
        }
        Err(problem) => {
            let error = problem_text(visit.t, &problem);
            page(&visit, StatusCode::UNPROCESSABLE_ENTITY, None, None, error)
        }
    }
}

/// A request as a list shows it.
fn call_of(visit: &Visit, call: &crate::calls::Call) -> Call {
    let t = visit.t;
    Call {
        at: time(call.at),
        times: match call.times {
            1 => String::new(),
            times => t.about("webhook-times", times),
        },
        status: call.status,
        outcome: words::outcome(t, &call.outcome),
        is_sent: call.outcome == "sent",
        hint: call
            .hint
            .as_ref()
            .map_or(String::new(), |hint| shown(&t.phrase(hint), 300)),
        message: call.message.clone().unwrap_or_default(),
    }
}

/// Sends one message by a webhook, once the operator has said that it may.
async fn attempt(visit: &Visit, fields: &Fields) -> Result<Response, Fault> {
    if fields.find("sure").is_none() {
        return Err(Fault::Form);
    }
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let (name, to) = (fields.get("name").trim(), fields.get("to").trim());
    match webhook_trials::send(app, &visit.actor(), tenant, name, to).await {
        Ok(answer) => {
            let trial = Trial {
                name: name.to_owned(),
                status: answer.status,
                body: shown(&answer.body, 2000),
                code: answer.code.unwrap_or_default(),
            };
            page(visit, StatusCode::OK, None, Some(trial), String::new())
        }
        Err(problem) => {
            let error = problem_text(visit.t, &problem);
            page(visit, StatusCode::UNPROCESSABLE_ENTITY, None, None, error)
        }
    }
}

async fn change(visit: &Visit, fields: &Fields) -> Result<WebhookView, Problem> {
    let (app, actor, tenant) = (&visit.console.app, visit.actor(), &visit.tenant);
    let name = fields.get("name").trim();
    let secret = Some(fields.get("secret").trim().to_owned()).filter(|text| !text.is_empty());
    match fields.get("do") {
        "add" => {
            if webhooks::find(app, tenant, name).is_some() {
                return Err(Problem::invalid("/name", say("refusal-webhook-taken")));
            }
            let mut body = serde_json::Map::new();
            body.insert("platform".to_owned(), fields.get("platform").into());
            if let Some(secret) = secret {
                body.insert("secrets".to_owned(), vec![secret].into());
            }
            let bare = fields.get("bare_digits").trim();
            if !bare.is_empty() {
                body.insert("bare_digits".to_owned(), bare.into());
            }
            webhooks::put(app, &actor, tenant, name, body.into()).await
        }
        "secret" => webhooks::add_secret(app, &actor, tenant, name, secret).await,
        "drop" => webhooks::drop_old_secrets(app, &actor, tenant, name).await,
        "remove" => {
            let view = webhooks::get(app, tenant, name)?;
            webhooks::remove(app, &actor, tenant, name).await?;
            Ok(view)
        }
        _ => Err(Problem::invalid("/do", visit.t.say("fault-form"))),
    }
}
