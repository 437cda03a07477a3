//! Servers that answer one request twice: the second response is never reported to the sender of the next message.
//!
//! It arrives while the connection is idle and the runtime's thread is busy, so only the socket shows it. The
//! examination itself is tested in `host/src/http/tests/examination.rs`, down to half a record of TLS.

use crate::sandbox::granting;
use crate::support::trial::{OK, answer};
use crate::support::{
    MAINLAND, Peer, Server, State, component, config, front, host, hostile, state, to_config,
};
use auth_connector_host::{Message, Plugin};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const REFUSED: &str = r#"{"Response":{"Error":{"Code":"LimitExceeded.PhoneNumberThirtySecondLimit","Message":"x"},"RequestId":"r"}}"#;

/// Codes by which the server distinguishes the messages of a pair.
const FIRST: &str = "111111";
const SECOND: &str = "222222";

/// Pairs of messages over one connection.
const ROUNDS: usize = 5;

/// The form of the second response.
#[derive(Clone, Copy, Debug)]
enum Again {
    Whole,
    Half,
    BytesBetween,
    ThenClosed,
}

const ALL: [Again; 4] = [
    Again::Whole,
    Again::Half,
    Again::BytesBetween,
    Again::ThenClosed,
];

/// Answers the first message of a pair twice with one body, and the second with another.
async fn twice(
    mut peer: Peer,
    first: &'static str,
    second: &'static str,
    again: Again,
    written: Arc<AtomicUsize>,
) {
    while let Some(request) = peer.request().await {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        if !body.contains(FIRST) {
            peer.write(&answer("200 OK", second)).await;
            continue;
        }
        let first = answer("200 OK", first);
        peer.write(&first).await;
        tokio::time::sleep(Duration::from_millis(3)).await;
        match again {
            Again::Whole => peer.write(&first).await,
            Again::Half => peer.write(&first[..first.len() / 2]).await,
            Again::BytesBetween => peer.write(&[b"\r\n", &first[..]].concat()).await,
            Again::ThenClosed => {
                peer.write(&first).await;
                drop(peer);
                written.fetch_add(1, Ordering::SeqCst);
                return;
            }
        };
        written.fetch_add(1, Ordering::SeqCst);
    }
}

/// A server, and the number of second responses that it has written.
struct Twice {
    server: Server,
    written: Arc<AtomicUsize>,
}

fn server(first: &'static str, second: &'static str, again: Again) -> Twice {
    let written = Arc::new(AtomicUsize::new(0));
    let shared = written.clone();
    let server = Server::start(move |peer| twice(peer, first, second, again, shared.clone()));
    Twice { server, written }
}

impl Twice {
    /// Blocks the thread until the second response of this round was written, and has passed a front.
    fn block(&self, round: usize) {
        let begun = Instant::now();
        while self.written.load(Ordering::SeqCst) <= round {
            assert!(begun.elapsed() < Duration::from_secs(5), "no second answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// TLS in front of a server, on a separate thread.
fn front_apart(server: SocketAddr) -> (SocketAddr, String) {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            sender.send(front("127.0.0.1", server).await).unwrap();
            tokio::time::sleep(Duration::from_secs(30)).await;
        });
    });
    receiver.recv().unwrap()
}

/// States reported for the second message of each pair, with `busy` between the two.
async fn pairs(twice: &Twice, secure: bool, mut busy: impl FnMut()) -> Vec<State> {
    let server = &twice.server;
    let mut url = server.url();
    let mut builder = host();
    if secure {
        let (address, authority) = front_apart(server.address());
        url = format!("https://{address}");
        builder = builder.trust_pem(authority.as_bytes());
    }
    let host = builder.build().unwrap();
    let plugin = host
        .load_with(component(), granting(&[&url]), None)
        .unwrap()
        .for_tenant("a");
    let mut states = Vec::new();
    for round in 0..ROUNDS {
        let _ = send(&plugin, &url, FIRST).await;
        busy();
        twice.block(round);
        states.push(send(&plugin, &url, SECOND).await);
    }
    let sent = server.requests().len();
    assert_eq!(sent, 2 * ROUNDS, "one request for each message");
    states
}

async fn send(plugin: &Plugin, url: &str, code: &str) -> State {
    let message = Message::to(MAINLAND).usage("Register").code(code);
    let config = to_config(&config(Some(url)));
    state(plugin.send_message(&config, &message).await)
}

/// Compiles a plugin in this thread, as a host without a cache does for each load.
fn compile() {
    let host = host().with(|options| options.cache_dir = None).build();
    let begun = Instant::now();
    drop(host.unwrap().load(hostile()).unwrap());
    assert!(begun.elapsed() > Duration::from_millis(10), "too quick");
}

#[tokio::test]
async fn stale_acceptance_is_not_told_to_refused_message() {
    for (again, secure) in ALL
        .iter()
        .flat_map(|again| [(*again, false), (*again, true)])
    {
        let server = server(OK, REFUSED, again);
        for second in pairs(&server, secure, || ()).await {
            let State::NotSent(failure) = &second else {
                panic!("{again:?}, TLS {secure}: {second:?}");
            };
            assert!(
                failure.provider_code.is_some(),
                "its own refusal: {failure:?}"
            );
        }
    }
}

#[tokio::test]
async fn stale_refusal_is_not_told_to_accepted_message() {
    for (again, secure) in ALL
        .iter()
        .flat_map(|again| [(*again, false), (*again, true)])
    {
        let server = server(REFUSED, OK, again);
        for second in pairs(&server, secure, || ()).await {
            assert!(
                matches!(second, State::Accepted(_)),
                "{again:?}, TLS {secure}: {second:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn stale_acceptance_is_not_told_while_plugin_compiles() {
    compiled_between().await;
}

/// One of two threads compiles a plugin meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_acceptance_is_not_told_beside_compilation() {
    compiled_between().await;
}

async fn compiled_between() {
    let server = server(OK, REFUSED, Again::Whole);
    // On a thread of the runtime, as embedders may.
    let pairs = tokio::spawn(async move { pairs(&server, false, compile).await });
    for second in pairs.await.unwrap() {
        assert!(matches!(second, State::NotSent(_)), "{second:?}");
    }
}
