//! Repeated requests, and tasks that outlast the request that began them.

use super::views::Answer;
use crate::app::App;
use crate::problem::Problem;
use crate::store::idempotency::{self, Known};
use axum::http::StatusCode;
use std::sync::Arc;

/// What a request with a known idempotency key gets, unless it is to be carried out. `Err(None)` says that its
/// process ended, and with which subject.
pub(super) fn replayed(known: Known) -> Option<Result<Answer, Problem>> {
    match known {
        Known::Nothing | Known::Lost { .. } => None,
        Known::Answered { status, answer } => Some(Ok(Answer {
            status,
            body: answer,
            is_replay: true,
        })),
        Known::InFlight => Some(Err(Problem::new(
            StatusCode::CONFLICT,
            "in-flight",
            "The request is under way",
            "A request with this Idempotency-Key is being carried out. Send it again in a few seconds for its answer.",
        )
        .after(Some(1000)))),
        Known::Other => Some(Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key-reused",
            "The Idempotency-Key was used before",
            "This Idempotency-Key came with another request in the last 72 hours. Use a new key for a new request.",
        ))),
    }
}

/// Looks a request's key up without a transaction.
pub(super) fn known(app: &App, asked: Option<&idempotency::Request>) -> Result<Known, Problem> {
    match asked {
        Some(asked) => Ok(app.store.read(|db| idempotency::look_up(db, asked))?),
        None => Ok(Known::Nothing),
    }
}

/// Waits for a task that goes on whether or not somebody waits.
pub(super) async fn outlast<T: Send + 'static>(
    app: &Arc<App>,
    task: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let patience = app.answer_within + std::time::Duration::from_secs(1);
    let outcome = tokio::time::timeout(patience, tokio::spawn(task)).await;
    let late = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage",
            "The outcome is not written down yet",
            "The message may have been sent, and its outcome is not on the disk yet. Send the same request with the same \
            Idempotency-Key again; without a key, read the verification.",
        )
        .after(Some(5_000))
    };
    match outcome {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Err(late()),
    }
}
