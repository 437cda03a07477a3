//! Faults: their effect on the client, and on the simulator's state.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;
use tencent_sms_simulator::{Catalogue, Chaos, Fault, Simulator};

use crate::client::{Call, body_with, connect, read_answer};

fn start() -> Simulator {
    Simulator::builder().start_blocking().unwrap()
}

/// Asserts that no response came. Returns the complete requests and the messages of the simulator.
fn nothing(simulator: &Simulator, fault: Fault) -> (u64, usize) {
    simulator.queue_fault(fault);
    assert!(Call::new(simulator.addr()).try_send().is_none());
    (simulator.complete_requests(), simulator.messages().len())
}

#[test]
fn connection_closed_on_accept_carries_no_request() {
    let simulator = start();
    assert_eq!(nothing(&simulator, Fault::CloseOnAccept), (0, 0));
    assert_eq!(
        simulator.journal()[0].fault.as_deref(),
        Some("close-on-accept")
    );
    assert_eq!(Call::new(simulator.addr()).send().code(), "Ok");
}

#[test]
fn unread_request_with_incomplete_body_is_not_counted() {
    let simulator = start();
    for fault in [Fault::CloseBeforeReading, Fault::ReadHalfThenClose] {
        simulator.queue_fault(fault.clone());
        let wire = Call::new(simulator.addr()).wire();
        let mut stream = connect(simulator.addr());
        stream.write_all(&wire[..wire.len() - 1]).unwrap();
        assert!(read_answer(&mut stream).is_none());
        assert_eq!(
            (simulator.complete_requests(), simulator.messages().len()),
            (0, 0),
            "{fault:?}"
        );
    }
    assert!(simulator.journal().iter().all(|entry| !entry.complete));
}

/// The whole request arrived.
#[test]
fn request_that_was_not_processed_counts_as_complete() {
    let simulator = start();
    assert_eq!(nothing(&simulator, Fault::ReadHalfThenClose), (1, 0));
}

/// The connection is closed or reset after the message is accepted.
#[test]
fn accepted_then_cut_leaves_message_without_answer() {
    let simulator = start();
    assert_eq!(nothing(&simulator, Fault::AcceptThenClose), (1, 1));
    simulator.reset();
    simulator.queue_fault(Fault::AcceptThenReset);
    let mut stream = connect(simulator.addr());
    stream
        .write_all(&Call::new(simulator.addr()).wire())
        .unwrap();
    let error = stream.read(&mut [0; 64]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(simulator.messages().len(), 1);
    let entry = simulator.journal().pop().unwrap();
    assert_eq!(
        (entry.verdict.as_str(), entry.fault.as_deref()),
        ("Ok", Some("accept-then-reset"))
    );
}

/// The silence lasts until the client leaves.
#[test]
fn silence_holds_one_client_and_serves_others() {
    let simulator = start();
    for (fault, complete) in [(Fault::Hang, 1), (Fault::HangBeforeReading, 1)] {
        simulator.reset();
        simulator.queue_fault(fault);
        let mut stream = connect(simulator.addr());
        stream
            .write_all(&Call::new(simulator.addr()).wire())
            .unwrap();
        let begun = Instant::now();
        while simulator.complete_requests() != complete {
            assert!(begun.elapsed() < Duration::from_secs(10), "not read");
            std::thread::sleep(Duration::from_millis(5));
        }
        stream
            .set_read_timeout(Some(Duration::from_millis(300)))
            .unwrap();
        let error = stream.read(&mut [0; 64]).unwrap_err();
        assert!(matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ));
        assert_eq!(Call::new(simulator.addr()).send().status, 200);
    }
}

