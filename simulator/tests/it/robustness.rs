//! Clients that break the protocol, and clients that are slow: neither crash nor hang the simulator.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tencent_sms_simulator::Simulator;

use crate::client::{Call, body_with, connect, control, exchange};

fn start() -> Simulator {
    Simulator::builder()
        .client_timeout(Duration::from_secs(2))
        .start_blocking()
        .unwrap()
}

/// Asserts that an ordinary request is answered quickly.
fn still_well(simulator: &Simulator) {
    simulator.reset();
    let begun = Instant::now();
    assert_eq!(Call::new(simulator.addr()).send().code(), "Ok");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// Sends bytes, closes the sending side, and reads to the end. Returns the first line of the response.
fn first_line(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(addr);
    // The simulator may close before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn malformed_http_gets_400_or_closed_connection() {
    let simulator = start();
    for bytes in [
        &b"\r\n\r\n\r\n"[..],
        b"hello\r\n\r\n",
        b"POST\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\n: empty\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00\xff\xfe\x00",
    ] {
        let line = first_line(simulator.addr(), bytes);
        assert!(
            line.is_empty() || line.starts_with("HTTP/1.1 400"),
            "{bytes:?}: {line}"
        );
    }
    still_well(&simulator);
}

#[test]
fn a_megabyte_of_headers_is_refused() {
    let simulator = start();
    let one = format!("POST / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let many = format!("POST / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(170_000));
    let endless = "P".repeat(1_000_000);
    for bytes in [one, many, endless] {
        let line = first_line(simulator.addr(), bytes.as_bytes());
        let refused = ["HTTP/1.1 431", "HTTP/1.1 414", "HTTP/1.1 400"];
        assert!(
            line.is_empty() || refused.iter().any(|r| line.starts_with(r)),
            "{line}"
        );
    }
    still_well(&simulator);
}

#[test]
fn invalid_utf8_is_refused_wherever_it_stands() {
    let simulator = start();
    let mut call = Call::new(simulator.addr());
    call.body = b"{\"PhoneNumberSet\": [\"\xff\xfe\"]}".to_vec();
    assert_eq!(call.send().code(), "InvalidParameter");
    let head =
        b"POST / HTTP/1.1\r\nHost: x\r\nX-TC-Action: Send\xffSms\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(
        exchange(simulator.addr(), head).unwrap().code(),
        "MissingParameter"
    );
    let query = b"GET /_sim/messages?to=%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(exchange(simulator.addr(), query).unwrap().status, 400);
    still_well(&simulator);
}

#[test]
fn json_a_hundred_thousand_deep_is_refused() {
    let simulator = start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let mut call = Call::new(simulator.addr());
        call.body = format!("{}1{}", open.repeat(100_000), close.repeat(100_000)).into_bytes();
        assert_eq!(call.send().code(), "InvalidParameter");
    }
    let deep = format!("{{\"fault\":{}", "[".repeat(20_000));
    let wire = format!(
        "POST /_sim/faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{deep}",
        deep.len()
    );
    assert_eq!(
        exchange(simulator.addr(), wire.as_bytes()).unwrap().status,
        400
    );
    still_well(&simulator);
}

#[test]
fn strange_numbers_and_clocks_do_not_overflow() {
    let simulator = start();
    let mut call = Call::new(simulator.addr());
    call.action = Some("PullSmsSendStatusByPhoneNumber".to_owned());
    for begin in [u64::MAX, i64::MAX as u64, 0] {
        let body = json!({"SmsSdkAppId": "1400006666", "Limit": 1, "Offset": 0, "BeginTime": begin, "EndTime": u64::MAX, "PhoneNumber": "+8613800138000"});
        assert_eq!(call.clone().body(&body).send().status, 200);
    }
    for _ in 0..3 {
        control(
            simulator.addr(),
            "PUT",
            "/_sim/clock",
            Some(&json!({"advance_ms": 3_162_240_000_000_u64})),
        );
    }
    assert_eq!(
        Call::new(simulator.addr()).send().code(),
        "AuthFailure.SignatureExpire"
    );
    for moment in [-62_167_219_200_i64, 253_402_300_799] {
        control(
            simulator.addr(),
            "PUT",
            "/_sim/clock",
            Some(&json!({"frozen_unix_s": moment})),
        );
        assert_eq!(
            Call::new(simulator.addr()).send().code(),
            "AuthFailure.SignatureExpire"
        );
    }
    control(
        simulator.addr(),
        "PUT",
        "/_sim/clock",
        Some(&json!({"offset_s": 0})),
    );
    still_well(&simulator);
}

