//! Webhooks of a tenant: creation, settings for the platform, rotation of secrets, removal.

use super::fault::{Fault, FormError, problem_text};
use super::form::shown;
use super::page::{Page, paged, render, time};
use super::state::Console;
use super::texts::Texts;
use super::visit::{Fields, Posted, Visit};
use super::words;
use crate::service::admin::once::Once;
use crate::service::admin::webhook_trials;
use crate::service::admin::webhooks::{self, WebhookView};
use crate::service::platforms::settings::Platform;
use crate::service::problem::Problem;
use crate::service::texts::say;
use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use std::sync::Arc;

/// The number of webhooks on a page.
const SHOWN: usize = 10;

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
    next: String,
    made: Option<Made>,
    trial: Trial,
    typed: Typed,
    error: FormError,
}

struct Shown {
    name: String,
    platform: &'static str,
    path: String,
    auth: String,
    bare_digits: String,
    secrets: usize,
    /// True if the platform makes the secrets: a new one is typed.
    has_own_secrets: bool,
    /// The name of its field for a new secret.
    secret_field: String,
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

/// A trial and its result.
#[derive(Default)]
struct Trial {
    name: String,
    to: String,
    error: String,
    answer: Option<Answer>,
}

/// The webhook's response to a trial.
struct Answer {
    status: u16,
    body: String,
    code: String,
}

/// The form of a new webhook as it was sent. Its secret is not shown again.
#[derive(Default)]
struct Typed {
    name: String,
    platform: String,
    bare_digits: String,
}

/// Values that are shown once.
struct Made {
    path: String,
    secret: String,
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: String,
}

async fn show(visit: Visit, Query(query): Query<After>) -> Result<Response, Fault> {
    Ok(render(&page(&visit, &query.after)?).into_response())
}

/// The page of the first webhooks by name, or of those after one.
fn page(visit: &Visit, after: &str) -> Result<Webhooks, Fault> {
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let mut views = webhooks::list(app, tenant);
    views.sort_by(|a, b| a.name.cmp(&b.name));
    views.retain(|view| view.name.as_str() > after);
    let (views, next) = paged(views, SHOWN, |view| format!("?after={}", view.name));
    Ok(Webhooks {
        page: visit.page("webhooks", visit.t.say("webhooks")),
        next,
        hooks: views
            .into_iter()
            .map(|view| shown_hook(visit, view))
            .collect::<Result<_, _>>()?,
        platforms: Platform::all().map(Platform::as_str).collect(),
        made: None,
        trial: Trial::default(),
        typed: Typed::default(),
        error: FormError::default(),
    })
}

fn shown_hook(visit: &Visit, view: WebhookView) -> Result<Shown, Fault> {
    let app = &visit.console.app;
    let figures = webhooks::figures(app, &visit.tenant, &view.id)?;
    let calls = app.calls.of(&view.id);
    Ok(Shown {
        platform: view.settings.platform.as_str(),
        has_own_secrets: view.settings.platform.row().makes_secret.is_some(),
        secret_field: secret_field(&view.name),
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
    })
}

async fn post(Query(query): Query<After>, posted: Posted) -> Result<Response, Fault> {
    let (visit, fields) = (posted.visit, posted.fields);
    visit.admin()?;
    let once = match fields.get("do") {
        "try" => return attempt(&visit, &query.after, &fields).await,
        "secret" => Some(visit.once(&fields)?),
        "add" | "drop" | "remove" => None,
        _ => return Err(Fault::Form),
    };
    match change(&visit, &fields, once).await {
        Ok(WebhookView {
            path,
            secret: Some(secret),
            ..
        }) => {
            let mut page = page(&visit, &query.after)?;
            page.made = Some(Made { path, secret });
            page.page.is_once = true;
            Ok(render(&page).into_response())
        }
        Ok(_) => Ok(visit.to("webhooks")),
        Err(problem) => {
            let page = Webhooks {
                error: error(visit.t, &fields, &problem),
                typed: typed(&fields),
                ..page(&visit, &query.after)?
            };
            Ok((problem.status_code(), render(&page)).into_response())
        }
    }
}

/// The error of a refused form, at a field of that form.
fn error(t: Texts, fields: &Fields, problem: &Problem) -> FormError {
    let error = FormError::of(t, problem);
    match (fields.get("do"), error.field.as_str()) {
        ("add", _) => error,
        ("secret", "secrets") => FormError::new(&secret_field(fields.get("name")), error.text),
        _ => FormError::without_field(t, problem),
    }
}

/// The name under which an existing webhook's field for a secret is marked. No name of a webhook has a space.
fn secret_field(webhook: &str) -> String {
    format!("secret {webhook}")
}

/// The typed values for a new webhook.
fn typed(fields: &Fields) -> Typed {
    if fields.get("do") != "add" {
        return Typed::default();
    }
    Typed {
        name: shown(fields.get("name"), 64),
        platform: fields.get("platform").to_owned(),
        bare_digits: shown(fields.get("bare_digits"), 40),
    }
}

/// A request as a row of a list.
fn call_of(visit: &Visit, call: &crate::service::calls::Call) -> Call {
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

/// Sends one message by a webhook, once for a form, and only if the operator confirmed it.
async fn attempt(visit: &Visit, after: &str, fields: &Fields) -> Result<Response, Fault> {
    if fields.find("sure").is_none() {
        return Err(Fault::Form);
    }
    let once = visit.once(fields)?;
    let (app, tenant) = (&visit.console.app, &visit.tenant);
    let (name, to) = (fields.get("name").trim(), fields.get("to").trim());
    let answer = match once.claim(app).await {
        Ok(()) => webhook_trials::send(app, &visit.actor(), tenant, name, to).await,
        Err(problem) => Err(problem),
    };
    let mut trial = Trial {
        name: name.to_owned(),
        to: shown(to, 40),
        ..Trial::default()
    };
    let mut status = StatusCode::OK;
    match answer {
        Ok(answer) => {
            trial.answer = Some(Answer {
                status: answer.status,
                body: shown(&answer.body, 2000),
                code: answer.code.unwrap_or_default(),
            });
        }
        Err(problem) => {
            status = problem.status_code();
            trial.error = problem_text(visit.t, &problem);
        }
    }
    let page = page(visit, after)?;
    Ok((status, render(&Webhooks { trial, ..page })).into_response())
}

async fn change(
    visit: &Visit,
    fields: &Fields,
    once: Option<Once>,
) -> Result<WebhookView, Problem> {
    let (app, actor, tenant) = (&visit.console.app, visit.actor(), &visit.tenant);
    let name = fields.get("name").trim();
    let secret = Some(fields.get("secret").trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(once) = once {
        once.claim(app).await?;
    }
    match fields.get("do") {
        "add" => {
            if webhooks::find(app, tenant, name).is_ok() {
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
