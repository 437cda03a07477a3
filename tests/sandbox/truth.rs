//! Truthfulness of the three states: the report to the caller if a plugin crashes, hangs or lies.

use super::arena::{Arena, COMPUTE};
use crate::support::discreet;
use auth_connector_host::{CallError, HostFault, SendError};

#[tokio::test]
async fn crash_or_loop_after_request_is_unknown() {
    let arena = Arena::new();
    assert_eq!(
        arena.run("sent-then-trap").await.crashed("unreachable"),
        "unknown"
    );
    let over = HostFault::Compute { limit: COMPUTE };
    assert_eq!(
        arena.run("sent-then-loop").await.stopped(),
        ("unknown", &over)
    );
    assert_eq!(arena.server.requests().len(), 2);
}

/// The request is never complete.
#[tokio::test]
async fn crash_within_request_is_unknown() {
    let arena = Arena::new();
    let ended = arena.run("half-body-then-trap").await;
    assert_eq!(ended.crashed("unreachable"), "unknown");
    assert!(arena.server.requests().is_empty());
}

#[tokio::test]
async fn receipt_without_serial_number_is_no_acceptance() {
    let ended = Arena::new().run("empty-receipt").await;
    let (state, fault) = ended.stopped();
    assert_eq!(state, "not sent");
    assert!(matches!(fault, HostFault::Contract(_)), "{fault:?}");
}

#[tokio::test]
async fn acceptance_without_request_is_not_sent() {
    let ended = Arena::new().run("lie-accepted").await;
    let (state, fault) = ended.stopped();
    assert_eq!(state, "not sent");
    assert!(matches!(fault, HostFault::Contract(_)), "{fault:?}");
    assert!(ended.report.http.is_empty());
}

#[tokio::test]
async fn false_claim_of_not_sent_shows_in_report() {
    let ended = Arena::new().run("lie-not-sent").await;
    assert_eq!(ended.found(), "nothing left, believe me");
    assert_eq!(ended.report.http[0].status, Some(200));
}

#[tokio::test]
async fn request_carries_no_secret_into_report() {
    let ended = Arena::new().run("report-injection").await;
    // The method is refused but recorded all the same; `found` asserts that the record has no secrets.
    assert_eq!(ended.found(), "refused");
    assert_eq!(ended.report.http[0].method, "(other)");
    assert!(ended.report.http[0].path.contains("****"));
}

#[tokio::test]
async fn failure_repeating_secrets_arrives_redacted() {
    let ended = Arena::new().run("echo-secrets").await;
    let Err(SendError::NotSent(CallError::Connector(failure))) = &ended.outcome else {
        panic!("{:?}", ended.outcome)
    };
    // Every text is present, with its quotes removed.
    assert_eq!(failure.diagnostics.len(), 1);
    assert!(failure.message.contains("****"), "{failure:?}");
    discreet(&format!("{failure:?}"));
}