#[test]
fn slow_clients_are_cut_off_without_delaying_others() {
    let simulator = start();
    let wire = Call::new(simulator.addr()).wire();
    let head = wire.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    let slow: Vec<_> = (0..60)
        .map(|i| {
            let mut stream = connect(simulator.addr());
            // Some stop in the middle of the headers, some before the body, some one byte before its end.
            let until = [head / 2, head, wire.len() - 1][i % 3];
            stream.write_all(&wire[..until]).unwrap();
            stream
        })
        .collect();
    still_well(&simulator);
    let begun = Instant::now();
    for mut stream in slow {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(simulator.complete_requests(), 1);
    still_well(&simulator);
}

#[test]
fn dripping_bytes_do_not_prolong_wait() {
    let simulator = start();
    let wire = Call::new(simulator.addr()).wire();
    let mut stream = connect(simulator.addr());
    let begun = Instant::now();
    // One byte each 50 ms would take twenty seconds in all.
    for byte in &wire {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    still_well(&simulator);
}

#[test]
fn drop_ends_simulator_at_once_despite_open_clients() {
    let simulator = start();
    let addr = simulator.addr();
    let mut stream = connect(addr);
    stream.write_all(b"POST / HTTP/1.1\r\n").unwrap();
    let begun = Instant::now();
    drop(simulator);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    assert!(std::net::TcpStream::connect_timeout(&addr, Duration::from_millis(500)).is_err());
}

#[test]
fn memory_of_sent_messages_is_bounded_by_retention() {
    let simulator = Simulator::builder().retention(3).start_blocking().unwrap();
    for i in 0..5 {
        let body =
            crate::client::body_with(json!({"PhoneNumberSet": [format!("+861380013800{i}")]}));
        assert_eq!(Call::new(simulator.addr()).body(&body).send().code(), "Ok");
    }
    let sequences: Vec<u64> = simulator.messages().iter().map(|m| m.sequence).collect();
    assert_eq!(sequences, [3, 4, 5]);
    assert_eq!(simulator.journal().len(), 3);
}

/// Copies of these texts are kept for each number.
#[test]
fn texts_kept_per_number_are_bounded() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let numbers: Vec<String> = (0..200).map(|at| format!("+1415555{at:04}")).collect();
    for name in ["SenderId", "ExtendCode", "SignName", "SessionContext"] {
        for (length, code) in [(1_000_000, "InvalidParameterValue"), (511, "Ok")] {
            simulator.reset();
            let mut body = body_with(json!({
                "PhoneNumberSet": numbers, "TemplateId": "1110002", "SignName": null,
            }));
            body[name] = json!("x".repeat(length));
            let answer = Call::new(simulator.addr()).body(&body).send();
            assert_eq!(answer.code(), code, "{name} {length}");
        }
    }
}

/// The journal keeps a limited part of what a client sends.
#[test]
fn journal_entry_is_bounded() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let long = "x".repeat(100_000);
    let mut header = Call::new(simulator.addr());
    header.content_type = long.clone();
    header.secret_key = "wrong".to_owned();
    let value = json!({"TemplateId": "1110004", "TemplateParamSet": [long]});
    let numbers: Vec<String> = (0..5_000).map(|at| format!("+86138{at:08}")).collect();
    let refused = tencent_sms_simulator::Fault::Code {
        code: "InternalError.Timeout".to_owned(),
        message: None,
    };
    simulator.queue_fault(refused);
    for call in [
        Call::new(simulator.addr()).body(&body_with(json!({"PhoneNumberSet": numbers}))),
        header,
        Call::new(simulator.addr()).body(&body_with(value)),
    ] {
        call.send();
        let entry = serde_json::to_string(simulator.journal().last().unwrap()).unwrap();
        assert!(entry.len() < 64 * 1024, "{}", entry.len());
    }
}

/// No rule limits the numbers of a request that a fault refuses.
#[test]
fn fault_code_answers_many_numbers_quickly() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    simulator.queue_fault(tencent_sms_simulator::Fault::Code {
        code: "InternalError.Timeout".to_owned(),
        message: None,
    });
    let numbers: Vec<String> = (0..50_000).map(|at| format!("+86138{at:08}")).collect();
    let body = body_with(json!({"PhoneNumberSet": numbers}));
    let begun = Instant::now();
    let answer = Call::new(simulator.addr()).body(&body).send().json();
    assert_eq!(
        answer["Response"]["SendStatusSet"]
            .as_array()
            .unwrap()
            .len(),
        50_000
    );
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
}