#[test]
fn a_delayed_answer_is_late_and_whole() {
    let simulator = start();
    simulator.queue_fault(Fault::Delay { ms: 300 });
    let begun = Instant::now();
    assert_eq!(Call::new(simulator.addr()).send().code(), "Ok");
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

/// The code's place is the service's: in the error or in the status of a number.
#[test]
fn fault_code_is_answered_in_place_without_sending() {
    let simulator = start();
    let code = |code: &str| Fault::Code {
        code: code.to_owned(),
        message: None,
    };
    simulator.queue_faults(code("RequestLimitExceeded"), 2);
    simulator.queue_fault(code("LimitExceeded.PhoneNumberDailyLimit"));
    simulator.queue_fault(code("Made.Up"));
    for _ in 0..2 {
        assert_eq!(
            Call::new(simulator.addr()).send().error().0,
            "RequestLimitExceeded"
        );
    }
    let answer = Call::new(simulator.addr()).send();
    assert_eq!(
        answer.status_of(0)["Code"],
        "LimitExceeded.PhoneNumberDailyLimit"
    );
    assert_eq!(answer.status_of(0)["PhoneNumber"], "+8613800138000");
    assert_eq!(
        Call::new(simulator.addr()).send().status_of(0)["Code"],
        "Made.Up"
    );
    assert!(simulator.messages().is_empty());
    assert_eq!(Call::new(simulator.addr()).send().code(), "Ok");
}

/// Each number once, in its normal form, with its country and the request's context.
#[test]
fn fault_code_answers_as_the_rule_itself_does() {
    let simulator = start();
    let rule = "LimitExceeded.PhoneNumberThirtySecondLimit";
    let call = |numbers: serde_json::Value| {
        Call::new(simulator.addr()).body(&body_with(
            json!({"PhoneNumberSet": numbers, "SessionContext": "ctx"}),
        ))
    };
    let fault = Fault::Code {
        code: rule.to_owned(),
        message: None,
    };
    simulator.queue_fault(fault);
    let set = |answer: crate::client::Answer| answer.json()["Response"]["SendStatusSet"].clone();
    let injected = set(call(json!(["13800138000", "+8613800138000"])).send());
    assert_eq!(call(json!(["+8613800138000"])).send().code(), "Ok");
    let real = set(call(json!(["13800138000", "+8613800138000"])).send());
    assert_eq!(injected, real);
    assert_eq!(
        (&real[0]["SessionContext"], &real[0]["IsoCode"]),
        (&json!("ctx"), &json!("CN"))
    );
    assert_eq!(simulator.journal()[0].recipients.len(), 1);
}

/// The package has no segments, which concerns the message and not one number.
#[test]
fn fault_code_and_magic_number_match_the_balance_rule() {
    let yaml = Catalogue::BUILT_IN.replacen("balance: 1000000000", "balance: 0", 1);
    let empty = Simulator::builder()
        .catalogue(Catalogue::from_yaml(&yaml).unwrap())
        .start_blocking()
        .unwrap();
    let real = Call::new(empty.addr()).send().status_of(0);
    assert_eq!(
        (&real["Code"], &real["IsoCode"]),
        (
            &json!("FailedOperation.InsufficientBalanceInSmsPackage"),
            &json!("")
        )
    );
    let simulator = start();
    simulator.queue_fault(Fault::Code {
        code: "FailedOperation.InsufficientBalanceInSmsPackage".to_owned(),
        message: None,
    });
    assert_eq!(Call::new(simulator.addr()).send().status_of(0), real);
    simulator.queue_fault(Fault::AcceptThenCode {
        code: "FailedOperation.InsufficientBalanceInSmsPackage".to_owned(),
    });
    assert_eq!(Call::new(simulator.addr()).send().status_of(0), real);
    let magic = body_with(json!({"PhoneNumberSet": ["+8615400001031"]}));
    let mut magic = Call::new(simulator.addr()).body(&magic).send().status_of(0);
    magic["PhoneNumber"] = real["PhoneNumber"].clone();
    assert_eq!(magic, real);
}

#[test]
fn chaos_has_no_fault_of_statuses_elsewhere() {
    let simulator = start();
    simulator.set_chaos(Some(Chaos {
        probability: 1.0,
        seed: 0,
        faults: vec![Fault::EmptySet, Fault::UnknownCode],
    }));
    let mut list = Call::new(simulator.addr()).body(&json!({"International": 0}));
    list.action = Some("DescribeSmsSignList".to_owned());
    list.send();
    Call::new(simulator.addr()).send();
    let faults: Vec<bool> = simulator
        .journal()
        .iter()
        .map(|entry| entry.fault.is_some())
        .collect();
    assert_eq!(faults, [false, true]);
}

#[test]
fn request_that_fault_cannot_meet_leaves_it_waiting() {
    let simulator = start();
    let addr = simulator.addr();
    let list = || {
        let mut call = Call::new(addr).body(&json!({"International": 0}));
        call.action = Some("DescribeSmsSignList".to_owned());
        call.send()
    };
    simulator.queue_fault(Fault::EmptyBody);
    for path in ["/favicon.ico", "/"] {
        let answer = crate::client::get(addr, path);
        assert_eq!(answer.code(), "MissingParameter", "{path}");
    }
    assert!(list().body.is_empty());
    simulator.queue_fault(Fault::EmptySet);
    assert!(list().json()["Response"]["DescribeSignListStatusSet"].is_array());
    let answer = Call::new(addr).send();
    assert_eq!(answer.json()["Response"]["SendStatusSet"], json!([]));
}

/// Only responses of `SendSms` have `SendStatusSet`.
#[test]
fn fault_code_of_another_action_is_the_requests_error() {
    let simulator = start();
    for (action, body) in [
        ("DescribeSmsSignList", json!({"International": 0})),
        (
            "DescribePhoneNumberInfo",
            json!({"PhoneNumberSet": ["+8613800138000"]}),
        ),
    ] {
        for code in ["FailedOperation.InsufficientBalanceInSmsPackage", "Made.Up"] {
            simulator.queue_fault(Fault::Code {
                code: code.to_owned(),
                message: None,
            });
            let mut call = Call::new(simulator.addr()).body(&body);
            call.action = Some(action.to_owned());
            let answer = call.send();
            assert_eq!(answer.error().0, code, "{action}");
            assert!(answer.json()["Response"].get("SendStatusSet").is_none());
        }
    }
}

#[test]
fn internal_error_after_acceptance_keeps_message_sent() {
    let simulator = start();
    simulator.queue_fault(Fault::AcceptThenCode {
        code: "InternalError".to_owned(),
    });
    assert_eq!(
        Call::new(simulator.addr()).send().error().0,
        "InternalError"
    );
    assert_eq!(simulator.messages().len(), 1);
}

#[test]
fn html_pages_come_with_their_status() {
    let simulator = start();
    for (fault, status, messages) in [
        (Fault::Unavailable { status: 503 }, 503, 0),
        (Fault::AcceptThenStatus { status: 502 }, 502, 1),
        (Fault::AcceptThenStatus { status: 200 }, 200, 1),
    ] {
        simulator.reset();
        simulator.queue_fault(fault);
        let answer = Call::new(simulator.addr()).send();
        assert_eq!(
            (answer.status, answer.header("Content-Type")),
            (status, Some("text/html"))
        );
        assert!(answer.body.starts_with(b"<html>"));
        assert_eq!(simulator.messages().len(), messages);
    }
}

#[test]
fn a_truncated_answer_breaks_off_before_its_length() {
    let simulator = start();
    simulator.queue_fault(Fault::Truncated);
    let mut stream = connect(simulator.addr());
    stream
        .write_all(&Call::new(simulator.addr()).wire())
        .unwrap();
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    let text = String::from_utf8_lossy(&all);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("Content-Length: "))
        .unwrap();
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2, "{head}");
    assert_eq!(simulator.messages().len(), 1);
}

