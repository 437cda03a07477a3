//! The bounds on idle connections, and on connections as such.

use super::streaming::{listen, post};
use crate::http::client::Client;
use crate::http::connection::Connection;
use crate::http::pool::{Key, Pool};
use crate::http::slots::{Caller, Owner};
use crate::limits::Limits;
use crate::options::HostOptions;
use crate::report::{CallLog, HttpExchange};
use bytes::Bytes;
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

fn client(change: impl FnOnce(&mut Limits)) -> Arc<Client> {
    let mut options = HostOptions::default();
    change(&mut options.limits);
    Client::for_tests(&options)
}

/// A server that answers each request after a moment, and closes a connection that idled for `patience`.
async fn serve(patience: Duration) -> String {
    let (listener, authority) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut text = Vec::new();
                while let Ok(Ok(1..)) =
                    tokio::time::timeout(patience, stream.read_buf(&mut text)).await
                {
                    if text.ends_with(b"\r\n\r\nx") {
                        text.clear();
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        stream.write_all(OK).await.unwrap();
                    }
                }
            });
        }
    });
    authority
}

/// Sends for a tenant, and returns whether a kept connection was used.
async fn send(client: &Arc<Client>, authority: &str, tenant: &str) -> Result<bool, String> {
    send_as(client, authority, tenant, false).await
}

/// The same, for a tenant that may require connections of its own.
async fn send_as(
    client: &Arc<Client>,
    authority: &str,
    tenant: &str,
    is_never_kept: bool,
) -> Result<bool, String> {
    let (writer, request) = post(authority, 1);
    writer.send(Bytes::from("x")).await.unwrap();
    drop(writer);
    let log = CallLog::default();
    let owner = Owner {
        tenant: Some(Arc::from(tenant)),
        plugin: Arc::from("p"),
    };
    let caller = Caller {
        owner: Arc::new(owner),
        is_never_kept,
    };
    let entry = log.open(HttpExchange::default());
    let (limits, options) = (
        Arc::default(),
        wasmtime_wasi_http::RequestOptions::default(),
    );
    let sent = client
        .clone()
        .send_within(limits, caller, request, options, entry);
    let (response, _driving) = sent.await.map_err(|error| format!("{error:?}"))?;
    response.into_body().collect().await.unwrap();
    Ok(log.take()[0].reused_connection)
}

const LONG: Duration = Duration::from_secs(60);

/// Both runtimes exist, and each runs only while it is used: the other's sockets report nothing then.
#[test]
fn connection_is_used_again_by_its_own_runtime() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (sender, authority) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            sender.send(serve(LONG).await).unwrap();
            tokio::time::sleep(LONG).await;
        });
    });
    let authority = authority.recv().unwrap();
    let client = client(|_| ());
    let both = [runtime(), runtime()];
    for reused in [false, true] {
        for runtime in &both {
            let sent = runtime.block_on(send(&client, &authority, "a"));
            assert_eq!(sent, Ok(reused));
        }
    }
}

/// Keeps a connection when it is dropped, as the body of an answer does.
struct Keeping {
    pool: Arc<Pool>,
    kept: Option<(Arc<Key>, Box<Connection>)>,
}

impl Drop for Keeping {
    fn drop(&mut self) {
        let (key, connection) = self.kept.take().unwrap();
        self.pool.put(key, connection);
    }
}

/// The task that sweeps is dropped as it is spawned, and takes the pool's lock.
#[test]
fn connection_kept_by_closing_runtime_blocks_nobody() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().unwrap()
    };
    let (closed, is_closed) = std::sync::mpsc::channel();
    let client = client(|_| ());
    let of_thread = client.clone();
    std::thread::spawn(move || {
        let closing = runtime();
        closing.block_on(async {
            let authority = serve(LONG).await;
            send(&of_thread, &authority, "a").await.unwrap();
            let (pool, key) = (of_thread.pool().clone(), of_thread.pool().oldest().unwrap());
            let kept = pool.take(&key).map(|connection| (key, connection));
            let keeping = Keeping { pool, kept };
            tokio::spawn(async move {
                let _keeping = keeping;
                std::future::pending::<()>().await;
            });
        });
        drop(closing);
        closed.send(()).unwrap();
    });
    is_closed.recv_timeout(LONG / 4).expect("it deadlocked");
    assert_eq!(client.pool().count(), 1);
    runtime().block_on(async {
        let authority = serve(Duration::from_millis(100)).await;
        assert_eq!(send(&client, &authority, "a").await, Ok(false));
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    });
    assert_eq!(client.pool().count(), 0, "the new runtime sweeps");
}

