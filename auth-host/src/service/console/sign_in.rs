//! Set-up link, sign-in, sign-out, and the choice of a language.

use super::fault::{Fault, problem_text};
use super::page::{Page, render};
use super::password;
use super::state::Console;
use super::texts::Texts;
use super::visit::{self, BEFORE, LANGUAGE, Posted, SESSION, cookie, form_token, set_cookie};
use crate::service::admin::users;
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use askama::Template;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use std::sync::Arc;

/// Lifetime of a page before signing in, in seconds.
const BEFORE_S: i64 = 3600;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/console/sign-in", get(show).post(sign_in))
        .route("/console/sign-out", post(sign_out))
        .route("/console/set-up", get(show_set_up).post(set_up))
        .route("/console/language", get(choose))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    name: String,
    error: String,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUp {
    page: Page,
    link: String,
    name: String,
    error: String,
    is_valid: bool,
}

/// The cookie of a visit: the existing one, or a new one.
fn before(headers: &HeaderMap) -> Result<String, StoreError> {
    match cookie(headers, BEFORE) {
        Some(found) => Ok(found.to_owned()),
        None => users::token(),
    }
}

fn bare(t: Texts, title: String, before: &str) -> Page {
    let mut page = Page::bare(t, title);
    page.token = form_token(before);
    page
}

fn with_cookie(status: StatusCode, before: &str, body: impl IntoResponse) -> Response {
    let set = set_cookie(BEFORE, before, BEFORE_S);
    (status, [(header::SET_COOKIE, set)], body).into_response()
}

async fn show(headers: HeaderMap) -> Result<Response, Fault> {
    let (t, before) = (visit::language(&headers), before(&headers)?);
    let page = bare(t, t.say("sign-in"), &before);
    let form = SignIn {
        page,
        name: String::new(),
        error: String::new(),
    };
    Ok(with_cookie(StatusCode::OK, &before, render(&form)))
}

/// A form before a session, checked by the token of its visit.
async fn posted(request: Request) -> Result<(Texts, String, visit::Fields), Fault> {
    let t = visit::language(request.headers());
    let before = cookie(request.headers(), BEFORE).map(str::to_owned);
    let before = before.ok_or(Fault::Token)?;
    let fields = visit::fields(request).await?;
    if !fields.has_token(&form_token(&before)) {
        return Err(Fault::Token);
    }
    Ok((t, before, fields))
}

async fn sign_in(State(console): State<Arc<Console>>, request: Request) -> Result<Response, Fault> {
    let (t, before, fields) = posted(request).await?;
    let (name, password) = (fields.get("name").trim(), fields.get("password"));
    let refuse = |status, error: String| {
        let form = SignIn {
            page: bare(t, t.say("sign-in"), &before),
            name: name.chars().take(64).collect(),
            error,
        };
        with_cookie(status, &before, render(&form))
    };
    if let Err(problem) = users::attempt(&console.app, name).await {
        let Some(seconds) = problem.retry_after else {
            return Err(problem.into());
        };
        let error = t.about("sign-in-wait", (seconds + 59) / 60);
        let mut refused = refuse(StatusCode::TOO_MANY_REQUESTS, error);
        refused
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
        return Ok(refused);
    }
    let user = users::find(&console.app, name)?;
    let hash = user.as_ref().map(|user| user.password.as_str());
    let is_right = password.len() <= *password::LENGTH.end() * 4
        && console
            .passwords
            .verify(password, hash)
            .await
            .map_err(failed)?;
    let session = match user {
        Some(user) if is_right => users::begin(&console.app, &user).await?,
        _ => None,
    };
    match session {
        Some(session) => Ok(enter(&session)),
        None => Ok(refuse(StatusCode::UNAUTHORIZED, t.say("sign-in-wrong"))),
    }
}

fn failed(reason: String) -> Fault {
    Problem::from(StoreError::Failed(reason)).into()
}

