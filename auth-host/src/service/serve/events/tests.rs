use super::*;
use crate::service::admin::{events, tenants};
use crate::service::test_app::TestApp;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A tenant's own server, with its counters.
#[derive(Default)]
struct Server {
    connections: AtomicUsize,
    requests: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// How the server responds.
#[derive(Clone, Copy)]
struct Manner {
    status: u16,
    time: Duration,
    /// The number of responses after which it ends a connection, without notice.
    answers: usize,
}

const QUICK: Manner = Manner {
    status: 204,
    time: Duration::from_millis(20),
    answers: usize::MAX,
};

impl Server {
    async fn start(manner: Manner) -> (String, Arc<Self>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let server = Arc::new(Self::default());
        let own = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                own.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(own.clone().serve(stream, manner));
            }
        });
        (url, server)
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream, manner: Manner) {
        for _ in 0..manner.answers {
            let mut text = Vec::new();
            let mut buffer = [0; 4096];
            while !text.ends_with(b"}") {
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => text.extend_from_slice(&buffer[..count]),
                }
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
            let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_at_once.fetch_max(now, Ordering::Relaxed);
            tokio::time::sleep(manner.time).await;
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            let answer = format!("HTTP/1.1 {} x\r\nContent-Length: 0\r\n\r\n", manner.status);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

/// A host with this many events that wait for a server.
async fn waiting_for(url: &str, count: usize) -> TestApp {
    let host = TestApp::new().await;
    let actor = TestApp::actor();
    let put = tenants::put(&host.app, &actor, "t", &json!({})).await;
    put.unwrap();
    let put = events::put(&host.app, &actor, "t", url).await;
    put.unwrap();
    let added = host.app.store.write(move |db| {
        for _ in 0..count {
            rows::add(db, &ids::new("e"), "t", "{}", ids::now_ms())?;
        }
        Ok::<_, crate::service::store::StoreError>(())
    });
    added.await.unwrap();
    host
}

fn waiting(host: &TestApp) -> i64 {
    host.app.store.read(|db| rows::waiting(db, "t")).unwrap()
}

/// A slow server keeps up with the events: several are posted at once, on connections that are kept.
#[tokio::test]
async fn events_are_posted_several_at_once_over_kept_connections() {
    let (url, server) = Server::start(QUICK).await;
    let host = waiting_for(&url, 120).await;
    deliver_to(host.app.clone(), "t".to_owned()).await;
    assert_eq!(waiting(&host), 0, "the round goes on while there is work");
    assert_eq!(server.requests.load(Ordering::Relaxed), 120);
    assert_eq!(server.most_at_once.load(Ordering::Relaxed), AT_ONCE);
    assert!(server.connections.load(Ordering::Relaxed) <= AT_ONCE);
}

/// Servers may end connections at any time, and that is not a failure of an event.
#[tokio::test]
async fn connection_that_server_ended_costs_no_attempt() {
    let manner = Manner {
        answers: 3,
        time: Duration::ZERO,
        ..QUICK
    };
    let (url, server) = Server::start(manner).await;
    let host = waiting_for(&url, 40).await;
    deliver_to(host.app.clone(), "t".to_owned()).await;
    assert_eq!(waiting(&host), 0);
    assert!(server.requests.load(Ordering::Relaxed) >= 40);
}

/// A server that fails does not receive a request for every event that waits.
#[tokio::test]
async fn round_ends_after_event_that_was_not_taken() {
    let manner = Manner {
        status: 500,
        ..QUICK
    };
    let (url, server) = Server::start(manner).await;
    let host = waiting_for(&url, 20).await;
    deliver_to(host.app.clone(), "t".to_owned()).await;
    assert_eq!(server.requests.load(Ordering::Relaxed), 1);
    assert_eq!(waiting(&host), 20);
    let due = |db: &rusqlite::Connection| rows::due(db, "t", ids::now_ms(), 100);
    assert_eq!(host.app.store.read(due).unwrap().len(), 19);
}

/// The pauses of docs/events.md.
#[test]
fn pauses_grow_until_an_event_is_three_days_old() {
    let (s, hour) = (1000, 3_600_000);
    let mut event = Event {
        id: "e".to_owned(),
        body: String::new(),
        attempts: 0,
        created_at: 0,
    };
    let pauses = [5 * s, 30 * s, 120 * s, 600 * s, hour, 6 * hour, 12 * hour];
    let mut now = 0;
    for (attempts, pause) in (0..).zip(pauses.into_iter().chain([12 * hour; 3])) {
        event.attempts = attempts;
        assert_eq!(next_at(&event, now), Some(now + pause), "{attempts}");
        now += pause;
    }
    for (now, next) in [
        (60 * hour - 1, Some(72 * hour - 1)),
        (60 * hour, None),
        (100 * hour, None),
    ] {
        assert_eq!(next_at(&event, now), next, "{now}");
    }
}
