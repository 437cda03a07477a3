//! Races between servers and the component: the connection ends, or the refusal arrives, while the request is under
//! way.
//!
//! The order differs from run to run, so each race is run many times. In all of them the result is *not sent* only if
//! no complete request reached the server, and never two requests. The component reads briefly before the last byte, so
//! that many sends end as *not sent* and not as *unknown*.

use crate::support::trial::{OK, answer};
use crate::support::{
    MAINLAND, Peer, Server, State, code_to, config, host, load, state, to_config,
};
use auth_connector_host::{Message, Plugin};
use std::task::Poll;
use std::time::{Duration, Instant};

/// Runs of each race.
const ROUNDS: usize = 50;
/// Minimum of runs in which the component detects the end before its last byte. On an idle machine it does so in at
/// least 45 of 50 rounds, on one with three times as much work as cores in 20 to 45.
const OFTEN: usize = ROUNDS / 5;
/// Time limit of one call: no server here makes it wait.
const LIMIT: Duration = Duration::from_secs(2);

/// Outcomes of the calls of a race.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    not_sent: usize,
    unknown: usize,
    /// Unknown although no complete request arrived: allowed, but not needed.
    needless: usize,
}

impl Tally {
    /// Adds the outcome of a call, with the number of complete requests that it caused.
    fn add(&mut self, state: &State, complete: usize) {
        assert!(complete <= 1, "{complete} requests for one call: {state:?}");
        match state {
            State::Accepted(_) => self.accepted += 1,
            State::NotSent(_) => {
                assert_eq!(complete, 0, "not sent, and yet there: {state:?}");
                self.not_sent += 1;
            }
            State::Unknown(_) => {
                self.unknown += 1;
                self.needless += 1 - complete;
            }
        }
        if matches!(state, State::Accepted(_)) {
            assert_eq!(complete, 1);
        }
    }
}

/// Complete requests with this correlation id.
fn complete(server: &Server, id: &str) -> usize {
    let mark = format!("\"SessionContext\":\"{id}\"");
    let requests = server.requests();
    let ours = requests
        .iter()
        .filter(|request| String::from_utf8_lossy(&request.body).contains(&mark));
    ours.count()
}

async fn send(plugin: &Plugin, server: &Server, id: &str) -> State {
    let message = Message {
        correlation_id: Some(id.to_owned()),
        ..code_to(MAINLAND)
    };
    let begun = Instant::now();
    let outcome = plugin
        .send_message(&to_config(&config(Some(&server.url()))), &message)
        .await;
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    state(outcome)
}

/// Sends `calls` messages in a row, `ROUNDS` times, and counts the outcomes.
async fn race<F, Fut>(name: &str, calls: usize, treat: F) -> Tally
where
    F: Fn(Peer) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let server = Server::start(treat);
    let mut states = Vec::new();
    for round in 0..ROUNDS {
        let plugin = load(host().allow(&server.url()).unwrap());
        for call in 0..calls {
            let id = format!("{round}-{call}");
            states.push((send(&plugin, &server, &id).await, id));
        }
    }
    assert!(
        server.quiet(Duration::from_secs(5)).await,
        "a connection stays"
    );
    let mut tally = Tally::default();
    for (state, id) in &states {
        tally.add(state, complete(&server, id));
    }
    println!("{name}: {tally:?}");
    tally
}

fn refusal(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}

/// Otherwise it is unknown.
#[tokio::test]
async fn reset_on_accept_is_often_not_sent() {
    let tally = race("reset on accept", 1, |peer| async { peer.reset() }).await;
    assert_eq!(tally.accepted, 0);
    assert!(tally.not_sent > OFTEN, "{tally:?}");
}

/// Otherwise it is unknown.
#[tokio::test]
async fn close_on_accept_is_often_not_sent() {
    let tally = race("close on accept", 1, |peer| async { drop(peer) }).await;
    assert_eq!(tally.accepted, 0);
    assert!(tally.not_sent > OFTEN, "{tally:?}");
}

/// Otherwise it is unknown.
#[tokio::test]
async fn reset_after_headers_is_often_not_sent() {
    let tally = race("reset after the headers", 1, |mut peer| async {
        peer.head().await;
        peer.reset();
    })
    .await;
    assert_eq!(tally.accepted, 0);
    assert!(tally.not_sent > OFTEN, "{tally:?}");
}

/// Otherwise it is unknown.
#[tokio::test]
async fn end_within_body_is_often_not_sent() {
    for reset in [true, false] {
        let tally = race(
            "end in the middle of the body",
            1,
            move |mut peer| async move {
                peer.half().await;
                if reset {
                    peer.reset();
                }
            },
        )
        .await;
        assert_eq!(tally.accepted, 0);
        assert!(tally.not_sent > OFTEN, "{tally:?}");
    }
}

