//! Pages that request a code, check it and request another one.

use super::api::{Refused, Started};
use super::session::{Pending, Purpose};
use super::state::State;
use super::visit::Visit;
use crate::service::number::Number;
use crate::service::phrases::Language;
use axum::http::StatusCode;
use axum::response::Response;
use std::time::{Duration, Instant};

/// Milliseconds until another code may be requested, where the response reveals nothing about the message: the API's
/// own wait.
const RESEND_MS: i64 = 60_000;

/// Requests a code from the API. Without an account to sign in to, nothing is sent; the response is the same and as
/// late.
pub async fn start(mut visit: Visit) -> Response {
    let name = visit.field("purpose");
    let Some((purpose, ..)) = Purpose::ALL
        .into_iter()
        .find(|(_, known, _)| *known == name)
    else {
        return visit.to("/sign-in");
    };
    let (country, typed, language) = (
        visit.country(),
        visit.field("number").to_owned(),
        visit.language(),
    );
    let number = match Number::parse(&typed, Some(&country)) {
        Ok(number) => number.e164().to_owned(),
        Err(_) => {
            let error = language.say("check-number");
            return visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(error), |page| {
                page.ask_number(purpose, &country, &typed)
            });
        }
    };
    let is_suppressed = !purpose.is_open() && !visit.state.users.has(&number);
    let api = &visit.state.api;
    let asking = api.start(&number, purpose.usage(), language.tag(), is_suppressed);
    let started = alike(&visit.state, purpose, is_suppressed, asking).await;
    match started {
        Ok(started) if !started.is_failed => {
            visit.session.notice = told_unknown(&started);
            visit.session.pending = Some(pending(purpose, number, is_suppressed, &started));
            visit.to("/code")
        }
        other => {
            let error = words(other, language);
            visit.show(StatusCode::UNPROCESSABLE_ENTITY, Some(&error), |page| {
                page.ask_number(purpose, &country, &typed)
            })
        }
    }
}

/// Requests a message. Unless the person registers, the response does not depend on the account or on the outcome of
/// the message, and it is as late. A refusal of the API does not depend on the account either.
async fn alike(
    state: &State,
    purpose: Purpose,
    is_suppressed: bool,
    asking: impl Future<Output = Result<Started, Refused>>,
) -> Result<Started, Refused> {
    let begun = Instant::now();
    let started = asking.await?;
    if is_suppressed {
        tokio::time::sleep(state.pace.unsent().saturating_sub(begun.elapsed())).await;
    } else {
        state.pace.sent(begun.elapsed());
    }
    if purpose.is_open() {
        return Ok(started);
    }
    Ok(Started {
        id: started.id,
        resend_after_ms: Some(RESEND_MS),
        told: None,
        is_failed: false,
    })
}

/// After an unknown outcome the message may still arrive, and the person continues with its code.
fn told_unknown(started: &Started) -> Option<&'static str> {
    started.told.as_ref().map(|_| "maybe-sent")
}

fn pending(purpose: Purpose, number: String, is_suppressed: bool, started: &Started) -> Pending {
    let wait = started
        .resend_after_ms
        .and_then(|ms| u64::try_from(ms).ok());
    Pending {
        purpose,
        number,
        id: started.id.clone(),
        resend_at: wait.map(|ms| Instant::now() + Duration::from_millis(ms)),
        is_verified: false,
        is_suppressed,
    }
}

/// The sentence for a person who gets no code.
fn words(answer: Result<Started, Refused>, language: Language) -> String {
    let told = match answer {
        Ok(started) => started.told,
        Err(refused) => refused.told,
    };
    told.unwrap_or_else(|| language.say("try-again").to_owned())
}

/// Shows the form for the code.
pub async fn code(visit: Visit) -> Response {
    ask_code(visit, StatusCode::OK, None)
}

fn ask_code(visit: Visit, status: StatusCode, error: Option<&str>) -> Response {
    let Some(pending) = visit.pending(false) else {
        return visit.to("/sign-in");
    };
    let left = |at: Instant| {
        at.saturating_duration_since(Instant::now())
            .as_millis()
            .div_ceil(1000)
    };
    let seconds = pending
        .resend_at
        .map(|at| u64::try_from(left(at)).unwrap_or(u64::MAX));
    visit.show(status, error, |page| {
        page.ask_code(pending.purpose, &pending.number, seconds)
    })
}

/// Checks a code with the API.
pub async fn check(mut visit: Visit) -> Response {
    let Some(mut pending) = visit.pending(false) else {
        return visit.to("/sign-in");
    };
    let checked = visit
        .state
        .api
        .check(&pending.id, &pending.number, visit.field("code"))
        .await;
    let error = match checked {
        Ok(None) => {
            let has_account = visit.state.users.has(&pending.number);
            return match pending.purpose {
                Purpose::Register if has_account => {
                    visit.sign_in(pending.number, Some("account-known"))
                }
                Purpose::SignIn => visit.sign_in(pending.number, None),
                Purpose::Register | Purpose::ForgotPassword => {
                    pending.is_verified = true;
                    visit.session.pending = Some(pending);
                    visit.to("/password")
                }
            };
        }
        Ok(Some(wrong)) => wrong,
        Err(refused) => words(Err(refused), visit.language()),
    };
    ask_code(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(&error))
}

/// Requests another code.
pub async fn resend(mut visit: Visit) -> Response {
    let Some(before) = visit.pending(false) else {
        return visit.to("/sign-in");
    };
    if before.resend_at.is_some_and(|at| at > Instant::now()) {
        let error = visit.language().say("too-early");
        return ask_code(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(error));
    }
    let (purpose, is_suppressed) = (before.purpose, before.is_suppressed);
    let asking = visit.state.api.resend(&before.id);
    match alike(&visit.state, purpose, is_suppressed, asking).await {
        Ok(started) if !started.is_failed => {
            visit.session.notice = told_unknown(&started);
            let pending = pending(purpose, before.number, is_suppressed, &started);
            visit.session.pending = Some(pending);
            visit.to("/code")
        }
        other => {
            if let Err(Refused {
                retry_after_s: Some(seconds),
                ..
            }) = &other
                && let Ok(seconds) = u64::try_from(*seconds)
                && let Some(pending) = &mut visit.session.pending
            {
                pending.resend_at = Some(Instant::now() + Duration::from_secs(seconds));
            }
            let error = words(other, visit.language());
            ask_code(visit, StatusCode::UNPROCESSABLE_ENTITY, Some(&error))
        }
    }
}
