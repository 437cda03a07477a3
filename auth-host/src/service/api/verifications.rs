//! `/v1/verifications`.

use super::answer::Shown;
use super::call::{Authorized, Call};
use super::path::Path;
use crate::service::access::Verify;
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::verification::{
    self, Answer, CheckRequest, Checked, StartRequest, VerificationView,
};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

/// An empty object.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Starts a verification: makes a code and sends it.
///
/// 201 means that the verification was made. `message.state` has the result of its message: `accepted`, `not_sent` with
/// its kind and the party that has to act, `unknown`, or `suppressed`.
#[utoipa::path(post, path = "/v1/verifications", tag = "verifications", security(("key" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeats a request without carrying it out twice")),
    request_body = StartRequest,
    responses(
        (status = 201, body = VerificationView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn start(
    State(app): State<Arc<App>>,
    call: Call<Verify, StartRequest>,
) -> Result<Answer, Problem> {
    verification::start(&app, &call.by.caller()?, call.body, call.key).await
}

/// Checks a code.
///
/// A wrong code is not an error: `valid` is false, and `attempts_left` is the number of tries left for the code.
#[utoipa::path(post, path = "/v1/verifications/{id}/check", tag = "verifications", security(("key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = CheckRequest,
    responses(
        (status = 200, body = Checked),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn check(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<Verify, CheckRequest>,
) -> Result<Answer, Problem> {
    verification::check(&app, &call.by.caller()?, &id, call.body, call.key).await
}

/// Makes another code and sends it; the one before is no longer valid.
#[utoipa::path(post, path = "/v1/verifications/{id}/resend", tag = "verifications", security(("key" = [])),
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Nothing,
    responses(
        (status = 200, body = VerificationView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn resend(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<Verify, Nothing>,
) -> Result<Answer, Problem> {
    verification::resend(&app, &call.by.caller()?, &id, call.key).await
}

/// Reads a verification and its latest message.
#[utoipa::path(get, path = "/v1/verifications/{id}", tag = "verifications", security(("key" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = VerificationView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn read(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    by: Authorized<Verify>,
) -> Result<Shown<VerificationView>, Problem> {
    let tenant = by.caller()?.tenant;
    let found = verification::current(&app, &tenant, &id)?;
    let (shown, _) = found.ok_or_else(|| Problem::not_found("verification"))?;
    Ok(Shown(shown))
}

/// Cancels a verification: its code is no longer valid.
#[utoipa::path(delete, path = "/v1/verifications/{id}", tag = "verifications", security(("key" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 204),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    by: Authorized<Verify>,
) -> Result<StatusCode, Problem> {
    verification::cancel(&app, &by.caller()?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
