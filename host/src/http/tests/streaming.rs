//! The base of connectors' proof of *not sent*: bytes leave as they are written, a body that is cut short
//! never becomes whole, and nothing is written twice.

use crate::http::client::Client;
use crate::options::HostOptions;
use crate::report::{CallLog, HttpExchange};
use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use wasmtime_wasi_http::{Error, WasiBody};

/// A body that is written from outside, as a guest writes its own.
struct Channel(mpsc::Receiver<Bytes>);

impl Body for Channel {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.0
            .poll_recv(cx)
            .map(|chunk| chunk.map(|bytes| Ok(Frame::data(bytes))))
    }
}

fn client() -> Arc<Client> {
    let options = HostOptions::default();
    Client::for_tests(&options)
}

pub(super) fn post(authority: &str, length: usize) -> (mpsc::Sender<Bytes>, Request<WasiBody>) {
    let (writer, reader) = mpsc::channel(2);
    let mut request = Request::post(format!("http://{authority}/"))
        .body(Channel(reader).boxed_unsync())
        .unwrap();
    request
        .headers_mut()
        .insert("content-length", HeaderValue::from(length));
    request
        .headers_mut()
        .insert("host", HeaderValue::from_str(authority).unwrap());
    (writer, request)
}

pub(super) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    (listener, authority)
}

/// Reads until the text ends in what is expected, or the connection ends.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n) => text.extend_from_slice(&buffer[..n]),
        }
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn each_body_part_is_on_wire_before_next() {
    let (listener, authority) = listen().await;
    let (writer, request) = post(&authority, 4);
    let log = CallLog::default();
    let sending = tokio::spawn(client().send(request, None, log.open(HttpExchange::default())));
    let (mut server, _) = listener.accept().await.unwrap();
    for part in ["a", "bc", "d"] {
        writer.send(Bytes::from(part)).await.unwrap();
        let seen =
            tokio::time::timeout(Duration::from_secs(1), read_until(&mut server, part)).await;
        assert!(seen.is_ok(), "{part} was held back");
    }
    server
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(sending.await.unwrap().unwrap().status(), 204);
    assert_eq!(log.take()[0].request_body_bytes, 4);
}

/// A body that ends short of its length ends the connection and is not a request.
#[tokio::test]
async fn body_short_of_its_length_ends_the_connection() {
    let (listener, authority) = listen().await;
    let (writer, request) = post(&authority, 4);
    let sending = tokio::spawn(client().send(
        request,
        None,
        CallLog::default().open(HttpExchange::default()),
    ));
    let (mut server, _) = listener.accept().await.unwrap();
    writer.send(Bytes::from("abc")).await.unwrap();
    let seen = read_until(&mut server, "abc").await;
    drop(writer);
    assert!(
        seen.contains("content-length: 4") && seen.ends_with("\r\n\r\nabc"),
        "{seen}"
    );
    assert_eq!(
        read_until(&mut server, "never").await,
        "",
        "the connection goes on"
    );
    assert!(matches!(
        sending.await.unwrap(),
        Err(Error::ConnectionTerminated)
    ));
}

#[tokio::test]
async fn dropped_call_ends_its_half_written_request() {
    let (listener, authority) = listen().await;
    let (writer, request) = post(&authority, 4);
    let sending = tokio::spawn(client().send(
        request,
        None,
        CallLog::default().open(HttpExchange::default()),
    ));
    let (mut server, _) = listener.accept().await.unwrap();
    writer.send(Bytes::from("abc")).await.unwrap();
    assert!(read_until(&mut server, "abc").await.ends_with("abc"));
    sending.abort();
    drop(writer);
    let rest = tokio::time::timeout(Duration::from_secs(1), read_until(&mut server, "never")).await;
    assert_eq!(rest.as_deref(), Ok(""), "the connection goes on");
}

