//! Set-up link, sign-in, sign-out, and the choice of a language.

use super::fault::{Fault, FormError};
use super::page::{Page, render};
use super::state::Console;
use super::texts::Texts;
use super::visit::{self, BEFORE, LANGUAGE, Posted, SESSION, cookie, form_token, set_cookie};
use crate::service::admin::users;
use crate::service::passwords;
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
    error: FormError,
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct SetUp {
    page: Page,
    link: String,
    name: String,
    error: FormError,
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
        error: FormError::default(),
    };
    Ok(with_cookie(StatusCode::OK, &before, render(&form)))
}

/// A form before a session.
struct Sent {
    t: Texts,
    /// The cookie of the visit: the existing one, or a new one.
    before: String,
    fields: visit::Fields,
    /// True if the form's token does not belong to the cookie, which lives for an hour and ends with a sign-in.
    is_outdated: bool,
}

/// Reads a form before a session.
async fn sent(request: Request) -> Result<Sent, Fault> {
    let (t, before) = (
        visit::language(request.headers()),
        before(request.headers())?,
    );
    let fields = visit::fields(request).await?;
    Ok(Sent {
        t,
        is_outdated: !fields.has_token(&form_token(&before)),
        before,
        fields,
    })
}

async fn sign_in(State(console): State<Arc<Console>>, request: Request) -> Result<Response, Fault> {
    let Sent {
        t,
        before,
        fields,
        is_outdated,
    } = sent(request).await?;
    let (name, password) = (fields.get("name").trim(), fields.get("password"));
    let refuse = |status, error: FormError| {
        let form = SignIn {
            page: bare(t, t.say("sign-in"), &before),
            name: name.chars().take(64).collect(),
            error,
        };
        with_cookie(status, &before, render(&form))
    };
    if is_outdated {
        let error = FormError::new("", t.say("page-outdated"));
        return Ok(refuse(StatusCode::FORBIDDEN, error));
    }
    if let Err(problem) = users::attempt(&console.app, name).await {
        let Some(seconds) = problem.retry_after else {
            return Err(problem.into());
        };
        let error = FormError::new("", t.about("sign-in-wait", (seconds + 59) / 60));
        let mut refused = refuse(StatusCode::TOO_MANY_REQUESTS, error);
        refused
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
        return Ok(refused);
    }
    let user = users::find(&console.app, name)?;
    let hash = user.as_ref().map(|user| user.password.as_str());
    let is_right = password.len() <= *passwords::LENGTH.end() * 4
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
        None => {
            let error = FormError::new("name", t.say("sign-in-wrong"));
            Ok(refuse(StatusCode::UNAUTHORIZED, error))
        }
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
        error: FormError::default(),
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
    let Sent {
        t,
        before,
        fields,
        is_outdated,
    } = sent(request).await?;
    let (link, name) = (fields.get("link"), fields.get("name").trim());
    let refuse = |status, error: FormError, is_valid| {
        let form = SetUp {
            page: bare(t, t.say("set-up"), &before),
            link: link.to_owned(),
            name: name.chars().take(64).collect(),
            error,
            is_valid,
        };
        with_cookie(status, &before, render(&form))
    };
    let is_valid = users::is_setup(&console.app, link)?;
    if is_outdated {
        let error = FormError::new("", t.say("page-outdated"));
        return Ok(refuse(StatusCode::FORBIDDEN, error, is_valid));
    }
    // No password is hashed for an invalid link.
    if !is_valid {
        return Ok(refuse(StatusCode::GONE, FormError::default(), false));
    }
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    if let Err(error) = check(t, &fields) {
        return Ok(refuse(unprocessable, error, true));
    }
    let password = fields.get("password");
    let hash = console.passwords.hash(password).await.map_err(failed)?;
    if let Err(problem) = users::set_up(&console.app, link, name, hash).await {
        let error = FormError::of(t, &problem);
        return Ok(refuse(unprocessable, error, true));
    }
    let user = users::find(&console.app, name)?;
    let user = user.ok_or_else(|| Problem::not_found("user"))?;
    match users::begin(&console.app, &user).await? {
        Some(session) => Ok(enter(&session)),
        None => Ok(Redirect::to("/console/sign-in").into_response()),
    }
}

/// Refuses a password that is too short, too long, or typed differently the second time.
pub fn check(t: Texts, fields: &visit::Fields) -> Result<(), FormError> {
    let password = fields.get("password");
    if !passwords::LENGTH.contains(&password.chars().count()) {
        return Err(FormError::new("password", t.say("password-length")));
    }
    if password != fields.get("again") {
        return Err(FormError::new("again", t.say("password-again")));
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
