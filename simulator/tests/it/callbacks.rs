//! Delivery reports that are posted to a receiver.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tencent_sms_simulator::Simulator;

use crate::client::get;
use crate::support::{MORNING, morning, send};

/// Listens for delivery reports. The channel has each request, to which it answered `result` 0.
fn receiver() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/reports?secret=path",
        listener.local_addr().unwrap()
    );
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            while !bytes.ends_with(b"]") {
                let n = stream.read(&mut chunk).unwrap();
                assert_ne!(n, 0, "the request ended before its array");
                bytes.extend_from_slice(&chunk[..n]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\nConnection: close\r\n\r\n{\"result\":0,\"errmsg\":\"OK\"}")
                .unwrap();
            if sender.send(String::from_utf8(bytes).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, received)
}

/// Head and reports of the next request to the receiver.
fn next_reports(received: &Receiver<String>) -> (String, Value) {
    let text = received.recv_timeout(Duration::from_secs(20)).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

/// Waits until the simulator has counted so many accepted reports.
fn wait_for_accepted(simulator: &Simulator, count: u64) {
    let begun = std::time::Instant::now();
    while get(simulator.addr(), "/_sim/health").json()["callbacks_accepted"] != count {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the receiver's answer was not counted"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn reports_are_posted_to_callback_as_array() {
    let (url, received) = receiver();
    let simulator = Simulator::builder()
        .callback(url)
        .frozen_clock(1_551_113_065)
        .start_blocking()
        .unwrap();
    assert_eq!(send(&simulator, json!({})), "Ok");
    simulator.advance(Duration::from_secs(1));
    let (head, body) = next_reports(&received);
    assert!(
        head.starts_with("POST /reports?secret=path HTTP/1.1"),
        "{head}"
    );
    assert_eq!(
        body,
        json!([{"user_receive_time": "2019-02-26 00:44:26", "nationcode": "86", "mobile": "13800138000", "report_status": "SUCCESS",
                "errmsg": "DELIVRD", "description": "user receive message success", "sid": simulator.messages()[0].serial_no}])
    );
    wait_for_accepted(&simulator, 1);
}

/// Newer messages and refused numbers take the place of older records, but not of reports that are still to come.
#[test]
fn reports_arrive_though_retention_is_exceeded() {
    let (url, received) = receiver();
    let simulator = morning()
        .callback(url)
        .retention(1)
        .start_blocking()
        .unwrap();
    for to in ["+8613800138000", "+8613800138001", "1", "2"] {
        send(&simulator, json!({"PhoneNumberSet": [to]}));
    }
    simulator.advance(Duration::from_secs(1));
    let (_, reports) = next_reports(&received);
    let mobiles: Vec<&Value> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["mobile"])
        .collect();
    assert_eq!(mobiles, ["13800138000", "13800138001"]);
    wait_for_accepted(&simulator, 2);
}

/// Real time alone would bring the report after 10 minutes.
#[test]
fn report_is_posted_when_clock_is_set() {
    type Change = fn(&Simulator);
    let changes: [Change; 2] = [
        |simulator| simulator.freeze_clock(MORNING + 600),
        |simulator| simulator.set_clock_offset_s(0),
    ];
    for change in changes {
        let (url, received) = receiver();
        let simulator = morning()
            .callback(url)
            .delivery_delay(Duration::from_secs(600))
            .start_blocking()
            .unwrap();
        assert_eq!(send(&simulator, json!({})), "Ok");
        change(&simulator);
        next_reports(&received);
    }
}