/// Otherwise it is unknown.
#[tokio::test]
async fn refusal_before_body_is_often_not_sent() {
    for status in [
        "403 Forbidden",
        "413 Content Too Large",
        "500 Internal Server Error",
        "302 Found",
    ] {
        let bytes = refusal(status);
        let tally = race(status, 1, move |mut peer| {
            let bytes = bytes.clone();
            async move {
                peer.head().await;
                peer.write(&bytes).await;
                peer.rest().await;
            }
        })
        .await;
        assert_eq!(tally.accepted, 0);
        assert!(tally.not_sent > OFTEN, "{tally:?}");
    }
}

/// Half a request never counts as accepted.
#[tokio::test]
async fn success_before_body_is_not_accepted() {
    let tally = race("200 before the body", 1, |mut peer| async move {
        peer.head().await;
        peer.write(&answer("200 OK", OK)).await;
        peer.rest().await;
    })
    .await;
    assert_eq!(tally.not_sent, 0, "a server that says yes refuses nothing");
    assert!(tally.unknown > OFTEN, "{tally:?}");
}

/// An acceptance with the correlation id of the request.
fn echo_of(request: &[u8]) -> String {
    let request: serde_json::Value = serde_json::from_slice(request).unwrap();
    OK.replace(
        r#""SessionContext":"""#,
        &format!(r#""SessionContext":{}"#, request["SessionContext"]),
    )
}

/// Answers the first request of a connection, and resets it at the given point of the second.
async fn second_meets(mut peer: Peer, end: End) {
    let Some(request) = peer.request().await else {
        return;
    };
    peer.write(&answer("200 OK", &echo_of(&request.body))).await;
    match end {
        End::AtOnce => {}
        End::After(pause) => tokio::time::sleep(pause).await,
        End::HeadOfTheSecond => peer.head().await,
        End::HalfOfTheSecond => peer.half().await,
        End::WholeSecond => drop(peer.request().await),
    }
    peer.reset();
}

#[derive(Clone, Copy, Debug)]
enum End {
    AtOnce,
    After(Duration),
    HeadOfTheSecond,
    HalfOfTheSecond,
    WholeSecond,
}

/// The connection ends between two sends or during the second.
#[tokio::test]
async fn kept_connection_that_dies_sends_nothing_twice() {
    for end in [
        End::AtOnce,
        End::After(Duration::from_micros(300)),
        End::After(Duration::from_millis(1)),
        End::After(Duration::from_millis(2)),
        End::HeadOfTheSecond,
        End::HalfOfTheSecond,
    ] {
        let tally = race(&format!("{end:?}"), 2, move |peer| second_meets(peer, end)).await;
        assert!(
            tally.accepted >= ROUNDS,
            "the first of each pair: {tally:?}"
        );
    }
}

/// The connection ends when it is used again.
#[tokio::test]
async fn dying_idle_connection_is_often_not_sent() {
    const PAIRS: usize = 10;
    let server = Server::start(|peer| second_meets(peer, End::HeadOfTheSecond));
    let there = &server;
    let pairs = (0..PAIRS).map(|pair| async move {
        let plugin = load(host().allow(&there.url()).unwrap());
        let first = format!("{pair}-first");
        let second = format!("{pair}-second");
        assert!(matches!(
            send(&plugin, there, &first).await,
            State::Accepted(_)
        ));
        // Longer than the time for which a connection counts as in use.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        (send(&plugin, there, &second).await, second)
    });
    let states = together(pairs).await;
    assert!(server.quiet(Duration::from_secs(5)).await);
    let mut tally = Tally::default();
    for (state, id) in &states {
        tally.add(state, complete(&server, id));
    }
    println!("after an idle second: {tally:?}");
    assert!(tally.not_sent > PAIRS / 5, "{tally:?}");
}

/// Runs all futures concurrently on this task.
async fn together<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.map(Box::pin).collect();
    let mut ended = Vec::new();
    std::future::poll_fn(|cx| {
        running.retain_mut(|future| match future.as_mut().poll(cx) {
            Poll::Ready(value) => {
                ended.push(value);
                false
            }
            Poll::Pending => true,
        });
        if running.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    ended
}

#[tokio::test]
async fn kept_connection_lost_after_second_send_is_unknown() {
    let tally = race("whole second", 2, |peer| {
        second_meets(peer, End::WholeSecond)
    })
    .await;
    assert_eq!(
        (tally.accepted, tally.unknown, tally.needless),
        (ROUNDS, ROUNDS, 0),
        "{tally:?}"
    );
}
