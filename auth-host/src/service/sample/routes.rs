//! Routes of the sample sign-in, and its pages about accounts and passwords.

use super::codes;
use super::pages::path_of;
use super::session::Purpose;
use super::state::State;
use super::users::{self, Guess};
use super::visit::{Visit, guard};
use crate::service::number::Number;
use crate::service::phrases::Language;
use axum::Router;
use axum::extract::{Path, Query};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::collections::HashMap;
use std::sync::Arc;

/// All pages.
pub fn router(state: Arc<State>) -> Router {
    let guarded = state.clone();
    Router::new()
        .route("/", get(begin))
        .route("/register", get(register))
        .route("/sign-in", get(sign_in).post(sign_in_with_password))
        .route("/sign-in-code", get(sign_in_code))
        .route("/forgot-password", get(forgot_password))
        .route("/start", post(codes::start))
        .route("/code", get(codes::code).post(codes::check))
        .route("/resend", post(codes::resend))
        .route("/password", get(password).post(set_password))
        .route("/account", get(account))
        .route("/sign-out", post(sign_out))
        .route("/language/{tag}", get(language))
        .route(
            "/sample.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("sample.css")) }),
        )
        .route(
            "/sample.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("sample.js")) }),
        )
        .with_state(state)
        .layer(middleware::from_fn_with_state(guarded, guard))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn begin(visit: Visit) -> Response {
    let path = match visit.session.user {
        Some(_) => "/account",
        None => "/sign-in",
    };
    visit.to(path)
}

async fn register(visit: Visit) -> Response {
    ask_number(visit, Purpose::Register)
}

async fn sign_in_code(visit: Visit) -> Response {
    ask_number(visit, Purpose::SignIn)
}

async fn forgot_password(visit: Visit) -> Response {
    ask_number(visit, Purpose::ForgotPassword)
}

fn ask_number(visit: Visit, purpose: Purpose) -> Response {
    let country = visit.country();
    visit.show(StatusCode::OK, None, |page| {
        page.ask_number(purpose, &country, "")
    })
}

async fn sign_in(visit: Visit) -> Response {
    let country = visit.country();
    visit.show(StatusCode::OK, None, |page| page.ask_password(&country, ""))
}

async fn sign_in_with_password(visit: Visit) -> Response {
    let (country, typed) = (visit.country(), visit.field("number").to_owned());
    let password = visit.field("password").to_owned();
    let number = Number::parse(&typed, Some(&country)).map(|number| number.e164().to_owned());
    let guess = match &number {
        Ok(number) => visit.state.users.guess(number, &password).await,
        Err(_) => Guess::Wrong,
    };
    let error = match (guess, number) {
        (Guess::Right, Ok(number)) => return visit.sign_in(number, None),
        (Guess::TooMany, _) => visit.language().say("too-many-passwords"),
        _ => visit.language().say("wrong-password"),
    };
    visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(error), |page| {
        page.ask_password(&country, &typed)
    })
}

async fn password(visit: Visit) -> Response {
    choose_password(visit, StatusCode::OK, None)
}

fn choose_password(visit: Visit, status: StatusCode, error: Option<&str>) -> Response {
    let Some(pending) = visit.pending(true) else {
        return visit.to("/sign-in");
    };
    visit.show(status, error, |page| {
        page.choose_password(pending.purpose, &pending.number)
    })
}

async fn set_password(visit: Visit) -> Response {
    let Some(pending) = visit.pending(true) else {
        return visit.to("/sign-in");
    };
    let password = visit.field("password").to_owned();
    if !users::is_password(&password) {
        let error = visit.language().say("password-rule");
        return choose_password(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(error));
    }
    if !visit.state.users.put(&pending.number, &password).await {
        let error = visit.language().say("try-again");
        return choose_password(visit, StatusCode::SERVICE_UNAVAILABLE, Some(error));
    }
    visit.state.sessions.end_all(&pending.number);
    let notice = match pending.purpose {
        Purpose::Register => "account-made",
        _ => "password-changed",
    };
    visit.sign_in(pending.number, Some(notice))
}

async fn account(visit: Visit) -> Response {
    let Some(number) = visit.session.user.clone() else {
        return visit.to("/sign-in");
    };
    visit.show(StatusCode::OK, None, |page| page.account(&number))
}

async fn sign_out(visit: Visit) -> Response {
    visit.sign_out()
}

/// Sets the language and redirects to the page that the person came from.
async fn language(
    Path(tag): Path<String>,
    Query(query): Query<HashMap<String, String>>,
    mut visit: Visit,
) -> Response {
    visit.session.language = Language::of(&tag);
    let asked = query.get("to").map_or("", String::as_str);
    let pages = [
        "/register",
        "/sign-in",
        "/sign-in-code",
        "/forgot-password",
        "/code",
        "/password",
        "/account",
    ];
    let path = match asked {
        // These paths only respond to forms.
        "/start" | "/resend" => visit
            .session
            .pending
            .as_ref()
            .map_or("/sign-in", |pending| match asked {
                "/resend" => "/code",
                _ => match path_of(pending.purpose) {
                    "register" => "/register",
                    "forgot-password" => "/forgot-password",
                    _ => "/sign-in-code",
                },
            }),
        _ => pages
            .into_iter()
            .find(|page| *page == asked)
            .unwrap_or("/sign-in"),
    };
    visit.to(path)
}
