//! Requests whose kept connection closes as it is taken from the pool.

use super::streaming::{listen, post};
use crate::http::client::Client;
use crate::options::HostOptions;
use crate::report::{CallLog, HttpExchange};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Pairs of requests, the second of which uses a connection that is being closed.
const PAIRS: usize = 400;

/// For each request, by its number: on how many connections any of it arrived, and on how many all of it.
type Arrived = Arc<Mutex<HashMap<usize, (usize, usize)>>>;

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    answered: usize,
    failed: usize,
    /// Requests of which some bytes arrived on more than one connection.
    begun_twice: usize,
    /// Requests that arrived whole more than once.
    complete_twice: usize,
    /// Requests that were reported as failed to the client, and that arrived whole all the same.
    failed_and_complete: usize,
}

/// Answers the first request of a connection, then closes it: at once, a moment later, or when a part or the whole of
/// the second has arrived.
async fn treat(mut stream: TcpStream, number: usize, arrived: Arrived) {
    let mut text = String::new();
    let mut answered = false;
    loop {
        let mut buffer = [0; 4096];
        let length = match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        let first = text.is_empty();
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        note(&text, first, &arrived);
        if answered && number % 8 >= 4 {
            return;
        }
        if text.ends_with("\r\n\r\nx") {
            if answered {
                return;
            }
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(answer).await.unwrap();
            answered = true;
            text.clear();
            match number % 4 {
                0 => return,
                1 => tokio::task::yield_now().await,
                2 => tokio::time::sleep(Duration::from_micros(200)).await,
                // The second request decides.
                _ => continue,
            }
            return;
        }
    }
}

/// Writes down what has arrived of a request: its first bytes once, and that it is whole once.
fn note(text: &str, first: bool, arrived: &Arrived) {
    let Some(number) = text
        .split(' ')
        .nth(1)
        .and_then(|path| path.strip_prefix('/'))
    else {
        return;
    };
    let mut arrived = arrived.lock().unwrap();
    let (begun, complete) = arrived.entry(number.parse().unwrap()).or_default();
    *begun += usize::from(first);
    *complete += usize::from(text.ends_with("\r\n\r\nx"));
}

async fn serve(listener: TcpListener, arrived: Arrived) {
    let mut number = 0;
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(treat(stream, number, arrived.clone()));
        number += 1;
    }
}

async fn tally() -> Tally {
    let (listener, authority) = listen().await;
    let arrived = Arrived::default();
    let server = tokio::spawn(serve(listener, arrived.clone()));
    let client = Client::for_tests(&HostOptions::default());
    let mut tally = Tally::default();
    let mut failed = Vec::new();
    for number in 0..2 * PAIRS {
        let (writer, mut request) = post(&authority, 1);
        *request.uri_mut() = format!("http://{authority}/{number}").parse().unwrap();
        writer.send(Bytes::from("x")).await.unwrap();
        drop(writer);
        let entry = CallLog::default().open(HttpExchange::default());
        if client.clone().send(request, None, entry).await.is_ok() {
            tally.answered += 1;
        } else {
            tally.failed += 1;
            failed.push(number);
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.abort();
    let arrived = arrived.lock().unwrap();
    for (number, (begun, complete)) in arrived.iter() {
        tally.begun_twice += usize::from(*begun > 1);
        tally.complete_twice += usize::from(*complete > 1);
        tally.failed_and_complete += usize::from(*complete > 0 && failed.contains(number));
    }
    println!("{tally:?}");
    tally
}

#[tokio::test]
async fn request_on_dying_connection_is_never_written_twice() {
    let tally = tally().await;
    assert_eq!(
        (tally.begun_twice, tally.complete_twice),
        (0, 0),
        "{tally:?}"
    );
    assert_eq!(tally.answered + tally.failed, 2 * PAIRS);
    assert!(tally.failed > 0, "no connection died in time: {tally:?}");
}
