//! Many sends of many tenants to a server that answers one request in twenty twice: `cargo xtask soak --double-answers`.
//!
//! The server records which calls it accepted, and each call has a correlation id and a serial number of its own, so
//! every verdict is compared with the record. The second answer comes whole, in halves, after stray bytes, or is
//! followed by a close. Meanwhile the runtime's threads compile plugins.
//!
//! | when the second answer comes | what is required |
//! |---|---|
//! | `idle`: before anything of the next request arrived | no wrong verdict |
//! | `late`: after all of the next request arrived, before its own answer | no false *accepted*; a false *not sent* is counted, as an error envelope echoes nothing |

use crate::component::{builder, wasm};
use crate::work::{CODE, Result, config, told};
use auth_connector_host::{Config, ConnectorHost, Message, Plugin, SendError};
use serde_json::{Value, json};
use socket2::SockRef;
use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TENANTS: usize = 50;
/// One request in this number is answered twice.
const EACH: u64 = 20;
/// Recipients, few, so that the number does not distinguish answers.
const NUMBERS: [&str; 3] = ["+8613800138000", "+8613911112222", "+8613700001111"];

/// When the second answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    Idle,
    Late,
}

/// The server's record of a call.
#[derive(Clone, Copy, Default)]
struct Truth {
    requests: u32,
    accepted: bool,
    /// True if a second answer may have come after a part of its request had left.
    raced: bool,
}

