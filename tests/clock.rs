//! Wrong clocks: one more attempt with the server's time, and only after the refusal that proves that nothing was sent.

use crate::support::{MAINLAND, Rig, accepted, attribute, code_to, host, not_sent};
use auth_connector_host::{Failure, FailureKind, WallClock};
use tencent_sms_simulator::Fault;

/// A second in the middle of a UTC day.
const NOON: i64 = 1_700_049_600;
/// The first second of a UTC day.
const MIDNIGHT: i64 = 1_700_006_400;

/// The component's clock, so many seconds from the server's.
fn off_by(server: i64, seconds: i64) -> Rig {
    let fixed = u64::try_from(server + seconds).unwrap();
    Rig::at(server, host().wall_clock(WallClock::fixed(fixed)))
}

fn is_expired(failure: &Failure) {
    assert_eq!(failure.kind, FailureKind::Authentication);
    assert_eq!(
        failure.provider_code.as_deref(),
        Some("AuthFailure.SignatureExpire")
    );
    assert!(
        failure.message.contains("Set the host's clock"),
        "{}",
        failure.message
    );
    assert_eq!(attribute(&failure.attributes, "turn"), Some("host"));
}

#[tokio::test]
async fn clock_off_by_300_seconds_needs_one_attempt() {
    for seconds in [-300, 0, 300] {
        let rig = off_by(NOON, seconds);
        let receipt = accepted(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(attribute(&receipt.attributes, "attempts"), None);
        assert_eq!(rig.simulator.complete_requests(), 1, "{seconds}");
    }
}

/// The clock is off by 301 seconds or by years. The second attempt uses the server's time.
#[tokio::test]
async fn clock_that_is_off_costs_one_more_attempt() {
    for seconds in [-301, 301, -NOON, 10 * 365 * 86_400] {
        let rig = off_by(NOON, seconds);
        let receipt = accepted(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(attribute(&receipt.attributes, "attempts"), Some("2"));
        let verdicts: Vec<String> = rig
            .simulator
            .journal()
            .into_iter()
            .map(|entry| entry.verdict)
            .collect();
        assert_eq!(verdicts, ["AuthFailure.SignatureExpire", "Ok"], "{seconds}");
        assert_eq!(rig.simulator.complete_requests(), 2);
        assert_eq!(rig.simulator.messages().len(), 1);
    }
}

#[tokio::test]
async fn second_attempt_is_signed_for_servers_day() {
    for (server, seconds) in [(MIDNIGHT, -301), (MIDNIGHT - 1, 301)] {
        let rig = off_by(server, seconds);
        accepted(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(rig.simulator.complete_requests(), 2);
    }
}

/// The first second of each month of 2024, and the last second of its 29 February.
#[tokio::test]
async fn signature_holds_in_every_month() {
    for moment in [
        1_704_067_200,
        1_706_745_600,
        1_709_251_199,
        1_709_251_200,
        1_711_929_600,
        1_714_521_600,
        1_717_200_000,
        1_719_792_000,
        1_722_470_400,
        1_725_148_800,
        1_727_740_800,
        1_730_419_200,
        1_733_011_200,
    ] {
        let rig = off_by(moment, 0);
        accepted(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(rig.simulator.complete_requests(), 1, "{moment}");
    }
}

/// The caller gets the service's code.
#[tokio::test]
async fn answer_without_server_time_gets_no_second_attempt() {
    let rig = off_by(NOON, 301);
    rig.simulator.omit_date_header(true);
    let failure = not_sent(rig.send(&code_to(MAINLAND)).await);
    is_expired(&failure);
    assert_eq!(attribute(&failure.attributes, "attempts"), None);
    assert_eq!(rig.simulator.complete_requests(), 1);
    assert!(rig.simulator.messages().is_empty());
}

#[tokio::test]
async fn always_expired_signature_ends_after_two_requests() {
    let rig = Rig::new();
    let expired = Fault::Code {
        code: "AuthFailure.SignatureExpire".to_owned(),
        message: None,
    };
    rig.simulator.queue_faults(expired, 10);
    let failure = not_sent(rig.send(&code_to(MAINLAND)).await);
    is_expired(&failure);
    assert_eq!(attribute(&failure.attributes, "attempts"), Some("2"));
    assert_eq!(rig.simulator.complete_requests(), 2);
    assert!(rig.simulator.messages().is_empty());
}

#[tokio::test]
async fn no_other_refusal_is_tried_again() {
    let rig = Rig::new();
    for code in [
        "AuthFailure.SignatureFailure",
        "RequestLimitExceeded",
        "InternalError",
        "LimitExceeded.PhoneNumberThirtySecondLimit",
    ] {
        rig.simulator.reset();
        rig.simulator.queue_fault(Fault::Code {
            code: code.to_owned(),
            message: None,
        });
        assert!(rig.send(&code_to(MAINLAND)).await.is_err());
        assert_eq!(rig.simulator.complete_requests(), 1, "{code}");
    }
}
