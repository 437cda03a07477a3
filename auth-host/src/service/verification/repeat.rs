//! Repeated requests, and their results.

use super::views::Answer;
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::{
    self,
    idempotency::{self, Known},
};
use axum::http::StatusCode;
use rusqlite::Connection;

/// Returns the result for a request with a known idempotency key. None when it is to be carried out, or when no process
/// carries it out any more ([`Known::Lost`]).
pub(super) fn replayed(known: Known) -> Option<Result<Answer, Problem>> {
    match known {
        Known::Nothing | Known::Lost { .. } => None,
        Known::Answered { status, answer } => Some(Ok(Answer {
            status,
            body: answer,
            is_replay: true,
        })),
        Known::InFlight { .. } => Some(Err(Problem::new(
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

/// Returns the state of a key. A request of this process is lost as well once no task of it is left: its outcome could
/// not be stored.
pub(super) fn known(
    app: &App,
    db: &Connection,
    asked: &idempotency::Request,
) -> store::Result<Known> {
    Ok(match idempotency::look_up(db, asked)? {
        Known::InFlight { subject } if !is_under_way(app, subject.as_deref()) => {
            Known::Lost { subject }
        }
        known => known,
    })
}

fn is_under_way(app: &App, subject: Option<&str>) -> bool {
    subject.is_some_and(|subject| app.leases.has(subject))
}

/// Returns the result for a request that cannot be carried out any more, or never could: its earlier response, or the
/// problem.
pub(super) fn replayed_or(
    app: &App,
    asked: Option<&idempotency::Request>,
    problem: Problem,
) -> Result<Answer, Problem> {
    let known = match asked {
        Some(asked) => app.store.read(|db| known(app, db, asked))?,
        None => Known::Nothing,
    };
    replayed(known).unwrap_or(Err(problem))
}

/// The outcome is not on the disk.
pub(super) fn late() -> Problem {
    Problem::late(
        "The message may have been sent, and its outcome is not on the disk yet. Send the same request with the same \
        Idempotency-Key again; without a key, read the verification.",
    )
    .after(Some(5_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::idempotency::Request;
    use crate::service::test_app::TestApp;

    /// The outcome of a lost task was never stored: the key gets the state of its message.
    #[tokio::test]
    async fn request_is_in_flight_while_its_task_lives() {
        let host = TestApp::new().await;
        let app = &host.app;
        let asked = Request {
            tenant: "default".to_owned(),
            key: vec![1],
            requests: vec![vec![2]],
            process: app.process.clone(),
        };
        let reserved = asked.clone();
        let written = app
            .store
            .write(move |db| idempotency::reserve(db, &reserved, "v_1", None));
        written.await.unwrap();
        let look_up = || app.store.read(|db| known(app, db, &asked)).unwrap();
        let subject = Some("v_1".to_owned());
        let lease = app.leases.take("v_1");
        let in_flight = Known::InFlight {
            subject: subject.clone(),
        };
        assert_eq!(look_up(), in_flight);
        drop(lease);
        assert_eq!(look_up(), Known::Lost { subject });
    }
}