#[derive(Default)]
struct Server {
    calls: Mutex<HashMap<u64, Truth>>,
    second_answers: AtomicU64,
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

fn number(call: u64) -> &'static str {
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
fn serve(when: When) -> Result<(String, Arc<Server>)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(told)?;
    listener.set_nonblocking(true).map_err(told)?;
    let url = format!("http://{}", listener.local_addr().map_err(told)?);
    let server = Arc::new(Server::default());
    let shared = server.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
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

/// Outcome that a call received.
#[derive(Clone)]
enum Told {
    Accepted(String),
    NotSent,
    Unknown,
}

struct Shared {
    next: AtomicU64,
    calls: u64,
    told: Mutex<Vec<(u64, Told)>>,
    done: AtomicBool,
}

impl Shared {
    fn note(&self, call: u64, told: Told) {
        let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((call, told));
    }
}

async fn send_all(shared: Arc<Shared>, plugin: Plugin, config: Config) {
    loop {
        let call = shared.next.fetch_add(1, Ordering::Relaxed);
        if call >= shared.calls {
            return;
        }
        let message = Message {
            correlation_id: Some(format!("c{call}")),
            ..Message::to(number(call)).usage("Register").code(CODE)
        };
        let told = match plugin.send_message(&config, &message).await {
            Ok(receipt) => Told::Accepted(receipt.message_id),
            Err(SendError::NotSent(_)) => Told::NotSent,
            Err(SendError::Unknown(_)) => Told::Unknown,
        };
        shared.note(call, told);
        if call.is_multiple_of(3) {
            tokio::time::sleep(Duration::from_micros(call % 13 * 250)).await;
        }
    }
}

/// Compiles a plugin now and then, on a thread of the runtime.
async fn load(shared: Arc<Shared>, host: ConnectorHost, bytes: Vec<u8>) -> Result<u64> {
    let mut loads = 0;
    while !shared.done.load(Ordering::Relaxed) {
        drop(host.load(bytes.clone()).map_err(told)?);
        loads += 1;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    Ok(loads)
}

/// Sends `calls` messages on a runtime with `workers` threads.
fn measure(calls: u64, workers: usize, when: When) -> Result<Value> {
    let (url, server) = serve(when)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(told)?;
    let shared = Arc::new(Shared {
        next: AtomicU64::new(0),
        calls,
        told: Mutex::default(),
        done: AtomicBool::new(false),
    });
    let begun = Instant::now();
    let loads = runtime.block_on(async {
        let host = builder()
            .allow(&url)
            .map_err(told)?
            .with(|options| {
                options.system_roots = false;
                options.limits.concurrent_calls = 64;
            })
            .build()
            .map_err(told)?;
        let bytes = std::fs::read(wasm()?).map_err(told)?;
        let plugin = host.load(bytes.clone()).map_err(told)?;
        let loading = tokio::spawn(load(shared.clone(), host, bytes));
        let mut tenants = Vec::new();
        for tenant in 0..TENANTS {
            let config = Config::new(config(&url, tenant));
            let plugin = plugin.for_tenant(format!("tenant-{tenant}"));
            tenants.push(tokio::spawn(send_all(shared.clone(), plugin, config)));
        }
        for tenant in tenants {
            tenant.await.map_err(told)?;
        }
        shared.done.store(true, Ordering::Relaxed);
        loading.await.map_err(told)?
    })?;
    let took = begun.elapsed();
    // Time for answers on the way to arrive.
    std::thread::sleep(Duration::from_millis(200));
    let told = shared.told.lock().unwrap_or_else(PoisonError::into_inner);
    let mut figures = judge(&told, &server);
    if let Some(figures) = figures.as_object_mut() {
        figures.insert("workers".to_owned(), workers.into());
        figures.insert("seconds".to_owned(), took.as_secs_f64().into());
        figures.insert("plugins_compiled".to_owned(), loads.into());
    }
    Ok(figures)
}

/// Compares the outcomes of calls with the server's record.
fn judge(told: &[(u64, Told)], server: &Server) -> Value {
    let truths = server.calls.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut accepted, mut not_sent, mut unknown) = (0_u64, 0_u64, 0_u64);
    let (mut sent_twice, mut false_accepted, mut false_not_sent) = (0_u64, 0_u64, 0_u64);
    // Among the wrong ones, those whose second answer may have come after their last byte.
    let mut wrong_and_raced = 0_u64;
    for (call, told) in told {
        let truth = truths.get(call).copied().unwrap_or_default();
        let truly_accepted = truth.requests > 0 && truth.accepted;
        let is_wrong = match told {
            Told::Accepted(serial) => {
                accepted += 1;
                let wrong = !truly_accepted || *serial != format!("s{call}:1");
                false_accepted += u64::from(wrong);
                wrong
            }
            Told::NotSent => {
                not_sent += 1;
                false_not_sent += u64::from(truly_accepted);
                truly_accepted
            }
            Told::Unknown => {
                unknown += 1;
                false
            }
        };
        wrong_and_raced += u64::from(is_wrong && truth.raced);
        sent_twice += u64::from(truth.requests > 1);
    }
    json!({
        "calls": told.len(), "accepted": accepted, "not_sent": not_sent, "unknown": unknown,
        "second_answers": server.second_answers.load(Ordering::Relaxed),
        "raced": truths.values().filter(|truth| truth.raced).count(),
        "sent_twice": sent_twice, "false_accepted": false_accepted, "false_not_sent": false_not_sent,
        "wrong_and_raced": wrong_and_raced,
    })
}

/// The command: half of the calls on one worker, half on two.
pub fn run(calls: u64, when: When) -> Result {
    let mut wrong = Vec::new();
    for workers in [1, 2] {
        let figures = measure(calls / 2, workers, when)?;
        println!("{figures:#}");
        let of = |key: &str| figures.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX);
        if of("calls") != calls / 2 || of("sent_twice") > 0 {
            wrong.push(format!(
                "{workers} workers: a call is missing, or was sent twice"
            ));
        }
        if of("second_answers") == 0 {
            wrong.push(format!("{workers} workers: nothing was answered twice"));
        }
        let verdicts = of("false_accepted").saturating_add(of("false_not_sent"));
        let required = match when {
            When::Idle => verdicts.saturating_sub(of("wrong_and_raced")),
            When::Late => of("false_accepted"),
        };
        if required > 0 {
            wrong.push(format!("{workers} workers: {required} wrong verdicts"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n"))
}
