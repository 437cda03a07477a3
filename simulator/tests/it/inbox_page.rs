//! The inbox page: its requests, its access rules, and its events. `tests/browser-inbox` opens it in a browser.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tencent_sms_simulator::Simulator;

use crate::client::{Answer, Call, body_with, connect, control, exchange};

fn start() -> Simulator {
    Simulator::builder().start_blocking().unwrap()
}

fn ask(addr: SocketAddr, method: &str, path: &str, headers: &str) -> Answer {
    let wire = format!("{method} {path} HTTP/1.1\r\n{headers}\r\n");
    exchange(addr, wire.as_bytes()).expect("an answer")
}

fn browser(addr: SocketAddr, path: &str) -> Answer {
    let headers = format!("Host: {addr}\r\nAccept: text/html,*/*;q=0.8\r\n");
    ask(addr, "GET", path, &headers)
}

/// The events of a page, in order.
struct Events(BufReader<TcpStream>);

impl Events {
    fn of(simulator: &Simulator) -> Self {
        let mut stream = connect(simulator.addr());
        let host = simulator.addr();
        write!(
            stream,
            "GET /_inbox/events HTTP/1.1\r\nHost: {host}\r\n\r\n"
        )
        .unwrap();
        Self(BufReader::new(stream))
    }

    /// The next event, or `None` at the end of the stream.
    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // A small event is one chunk, its length in a line before it.
            if let Some(event) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(event).unwrap());
            }
        }
    }
}

#[test]
fn root_serves_browsers_page_and_others_api() {
    let simulator = start();
    let addr = simulator.addr();
    let page = browser(addr, "/");
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let host = format!("Host: {addr}\r\n");
    for headers in [&*host, &*format!("{host}Accept: */*\r\n")] {
        let api = ask(addr, "GET", "/", headers);
        assert_eq!(api.code(), "MissingParameter", "{headers}");
    }
    assert_eq!(Call::new(addr).send().code(), "Ok");
}

#[test]
fn every_file_has_the_strict_policy() {
    let simulator = start();
    let page = browser(simulator.addr(), "/");
    let html = String::from_utf8(page.body.clone()).unwrap();
    let mut paths = vec!["/".to_owned()];
    for mark in ["src=\"", "href=\""] {
        let rests = html.split(mark).skip(1);
        paths.extend(rests.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(paths.len() >= 4, "{paths:?}");
    for path in paths {
        let file = browser(simulator.addr(), &path);
        assert_eq!(file.status, 200, "{path}");
        let policy = file.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(browser(simulator.addr(), "/_inbox/other").status, 404);
    let host = format!("Host: {}\r\n", simulator.addr());
    assert_eq!(
        ask(simulator.addr(), "DELETE", "/_inbox/events", &host).status,
        405
    );
}

#[test]
fn foreign_names_and_pages_get_nothing() {
    let simulator = start();
    let addr = simulator.addr();
    let html = "Accept: text/html\r\n";
    for path in ["/", "/_inbox/inbox.js", "/_inbox/events"] {
        let foreign = ask(addr, "GET", path, &format!("Host: evil.example\r\n{html}"));
        assert_eq!(foreign.status, 403, "{path}");
    }
    let page = format!("Host: {addr}\r\nOrigin: http://evil.example\r\n");
    assert_eq!(ask(addr, "GET", "/_inbox/events", &page).status, 403);
}

#[test]
fn events_need_token_but_page_does_not() {
    let token = "sixteen-characters-or-more";
    let builder = Simulator::builder().control_token(token);
    let simulator = builder.start_blocking().unwrap();
    let addr = simulator.addr();
    assert_eq!(browser(addr, "/").status, 200);
    let host = format!("Host: {addr}\r\n");
    assert_eq!(ask(addr, "GET", "/_inbox/events", &host).status, 401);
    let mut stream = connect(addr);
    let wire =
        format!("GET /_inbox/events HTTP/1.1\r\n{host}Authorization: Bearer {token}\r\n\r\n");
    stream.write_all(wire.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert!(line.contains(" 200 "), "{line}");
}

#[test]
fn page_receives_past_and_new_entries() {
    let simulator = start();
    let addr = simulator.addr();
    assert_eq!(Call::new(addr).send().code(), "Ok");
    let mut events = Events::of(&simulator);
    let first = events.next().unwrap();
    assert_eq!(first["messages"][0]["otp"], "123456");
    assert_eq!(first["requests"][0]["verdict"], "Ok");
    assert_eq!(first["message_span"]["count"], 1);
    let refused = Call::new(addr).body(&body_with(json!({"TemplateId": "1"})));
    assert_ne!(refused.send().code(), "Ok");
    let second = events.next().unwrap();
    assert_eq!(second["messages"], json!([]));
    assert_ne!(second["requests"][0]["verdict"], "Ok");
    let fault = json!({"fault": {"kind": "gzip"}});
    assert_eq!(
        control(addr, "POST", "/_sim/faults", Some(&fault)).status,
        200
    );
    let third = events.next().unwrap();
    assert_eq!(third["faults"][0]["fault"]["kind"], "gzip");
    control(addr, "DELETE", "/_sim/messages", None);
    assert_eq!(events.next().unwrap()["message_span"]["count"], 0);
    control(addr, "POST", "/_sim/reset", None);
    let fifth = events.next().unwrap();
    assert_eq!(
        (&fifth["is_new"], &fifth["faults"]),
        (&json!(true), &json!([]))
    );
}

/// A burst is sent in parts of five hundred, and each message exactly once.
#[test]
fn burst_reaches_page_whole() {
    let simulator = start();
    let mut events = Events::of(&simulator);
    events.next().unwrap();
    for batch in 0..6 {
        let numbers: Vec<String> = (0..200)
            .map(|index| format!("+86138{:08}", batch * 200 + index))
            .collect();
        let body = body_with(json!({"PhoneNumberSet": numbers}));
        assert_eq!(Call::new(simulator.addr()).body(&body).send().code(), "Ok");
    }
    let mut sequences = Vec::new();
    while sequences.len() < 1200 {
        let event = events.next().unwrap();
        let messages = event["messages"].as_array().unwrap();
        assert!(messages.len() <= 500);
        sequences.extend(messages.iter().map(|m| m["sequence"].as_u64().unwrap()));
    }
    assert_eq!(sequences, (1..=1200).collect::<Vec<_>>());
}

#[test]
fn open_page_does_not_block_shutdown() {
    let simulator = start();
    let mut events = Events::of(&simulator);
    events.next().unwrap();
    let begun = Instant::now();
    drop(simulator);
    assert_eq!(events.next(), None);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
