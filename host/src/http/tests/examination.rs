//! Kept connections on which something arrived, while the runtime's thread was busy and had not noticed it.
//!
//! Each server runs on a thread of its own, and the tests block the runtime's only thread until it has written.

use super::streaming::post;
use crate::http::client::Client;
use crate::options::HostOptions;
use crate::report::{CallLog, HttpExchange};
use bytes::Bytes;
use http_body_util::BodyExt;
use rustls::{ServerConfig, ServerConnection};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wasmtime_wasi_http::Error;

#[path = "../../../../egress/tests/support/authority.rs"]
mod authority;

pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Action of a server on a connection after it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    SecondAnswer,
    HalfOfASecondAnswer,
    LineEnd,
    Close,
    SecondAnswerAndClose,
    /// A record of TLS that is not content.
    KeyUpdate,
    /// The beginning of a record of TLS, with a second answer in it.
    HalfOfARecord,
}

pub(super) fn answer(mark: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{mark}",
        mark.len()
    )
}

/// One connection, with TLS or without.
pub(super) struct Wire {
    pub(super) socket: TcpStream,
    pub(super) tls: Option<ServerConnection>,
}

impl Wire {
    pub(super) fn write(&mut self, bytes: &[u8]) {
        match &mut self.tls {
            Some(tls) => {
                tls.writer().write_all(bytes).unwrap();
                while tls.wants_write() {
                    tls.write_tls(&mut self.socket).unwrap();
                }
            }
            None => self.socket.write_all(bytes).unwrap(),
        }
    }

    /// Reads until the text ends so. The connection may end first.
    pub(super) fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        let mut buffer = [0; 4096];
        while !text.ends_with(end.as_bytes()) {
            let length = match &mut self.tls {
                Some(tls) => rustls::Stream::new(tls, &mut self.socket).read(&mut buffer),
                None => self.socket.read(&mut buffer),
            };
            match length {
                Ok(length @ 1..) => text.extend_from_slice(&buffer[..length]),
                _ => break,
            }
        }
        String::from_utf8(text).unwrap()
    }

    fn then(&mut self, then: Then) {
        let second = answer("second");
        match then {
            Then::Nothing => {}
            Then::SecondAnswer => self.write(second.as_bytes()),
            Then::HalfOfASecondAnswer => self.write(&second.as_bytes()[..second.len() / 2]),
            Then::LineEnd => self.write(b"\r\n"),
            Then::Close => self.socket.shutdown(std::net::Shutdown::Both).unwrap(),
            Then::SecondAnswerAndClose => {
                self.write(second.as_bytes());
                self.socket.shutdown(std::net::Shutdown::Write).unwrap();
            }
            Then::KeyUpdate => {
                let tls = self.tls.as_mut().unwrap();
                tls.refresh_traffic_keys().unwrap();
                assert!(tls.wants_write());
                self.write(b"");
            }
            Then::HalfOfARecord => {
                let tls = self.tls.as_mut().unwrap();
                tls.writer().write_all(second.as_bytes()).unwrap();
                let mut record = Vec::new();
                tls.write_tls(&mut record).unwrap();
                self.socket.write_all(&record[..record.len() / 2]).unwrap();
            }
        }
    }
}

/// A server that performs a [`Then`] on its first connection, and answers every request on the others.
struct Served {
    authority: String,
    options: HostOptions,
    /// Bytes that arrived, connection by connection.
    received: Arc<Mutex<Vec<String>>>,
    go: Sender<()>,
    done: Receiver<()>,
}

/// Answers one request of the first connection. On the signal it reads until `after` has arrived, and performs `then`.
fn serve(secure: bool, then: Then, after: &'static str) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (pem, config) = certificate();
    let received = Arc::new(Mutex::new(Vec::new()));
    let (go, signal) = channel();
    let (sender, done) = channel();
    let texts = received.clone();
    std::thread::spawn(move || {
        let accept = || {
            let socket = listener.accept().unwrap().0;
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket.set_nodelay(true).unwrap();
            let config = config.clone();
            let tls = secure.then(|| ServerConnection::new(config).unwrap());
            Wire { socket, tls }
        };
        let mut first = accept();
        let mut text = first.read_until("x");
        first.write(answer("first").as_bytes());
        if signal.recv_timeout(PATIENCE).is_err() {
            return;
        }
        text += &first.read_until(after);
        first.then(then);
        sender.send(()).unwrap();
        if then == Then::Nothing || then == Then::KeyUpdate {
            text += &first.read_until("x");
            first.write(answer("kept").as_bytes());
        } else if !after.is_empty() {
            text += &first.read_until("never");
        }
        texts.lock().unwrap().push(text);
        sender.send(()).unwrap();
        let mut second = accept();
        let text = second.read_until("x");
        texts.lock().unwrap().push(text);
        second.write(answer("fresh").as_bytes());
    });
    Served {
        authority,
        options: HostOptions {
            authorities_pem: pem,
            ..HostOptions::default()
        },
        received,
        go,
        done,
    }
}

