//! Faults of the service and the network after the request was received. Outcomes are compared with the inbox, over
//! TLS.

use crate::support::trial::{MARGIN, PLENTY};
use crate::support::{MAINLAND, Rig, State, code_to, state};
use auth_connector_host::{FailureKind, Message};
use std::time::{Duration, Instant};
use tencent_sms_simulator::Fault;

const ACCEPTED: (&str, Option<FailureKind>) = ("accepted", None);

const fn unknown(kind: FailureKind) -> (&'static str, Option<FailureKind>) {
    ("unknown", Some(kind))
}

/// State of one send with a fault. Faults that last get a timeout with 300 ms to spare.
async fn meets(rig: &Rig, fault: Fault) -> State {
    let lasts = matches!(
        fault,
        Fault::Hang | Fault::HangBeforeReading | Fault::Delay { .. }
    );
    let timeout_ms = if lasts { 300 } else { PLENTY };
    rig.simulator.reset();
    rig.simulator.queue_fault(fault);
    let message = Message {
        timeout_ms: Some(timeout_ms),
        ..code_to(MAINLAND)
    };
    let begun = Instant::now();
    let state = state(rig.send(&message).await);
    assert!(begun.elapsed() < Duration::from_millis(timeout_ms.into()) + MARGIN);
    state
}

#[tokio::test]
async fn taken_message_is_never_reported_as_not_sent() {
    let rig = Rig::new();
    let code = |code: &str| Fault::AcceptThenCode {
        code: code.to_owned(),
    };
    for (fault, expected) in [
        (Fault::AcceptThenClose, unknown(FailureKind::Unreachable)),
        (Fault::AcceptThenReset, unknown(FailureKind::Unreachable)),
        (Fault::Hang, unknown(FailureKind::Timeout)),
        (Fault::Delay { ms: 1_000 }, unknown(FailureKind::Timeout)),
        (code("InternalError"), unknown(FailureKind::Provider)),
        (
            code("InternalError.Timeout"),
            unknown(FailureKind::Provider),
        ),
        (code("FailedOperation"), unknown(FailureKind::Provider)),
        (
            Fault::AcceptThenStatus { status: 502 },
            unknown(FailureKind::Provider),
        ),
        (
            Fault::AcceptThenStatus { status: 200 },
            unknown(FailureKind::Provider),
        ),
        (Fault::Truncated, unknown(FailureKind::Provider)),
        (Fault::CutJson, unknown(FailureKind::Provider)),
        (Fault::EmptyBody, unknown(FailureKind::Provider)),
        (Fault::EmptySet, unknown(FailureKind::Provider)),
        (Fault::ShortSet, unknown(FailureKind::Provider)),
        (Fault::MissingSet, unknown(FailureKind::Provider)),
        (Fault::ForeignSet, unknown(FailureKind::Provider)),
        (Fault::UnknownCode, unknown(FailureKind::Provider)),
        (
            Fault::Oversized { bytes: 65_537 },
            unknown(FailureKind::Provider),
        ),
        (
            Fault::Oversized { bytes: 10_000_000 },
            unknown(FailureKind::Provider),
        ),
    ] {
        let state = meets(&rig, fault.clone()).await;
        assert_eq!(state.verdict(), expected, "{fault:?}");
        assert_eq!(rig.simulator.messages().len(), 1, "{fault:?}");
        let State::Unknown(failure) = state else {
            panic!("not unknown: {fault:?}")
        };
        assert!(
            failure.message.contains("look it up before sending again"),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn late_padded_or_relabelled_answer_still_counts() {
    let rig = Rig::new();
    for fault in [
        Fault::Delay { ms: 50 },
        Fault::Charset,
        Fault::Oversized { bytes: 65_536 },
    ] {
        assert_eq!(
            meets(&rig, fault.clone()).await.verdict(),
            ACCEPTED,
            "{fault:?}"
        );
        assert_eq!(rig.simulator.messages().len(), 1);
    }
}

#[tokio::test]
async fn untaken_message_is_unknown_only_in_doubt() {
    let rig = Rig::new();
    for (fault, expected) in [
        (
            Fault::CloseOnAccept,
            ("not sent", Some(FailureKind::Unreachable)),
        ),
        (
            Fault::Unavailable { status: 503 },
            unknown(FailureKind::Provider),
        ),
        (Fault::HangBeforeReading, unknown(FailureKind::Timeout)),
    ] {
        rig.simulator.reset();
        // A new connection: a kept one is not accepted again.
        let rig = Rig::new();
        assert_eq!(
            meets(&rig, fault.clone()).await.verdict(),
            expected,
            "{fault:?}"
        );
        assert!(rig.simulator.messages().is_empty());
    }
}

/// A reset that comes before the last byte has left excludes a send. One that comes later does not: the outcome is
/// unknown, which is rare, because the last byte waits for a reset.
#[tokio::test]
async fn connection_reset_halfway_is_not_sent_or_unknown() {
    for fault in [Fault::CloseBeforeReading, Fault::ReadHalfThenClose] {
        let mut certain = 0;
        for _ in 0..20 {
            let rig = Rig::new();
            let state = meets(&rig, fault.clone()).await;
            let complete = rig.simulator.complete_requests();
            match state {
                State::NotSent(_) => {
                    assert_eq!(complete, 0, "{fault:?}");
                    certain += 1;
                }
                State::Unknown(_) => assert!(complete <= 1),
                State::Accepted(_) => panic!("nothing was accepted"),
            }
            assert!(rig.simulator.messages().is_empty());
        }
        assert!(certain > 0, "{fault:?}: none of twenty is not sent");
    }
}

#[tokio::test]
async fn after_each_fault_the_next_message_goes_through() {
    let rig = Rig::new();
    for fault in [
        Fault::CloseOnAccept,
        Fault::ReadHalfThenClose,
        Fault::AcceptThenReset,
        Fault::Truncated,
        Fault::Hang,
        Fault::Oversized { bytes: 10_000_000 },
    ] {
        meets(&rig, fault.clone()).await;
        rig.simulator.reset();
        let state = state(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(state.verdict(), ACCEPTED, "{fault:?}");
    }
}
