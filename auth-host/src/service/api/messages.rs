//! `/v1/messages`.

use super::answer::Shown;
use super::call::{Authorized, Call};
use super::path::Path;
use super::verifications::Nothing;
use crate::service::access::Send_;
use crate::service::app::App;
use crate::service::phrases::{self, Language};
use crate::service::problem::Problem;
use crate::service::store::messages;
use crate::service::verification::{self, Answer, MessageRequest, MessageView, message_view};
use axum::extract::State;
use axum::http::StatusCode;
use std::sync::Arc;

/// Sends a message whose code the back end made itself.
///
/// 201 means that the message was stored. Its `state` has the result of the send.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", security(("key" = [])),
    params(("Idempotency-Key" = Option<String>, Header)),
    request_body = MessageRequest,
    responses(
        (status = 201, body = MessageView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn send(
    State(app): State<Arc<App>>,
    call: Call<Send_, MessageRequest>,
) -> Result<Answer, Problem> {
    let language = Language::wanted(&call.body.locales);
    let sent = verification::send(&app, &call.by.caller()?, call.body, call.key).await;
    sent.map_err(|problem| problem.told(language))
}

/// Reads a message.
#[utoipa::path(get, path = "/v1/messages/{id}", tag = "messages", security(("key" = [])),
    params(("id" = String, Path)),
    responses(
        (status = 200, body = MessageView),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn read(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    by: Authorized<Send_>,
) -> Result<Shown<MessageView>, Problem> {
    let tenant = by.caller()?.tenant;
    let found = app.store.read(|db| messages::get(db, &tenant, &id))?;
    let found = found.ok_or_else(|| Problem::not_found("message"))?;
    Ok(Shown(message_view(&app, &found).told(phrases::spoken())))
}

/// Reports that the code of a message was used.
#[utoipa::path(post, path = "/v1/messages/{id}/verified", tag = "messages", security(("key" = [])),
    params(("id" = String, Path)),
    request_body = Nothing,
    responses(
        (status = 204),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn verified(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    call: Call<Send_, Nothing>,
) -> Result<StatusCode, Problem> {
    verification::verified(&app, &call.by.caller()?, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