#[test]
fn spoilt_answers_are_spoilt_as_their_names_say() {
    let simulator = start();
    let spoilt = |fault: Fault| {
        simulator.reset();
        simulator.queue_fault(fault);
        let answer = Call::new(simulator.addr()).send();
        assert_eq!((answer.status, simulator.messages().len()), (200, 1));
        answer
    };
    assert!(serde_json::from_slice::<serde_json::Value>(&spoilt(Fault::CutJson).body).is_err());
    assert!(spoilt(Fault::EmptyBody).body.is_empty());
    let big = spoilt(Fault::Oversized { bytes: 3_000_000 });
    assert_eq!((big.body.len(), big.code().as_str()), (3_000_000, "Ok"));
    assert_eq!(
        spoilt(Fault::EmptySet).json()["Response"]["SendStatusSet"],
        json!([])
    );
    assert!(
        spoilt(Fault::MissingSet).json()["Response"]
            .get("SendStatusSet")
            .is_none()
    );
    assert_eq!(
        spoilt(Fault::ShortSet).json()["Response"]["SendStatusSet"],
        json!([])
    );
    assert_eq!(
        spoilt(Fault::ForeignSet).status_of(0)["PhoneNumber"],
        "+14155550199"
    );
    assert_eq!(
        spoilt(Fault::UnknownCode).code(),
        "FailedOperation.SimulatorInventedThis"
    );
    let zipped = spoilt(Fault::Gzip);
    assert_eq!(zipped.header("Content-Encoding"), Some("gzip"));
    assert_eq!(&zipped.body[..3], [0x1f, 0x8b, 8]);
    let charset = spoilt(Fault::Charset);
    assert_eq!(
        charset.header("Content-Type"),
        Some("application/json; charset=utf-8")
    );
}

/// The requests were complete.
#[test]
fn journal_names_the_recipients_of_unprocessed_requests() {
    let simulator = start();
    let code = Fault::Code {
        code: "InternalError".to_owned(),
        message: None,
    };
    for (fault, verdict) in [
        (Fault::Unavailable { status: 503 }, ""),
        (code, "InternalError"),
    ] {
        simulator.queue_fault(fault);
        Call::new(simulator.addr()).try_send();
        let entry = simulator.journal().pop().unwrap();
        let recipients: Vec<_> = entry
            .recipients
            .iter()
            .map(|one| (one.number.as_str(), one.verdict.as_str()))
            .collect();
        assert_eq!(recipients, [("+86138****8000", verdict)]);
    }
}
