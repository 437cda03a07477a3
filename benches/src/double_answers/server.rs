//! Server that answers one request in twenty twice, and records what it accepted.

use crate::work::{Result, as_text};
use serde_json::json;
use socket2::SockRef;
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request in this number is answered twice.
const EACH: u64 = 20;
/// Recipients, few, so that the number does not distinguish answers.
const NUMBERS: [&str; 3] = ["+8613800138000", "+8613911112222", "+8613700001111"];

/// When the second answer comes.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// Before anything of the next request arrived
    Idle,
    /// After all of the next request arrived, before its own answer
    Late,
}

/// The server's record of a call.
#[derive(Clone, Copy, Default)]
pub struct Truth {
    /// Whole requests of it.
    pub requests: u32,
    /// True if it was accepted.
    pub accepted: bool,
    /// True if a second answer may have come after a part of its request had left.
    pub raced: bool,
}

/// The server's records.
#[derive(Default)]
pub struct Server {
    /// Each call's.
    pub calls: Mutex<HashMap<u64, Truth>>,
    /// How often a second answer was sent.
    pub second_answers: AtomicU64,
}

impl Server {
    fn note(&self, call: u64, change: impl FnOnce(&mut Truth)) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        change(calls.entry(call).or_default());
    }
}

/// A third of the calls is accepted, a third refused in an error envelope, and a third for its number.
fn body(call: u64) -> (bool, String) {
    let status = |code: &str| {
        let number = number(call);
        let serial = if code == "Ok" {
            format!("s{call}:1")
        } else {
            String::new()
        };
        let set = json!([{
            "SerialNo": serial, "PhoneNumber": number, "Fee": u8::from(code == "Ok"),
            "SessionContext": format!("c{call}"), "Code": code, "Message": "m", "IsoCode": "CN",
        }]);
        json!({"Response": {"SendStatusSet": set, "RequestId": format!("r{call}")}}).to_string()
    };
    match call % 3 {
        0 => (true, status("Ok")),
        1 => (false, status("LimitExceeded.PhoneNumberThirtySecondLimit")),
        _ => {
            let error =
                json!({"Code": "FailedOperation.InsufficientBalanceInSmsPackage", "Message": "m"});
            let envelope = json!({"Response": {"Error": error, "RequestId": format!("r{call}")}});
            (false, envelope.to_string())
        }
    }
}

/// The recipient of a call.
pub fn number(call: u64) -> &'static str {
    let index = usize::try_from(call).unwrap_or_default() % NUMBERS.len();
    NUMBERS.get(index).copied().unwrap_or_default()
}

fn answer(call: u64) -> Vec<u8> {
    let body = body(call).1;
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// One connection of the server.
struct Peer {
    stream: TcpStream,
    bytes: Vec<u8>,
}

impl Peer {
    /// The call that the next whole request is of.
    async fn request(&mut self) -> Option<u64> {
        loop {
            if let Some((call, end)) = whole(&self.bytes) {
                self.bytes.drain(..end);
                return Some(call);
            }
            if self.stream.read_buf(&mut self.bytes).await.ok()? == 0 {
                return None;
            }
        }
    }

    /// Returns true if bytes of a next request have arrived. It peeks at the socket, because the runtime's readiness is
    /// as old as its last turn.
    fn has_more(&self) -> bool {
        let waiting = SockRef::from(&self.stream).peek(&mut [MaybeUninit::uninit()]);
        !self.bytes.is_empty() || waiting.is_ok()
    }
}

/// The call and the end of the request that the bytes begin with, if all of it is there.
fn whole(bytes: &[u8]) -> Option<(u64, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(bytes.get(..end)?).to_ascii_lowercase();
    let length = head
        .split("\r\n")
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let end = end + length.parse::<usize>().ok()?;
    let text = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
    let context = text.split("\"SessionContext\":\"c").nth(1)?;
    Some((context.split('"').next()?.parse().ok()?, end))
}

/// Parts of the second answer, sent with pauses between them; true if the connection is closed afterwards.
fn again(call: u64) -> (Vec<Vec<u8>>, bool) {
    let whole = answer(call);
    match call / EACH % 4 {
        0 => (vec![whole], false),
        1 => {
            let (first, second) = whole.split_at(whole.len() / 2);
            (vec![first.to_vec(), second.to_vec()], false)
        }
        2 => (vec![b"\r\n".to_vec(), whole], false),
        _ => (vec![whole], true),
    }
}

async fn treat(stream: TcpStream, when: When, server: Arc<Server>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut peer = Peer {
        stream,
        bytes: Vec::new(),
    };
    let mut owed = None;
    loop {
        let call = peer.request().await?;
        let accepted = body(call).0;
        server.note(call, |truth| {
            truth.requests += 1;
            truth.accepted = accepted;
        });
        // The late second answer to the call before.
        if let Some(before) = owed.take() {
            let (parts, _) = again(before);
            server.note(call, |truth| truth.raced = true);
            server.second_answers.fetch_add(1, Ordering::Relaxed);
            for part in parts {
                peer.stream.write_all(&part).await.ok()?;
            }
            tokio::time::sleep(Duration::from_micros(call % 7 * 100)).await;
        }
        peer.stream.write_all(&answer(call)).await.ok()?;
        if call % EACH != 7 {
            continue;
        }
        if when == When::Late {
            owed = Some(call);
            continue;
        }
        let (parts, closes) = again(call);
        let mut is_first = true;
        for part in parts {
            tokio::time::sleep(Duration::from_micros(call / EACH % 11 * 300)).await;
            if peer.has_more() {
                // The next request was quicker; what was to come again stays away.
                break;
            }
            peer.stream.write_all(&part).await.ok()?;
            if std::mem::take(&mut is_first) {
                server.second_answers.fetch_add(1, Ordering::Relaxed);
            }
            if peer.has_more() {
                // They met on the way: this one may have come after the next request's last byte.
                let next = peer.request().await?;
                server.note(next, |truth| {
                    truth.requests += 1;
                    truth.accepted = body(next).0;
                    truth.raced = true;
                });
                peer.stream.write_all(&answer(next)).await.ok()?;
            }
        }
        if closes && !peer.has_more() {
            return None;
        }
    }
}

/// Listens until the program ends.
pub fn serve(when: When) -> Result<(String, Arc<Server>)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(as_text)?;
    listener.set_nonblocking(true).map_err(as_text)?;
    let url = format!("http://{}", listener.local_addr().map_err(as_text)?);
    let server = Arc::new(Server::default());
    let shared = server.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(as_text)?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            let Ok(listener) = TcpListener::from_std(listener) else {
                return;
            };
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(treat(stream, when, shared.clone()));
            }
        });
    });
    Ok((url, server))
}