#[tokio::test]
async fn request_is_not_retried_when_kept_connection_dies() {
    let (listener, authority) = listen().await;
    let server = tokio::spawn(async move {
        let mut requests = 0;
        let (mut stream, _) = listener.accept().await.unwrap();
        requests += usize::from(read_until(&mut stream, "x").await.ends_with('x'));
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
        // The second request arrives whole on the kept connection, and fails with it.
        requests += usize::from(read_until(&mut stream, "x").await.ends_with('x'));
        drop(stream);
        let again = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await;
        (requests, again.is_ok())
    });
    let client = client();
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let (writer, request) = post(&authority, 1);
        writer.send(Bytes::from("x")).await.unwrap();
        drop(writer);
        let entry = CallLog::default().open(HttpExchange::default());
        outcomes.push(
            client
                .clone()
                .send(request, None, entry)
                .await
                .map(|response| response.status().as_u16()),
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(matches!(outcomes[0], Ok(204)), "{outcomes:?}");
    assert!(
        matches!(outcomes[1], Err(Error::ConnectionTerminated)),
        "{outcomes:?}"
    );
    assert_eq!(
        server.await.unwrap(),
        (2, false),
        "requests seen, and whether a third connection came"
    );
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_cut_off() {
    let (listener, authority) = listen().await;
    let options = HostOptions {
        limits: crate::Limits {
            request_body_bytes: 10,
            ..Default::default()
        },
        ..Default::default()
    };
    let client = Client::for_tests(&options);
    let (writer, request) = post(&authority, 100);
    let sending = tokio::spawn(client.send(
        request,
        None,
        CallLog::default().open(HttpExchange::default()),
    ));
    let (mut server, _) = listener.accept().await.unwrap();
    writer.send(Bytes::from("0123456789")).await.unwrap();
    assert!(read_until(&mut server, "9").await.ends_with('9'));
    writer.send(Bytes::from("a")).await.unwrap();
    assert!(matches!(
        sending.await.unwrap(),
        Err(Error::HttpRequestBodySize(Some(10)))
    ));
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_cut_off() {
    let (listener, authority) = listen().await;
    let options = HostOptions {
        limits: crate::Limits {
            response_body_bytes: 10,
            ..Default::default()
        },
        ..Default::default()
    };
    let client = Client::for_tests(&options);
    for (size, fits) in [(10, true), (11, false)] {
        let (writer, request) = post(&authority, 1);
        writer.send(Bytes::from("x")).await.unwrap();
        drop(writer);
        let sending = tokio::spawn(client.clone().send(
            request,
            None,
            CallLog::default().open(HttpExchange::default()),
        ));
        let (mut server, _) = listener.accept().await.unwrap();
        read_until(&mut server, "x").await;
        let answer = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n{}",
            "y".repeat(size)
        );
        server.write_all(answer.as_bytes()).await.unwrap();
        let body = sending.await.unwrap().unwrap().into_body().collect().await;
        assert_eq!(body.is_ok(), fits, "{size} bytes");
    }
}

/// A guest that computes for longer than the limit on silence does not count as a silent server.
#[tokio::test]
async fn silence_begins_when_guest_reads() {
    const PATIENCE: Duration = Duration::from_millis(200);
    for answers in [true, false] {
        let (listener, authority) = listen().await;
        tokio::spawn(async move {
            let mut stream = listener.accept().await.unwrap().0;
            read_until(&mut stream, "x").await;
            let head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na";
            stream.write_all(head).await.unwrap();
            if answers {
                tokio::time::sleep(PATIENCE * 5 / 2).await;
                stream.write_all(b"b").await.unwrap();
            }
            tokio::time::sleep(PATIENCE * 20).await;
        });
        let (writer, request) = post(&authority, 1);
        writer.send(Bytes::from("x")).await.unwrap();
        drop(writer);
        let log = CallLog::default();
        let options = wasmtime_wasi_http::RequestOptions {
            connect_timeout: None,
            first_byte_timeout: None,
            between_bytes_timeout: Some(PATIENCE),
        };
        let entry = log.open(HttpExchange::default());
        let response = client().send(request, Some(options), entry).await.unwrap();
        let mut body = response.into_body();
        body.frame().await.unwrap().unwrap();
        // The guest computes.
        tokio::time::sleep(PATIENCE * 2).await;
        let frame = body.frame().await.unwrap();
        match frame {
            Ok(frame) => assert!(answers, "{frame:?}"),
            Err(error) => assert!(
                !answers && matches!(error, Error::ConnectionReadTimeout),
                "{error:?}"
            ),
        }
    }
}