fn enter(session: &str) -> Response {
    let cookies = AppendHeaders([
        (
            header::SET_COOKIE,
            set_cookie(SESSION, session, users::LONGEST_MS / 1000),
        ),
        (header::SET_COOKIE, set_cookie(BEFORE, "", 0)),
    ]);
    (cookies, Redirect::to("/console/")).into_response()
}

async fn sign_out(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    _posted: Posted,
) -> Result<Response, Fault> {
    if let Some(session) = cookie(&headers, SESSION) {
        users::end(&console.app, session).await?;
    }
    let cleared = [(header::SET_COOKIE, set_cookie(SESSION, "", 0))];
    Ok((cleared, Redirect::to("/console/sign-in")).into_response())
}

#[derive(Deserialize)]
struct Link {
    #[serde(default)]
    link: String,
}

async fn show_set_up(
    State(console): State<Arc<Console>>,
    Query(query): Query<Link>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let (t, before) = (visit::language(&headers), before(&headers)?);
    let is_valid = users::is_setup(&console.app, &query.link)?;
    let form = SetUp {
        page: bare(t, t.say("set-up"), &before),
        link: query.link,
        name: String::new(),
        error: String::new(),
        is_valid,
    };
    let status = if is_valid {
        StatusCode::OK
    } else {
        StatusCode::GONE
    };
    Ok(with_cookie(status, &before, render(&form)))
}

async fn set_up(State(console): State<Arc<Console>>, request: Request) -> Result<Response, Fault> {
    let (t, before, fields) = posted(request).await?;
    let (link, name) = (fields.get("link"), fields.get("name").trim());
    let refuse = |status, error: String, is_valid| {
        let form = SetUp {
            page: bare(t, t.say("set-up"), &before),
            link: link.to_owned(),
            name: name.chars().take(64).collect(),
            error,
            is_valid,
        };
        with_cookie(status, &before, render(&form))
    };
    // No password is hashed for an invalid link.
    if !users::is_setup(&console.app, link)? {
        return Ok(refuse(StatusCode::GONE, String::new(), false));
    }
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if let Err(error) = check(t, &fields) {
        return Ok(refuse(unprocessable, error, true));
    }
    let password = fields.get("password");
    let hash = console.passwords.hash(password).await.map_err(failed)?;
    if let Err(problem) = users::set_up(&console.app, link, name, hash).await {
        return Ok(refuse(unprocessable, problem_text(t, &problem), true));
    }
    let user = users::find(&console.app, name)?;
    let user = user.ok_or_else(|| Problem::not_found("user"))?;
    match users::begin(&console.app, &user).await? {
        Some(session) => Ok(enter(&session)),
        None => Ok(Redirect::to("/console/sign-in").into_response()),
    }
}

/// Refuses a password that is too short, too long, or typed differently the second time.
pub fn check(t: Texts, fields: &visit::Fields) -> Result<(), String> {
    let password = fields.get("password");
    if !password::LENGTH.contains(&password.chars().count()) {
        return Err(t.say("password-length"));
    }
    if password != fields.get("again") {
        return Err(t.say("password-again"));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Choice {
    to: String,
}

/// Stores a language in a cookie and redirects to the previous page, if it is one of the console's.
async fn choose(Query(choice): Query<Choice>, headers: HeaderMap) -> Response {
    const YEAR_S: i64 = 365 * 86_400;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let page = text(header::REFERER)
        .and_then(|url| url.split_once("://"))
        .and_then(|(_, rest)| rest.strip_prefix(host))
        .filter(|path| path.starts_with("/console/"));
    let back = Redirect::to(page.unwrap_or("/console/"));
    match Texts::known(&choice.to) {
        Some(tag) => {
            let set = [(header::SET_COOKIE, set_cookie(LANGUAGE, tag, YEAR_S))];
            (set, back).into_response()
        }
        None => back.into_response(),
    }
}