pub(super) fn certificate() -> (Vec<u8>, Arc<ServerConfig>) {
    let (authority, mut config) = authority::certified(&["127.0.0.1"]);
    // For the tests that write records by hand.
    config.enable_secret_extraction = true;
    (authority.into_bytes(), Arc::new(config))
}

/// Result of a request, and its entry in the report.
pub(super) type Outcome = (Result<String, Error>, HttpExchange);

async fn read(
    client: &Arc<Client>,
    request: http::Request<wasmtime_wasi_http::WasiBody>,
) -> Outcome {
    let log = CallLog::default();
    let entry = log.open(HttpExchange::default());
    let sent = client.clone().send(request, None, entry).await;
    let outcome = match sent {
        Ok(response) => response.into_body().collect().await,
        Err(error) => return (Err(error), log.take().remove(0)),
    };
    let text = outcome.map(|body| String::from_utf8(body.to_bytes().to_vec()).unwrap());
    (text, log.take().remove(0))
}

async fn send(client: &Arc<Client>, served: &Served, secure: bool) -> Outcome {
    send_to(client, &served.authority, secure).await
}

pub(super) async fn send_to(client: &Arc<Client>, authority: &str, secure: bool) -> Outcome {
    let (writer, mut request) = post(authority, 1);
    if secure {
        *request.uri_mut() = format!("https://{authority}/").parse().unwrap();
    }
    writer.send(Bytes::from("x")).await.unwrap();
    drop(writer);
    read(client, request).await
}

/// Two requests in a row, with `then` between them, which the runtime has not noticed.
async fn pair(secure: bool, then: Then) -> (Outcome, Vec<String>) {
    let served = serve(secure, then, "");
    let client = Client::for_tests(&served.options);
    let first = send(&client, &served, secure).await;
    assert_eq!(first.0.unwrap(), "first");
    assert_eq!(client.pool().count(), 1, "it is kept");
    served.go.send(()).unwrap();
    served.done.recv_timeout(PATIENCE).unwrap();
    let second = send(&client, &served, secure).await;
    let received = served.received.lock().unwrap().clone();
    (second, received)
}

/// A second answer, or a part of one, on a kept connection is such bytes.
#[tokio::test]
async fn unasked_bytes_or_close_forces_fresh_connection() {
    let mut cases = Vec::new();
    for then in [
        Then::SecondAnswer,
        Then::HalfOfASecondAnswer,
        Then::LineEnd,
        Then::Close,
        Then::SecondAnswerAndClose,
    ] {
        cases.extend([(false, then), (true, then)]);
    }
    cases.push((true, Then::HalfOfARecord));
    for (secure, then) in cases {
        let ((text, report), received) = pair(secure, then).await;
        assert_eq!(text.unwrap(), "fresh", "{then:?}, TLS {secure}");
        assert!(!report.reused_connection);
        assert_eq!(report.discarded_connections, 1);
        // One request on each connection: nothing was written to the old one.
        assert_eq!(received.len(), 2, "{received:?}");
        for text in received {
            assert_eq!(text.matches("POST").count(), 1, "{text}");
        }
    }
}

#[tokio::test]
async fn a_quiet_connection_is_used_again() {
    for secure in [false, true] {
        let ((text, report), _) = pair(secure, Then::Nothing).await;
        assert_eq!(text.unwrap(), "kept");
        assert!(report.reused_connection);
        assert_eq!(report.discarded_connections, 0);
    }
}

#[tokio::test]
async fn handshake_records_after_answer_keep_connection() {
    let ((text, report), _) = pair(true, Then::KeyUpdate).await;
    assert_eq!(text.unwrap(), "kept");
    assert!(report.reused_connection);
}