/// It is the least recently used one of all owners.
#[tokio::test]
async fn least_recently_used_connection_makes_room() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.idle_connections = 2);
    for (tenant, reused) in [
        ("a", false),
        ("b", false),
        ("a", true),
        // b's goes.
        ("c", false),
        ("a", true),
        ("b", false),
    ] {
        assert_eq!(
            send(&client, &authority, tenant).await,
            Ok(reused),
            "{tenant}"
        );
        assert!(client.pool().count() <= 2);
    }
}

#[tokio::test]
async fn an_owner_keeps_as_many_as_its_bound() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.idle_connections_each = 1);
    let both = tokio::join!(
        send(&client, &authority, "a"),
        send(&client, &authority, "a")
    );
    assert_eq!(both, (Ok(false), Ok(false)));
    assert_eq!(client.pool().count(), 1);
    assert_eq!(send(&client, &authority, "b").await, Ok(false));
    assert_eq!(client.pool().count(), 2);
}

#[tokio::test]
async fn tenant_with_fresh_connections_keeps_none() {
    let authority = serve(LONG).await;
    let client = client(|_| ());
    assert_eq!(send(&client, &authority, "a").await, Ok(false));
    for _ in 0..2 {
        assert_eq!(send_as(&client, &authority, "a", true).await, Ok(false));
        assert_eq!(client.pool().count(), 1, "the other handle's");
    }
    assert_eq!(send(&client, &authority, "a").await, Ok(true));
}

#[tokio::test]
async fn zero_idle_limit_keeps_no_connection() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.idle_connections = 0);
    for _ in 0..2 {
        assert_eq!(send(&client, &authority, "a").await, Ok(false));
        assert_eq!(client.pool().count(), 0);
    }
}

#[tokio::test]
async fn idle_connection_closes_on_timeout_or_with_server() {
    for (idle, patience) in [
        (Duration::from_millis(100), LONG),
        (LONG, Duration::from_millis(100)),
    ] {
        let authority = serve(patience).await;
        let client = client(|limits| limits.idle_timeout = idle);
        assert_eq!(send(&client, &authority, "a").await, Ok(false));
        assert_eq!(client.pool().count(), 1);
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(client.pool().count(), 0, "idle {idle:?}");
    }
}

#[tokio::test]
async fn idle_but_not_busy_connection_makes_room() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.connections = Some(1));
    assert_eq!(send(&client, &authority, "a").await, Ok(false));
    assert_eq!(send(&client, &authority, "b").await, Ok(false));
    assert_eq!(client.pool().count(), 1);
    let (first, second) = tokio::join!(
        send(&client, &authority, "b"),
        send(&client, &authority, "c")
    );
    assert_eq!(first, Ok(true));
    assert_eq!(second, Err("ConnectionLimitReached".to_owned()));
}

/// It may be the one to close for a place, and no other request uses it meanwhile.
#[tokio::test]
async fn connection_under_examination_is_waited_for() {
    let authority = serve(LONG).await;
    let client = client(|limits| {
        (limits.connections, limits.connections_each) = (Some(2), Some(2));
    });
    assert_eq!(send(&client, &authority, "a").await, Ok(false));
    let examined = client.pool().examine_oldest();
    assert_eq!(send(&client, &authority, "a").await, Ok(false));
    assert_eq!(client.pool().count(), 2);
    let examined_too = client.pool().examine_oldest();
    let waits = send(&client, &authority, "b");
    let given_back = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        examined();
    };
    let (sent, ()) = tokio::join!(waits, given_back);
    assert_eq!(sent, Ok(false));
    examined_too();
    assert_eq!(client.pool().count(), 2);
    assert_eq!(send(&client, &authority, "a").await, Ok(true));
}

#[tokio::test]
async fn owner_at_limit_leaves_connections_of_others() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.connections_each = Some(1));
    assert_eq!(send(&client, &authority, "a").await, Ok(false));
    let (first, second) = tokio::join!(
        send(&client, &authority, "b"),
        send(&client, &authority, "b")
    );
    assert_eq!(first, Ok(false));
    assert_eq!(second, Err("ConnectionLimitReached".to_owned()));
    assert_eq!(send(&client, &authority, "a").await, Ok(true));
}

/// It is one party, whichever of its handles calls.
#[tokio::test]
async fn fresh_connections_count_with_kept_ones() {
    let authority = serve(LONG).await;
    let client = client(|limits| limits.connections_each = Some(1));
    let (first, second) = tokio::join!(
        send(&client, &authority, "a"),
        send_as(&client, &authority, "a", true)
    );
    assert_eq!(first, Ok(false));
    assert_eq!(second, Err("ConnectionLimitReached".to_owned()));
}
