//! Repeated requests, and tasks that outlast the request that began them.

use super::views::Answer;
use crate::app::App;
use crate::problem::Problem;
use crate::store::idempotency::{self, Known};
use axum::http::StatusCode;
use std::time::Duration;

/// What a request with a known idempotency key gets. None when it is to be carried out, or when the process that was at
/// it ended ([`Known::Lost`]).
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
fn known(app: &App, asked: Option<&idempotency::Request>) -> Result<Known, Problem> {
    match asked {
        Some(asked) => Ok(app.store.read(|db| idempotency::look_up(db, asked))?),
        None => Ok(Known::Nothing),
    }
}

/// What a request gets that cannot be carried out any more, or never could: the answer that it got before, or the problem.
pub(super) fn replayed_or(
    app: &App,
    asked: Option<&idempotency::Request>,
    problem: Problem,
) -> Result<Answer, Problem> {
    replayed(known(app, asked)?).unwrap_or(Err(problem))
}

/// How long an outcome may take to be written down before the caller is told that it is not.
pub(crate) const WRITING: Duration = Duration::from_secs(1);

/// Waits for a task that goes on whether or not somebody waits; a stop of the service waits for it too. What is written
/// down as *sending* is written in such a task, so that a caller who leaves takes nothing with it. None when it took too
/// long or ended without an outcome.
pub(crate) async fn outlast<T: Send + 'static>(
    app: &App,
    patience: Duration,
    task: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let task = app.under_way.spawn(task);
    match tokio::time::timeout(patience, task).await {
        Ok(Ok(outcome)) => Some(outcome),
        Ok(Err(_)) | Err(_) => None,
    }
}

/// The outcome is not on the disk.
pub(super) fn late() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "storage",
        "The outcome is not written down yet",
        "The message may have been sent, and its outcome is not on the disk yet. Send the same request with the same \
        Idempotency-Key again; without a key, read the verification.",
    )
    .after(Some(5_000))
}