#[tokio::test]
async fn bytes_before_the_last_byte_withhold_it() {
    for (secure, then) in [
        (false, Then::SecondAnswer),
        (true, Then::SecondAnswer),
        (false, Then::HalfOfASecondAnswer),
        (true, Then::HalfOfARecord),
        (false, Then::Close),
    ] {
        for blocked in [true, false] {
            let served = serve(secure, then, "b");
            let client = Client::for_tests(&served.options);
            let first = send(&client, &served, secure).await;
            assert_eq!(first.0.unwrap(), "first");
            served.go.send(()).unwrap();
            let (writer, mut request) = post(&served.authority, 2);
            if secure {
                *request.uri_mut() = format!("https://{}/", served.authority).parse().unwrap();
            }
            let sending = tokio::spawn({
                let client = client.clone();
                async move { read(&client, request).await }
            });
            writer.send(Bytes::from("b")).await.unwrap();
            // Until the beginning has left.
            tokio::time::sleep(Duration::from_millis(20)).await;
            served.done.recv_timeout(PATIENCE).unwrap();
            if !blocked {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let _ = writer.send(Bytes::from("x")).await;
            drop(writer);
            let (outcome, report) = sending.await.unwrap();
            assert!(
                matches!(outcome, Err(Error::DestinationUnavailable)),
                "{then:?}, TLS {secure}, blocked {blocked}: {outcome:?}"
            );
            assert!(report.reused_connection);
            drop(client);
            served.done.recv_timeout(PATIENCE).unwrap();
            let received = served.received.lock().unwrap()[0].clone();
            assert!(received.ends_with("\r\n\r\nb"), "{received}");
        }
    }
}

/// A server that answers before it has all of the request, once it is told to, and what arrives in all.
fn early(status: &'static str) -> (String, Sender<()>, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (sender, arrivals) = channel();
    let (go, going) = channel();
    std::thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut wire = Wire { socket, tls: None };
        let mut text = wire.read_until("b");
        let head = answer("early").replace("200 OK", status);
        going.recv_timeout(PATIENCE).unwrap();
        wire.write(head.as_bytes());
        sender.send(String::new()).unwrap();
        text += &wire.read_until("never");
        sender.send(text).unwrap();
    });
    (authority, go, arrivals)
}

/// An early response on a fresh connection is reported and the last byte withheld.
#[tokio::test]
async fn early_answer_on_new_connection_withholds_last_byte() {
    for (status, readable) in [("403 Forbidden", true), ("200 OK", false)] {
        let (authority, go, arrivals) = early(status);
        go.send(()).unwrap();
        let client = Client::for_tests(&HostOptions::default());
        let (writer, request) = post(&authority, 2);
        writer.send(Bytes::from("b")).await.unwrap();
        let log = CallLog::default();
        let caller = crate::http::Caller::default();
        let limits = Arc::default();
        let entry = log.open(HttpExchange::default());
        let options = wasmtime_wasi_http::RequestOptions::default();
        let sent = client
            .clone()
            .send_within(limits, caller, request, options, entry);
        let (response, driving) = sent.await.unwrap();
        assert_eq!(response.status().to_string(), status);
        let _ = writer.send(Bytes::from("x")).await;
        drop(writer);
        let body = response.into_body().collect().await;
        assert_eq!(body.is_ok(), readable, "{status}");
        driving.await;
        arrivals.recv_timeout(PATIENCE).unwrap();
        let received = arrivals.recv_timeout(PATIENCE).unwrap();
        assert!(received.ends_with("\r\n\r\nb"), "{received}");
        assert_eq!(client.pool().count(), 0);
    }
}

#[tokio::test]
async fn unseen_early_answer_withholds_last_byte() {
    let (authority, go, arrivals) = early("200 OK");
    let client = Client::for_tests(&HostOptions::default());
    let (writer, request) = post(&authority, 2);
    let sending = tokio::spawn(async move { read(&client, request).await.0 });
    writer.send(Bytes::from("b")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    // The runtime's thread is blocked until the answer is there.
    go.send(()).unwrap();
    arrivals.recv_timeout(PATIENCE).unwrap();
    writer.try_send(Bytes::from("x")).unwrap();
    drop(writer);
    let outcome = sending.await.unwrap();
    // Either it was read first and is an early answer, or the examination found it.
    assert!(
        matches!(outcome, Err(Error::HttpProtocolError)),
        "{outcome:?}"
    );
    let received = arrivals.recv_timeout(PATIENCE).unwrap();
    assert!(received.ends_with("\r\n\r\nb"), "{received}");
}
