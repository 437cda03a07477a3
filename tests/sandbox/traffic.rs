//! Limits on the amount, the rate and the duration of a plugin's network use.

use super::arena::{Arena, TIMEOUT_MS, granting, orders};
use crate::support::{MAINLAND, Peer, code_to, host, hostile};
use auth_connector_host::{HostFault, Limits, Message};
use std::time::{Duration, Instant};

/// The three thousandth is denied as well.
#[tokio::test]
async fn requests_from_seventeenth_on_are_denied() {
    let arena = Arena::new();
    let ended = arena.run("many-requests").await;
    // It ends by itself, or by its computing limit while it is denied.
    let sixteen = Limits::default().requests as usize;
    assert_eq!(arena.server.requests().len(), sixteen);
    let errors = ended.errors();
    assert_eq!(errors.len(), 32, "the report is bounded");
    assert_eq!(errors[..sixteen], ["none"; 16]);
    assert_eq!(errors[sixteen..], ["HTTP request denied"; 16]);
}

#[tokio::test]
async fn concurrent_requests_stop_at_connection_limit() {
    let arena = Arena::new();
    let ended = arena.run("requests-at-once").await;
    assert_eq!(ended.found(), "4");
    assert_eq!(arena.server.connections(), 4);
    let errors = ended.errors();
    let limited = |error: &&&str| **error == "connection limit reached";
    assert_eq!(errors.iter().filter(limited).count(), 12, "{errors:?}");
}

#[tokio::test]
async fn record_of_refused_requests_is_bounded() {
    let arena = Arena::new();
    let ended = arena.run("refused-requests").await;
    let noted: usize = ended.report.http.iter().map(|noted| noted.path.len()).sum();
    assert!(!ended.report.http.is_empty() && noted < 10_000, "{noted}");
}

#[tokio::test]
async fn upload_byte_by_byte_times_out_as_unknown() {
    let arena = Arena::new();
    let (state, fault) = arena.run("slow-drip").await.stopped_owned();
    assert!(matches!(fault, HostFault::TimedOut { .. }), "{fault:?}");
    // Some of it was sent, so the outcome is unknown; the server never had a whole request.
    assert_eq!(state, "unknown");
    assert!(arena.server.requests().is_empty());
}

#[tokio::test]
async fn endless_upload_is_cut_at_limit() {
    let arena = Arena::with(
        hostile(),
        |limits| limits.compute *= 10,
        |mut peer: Peer| async move {
            peer.rest().await;
        },
    );
    let ended = arena.run("endless-upload").await;
    let cap = Limits::default().request_body_bytes;
    assert_eq!(
        ended.found(),
        format!("ErrorCode::HttpRequestBodySize(Some({cap}))")
    );
    let left = ended.report.http[0].request_body_bytes;
    assert!(left <= cap, "{left}");
    let received = arena.server.received().concat();
    assert!(!received.ends_with("0\r\n\r\n"), "it never became whole");
}

#[tokio::test]
async fn body_announced_beyond_limit_is_refused_unsent() {
    let arena = Arena::new();
    let ended = arena.run("giant-length").await;
    let cap = Limits::default().request_body_bytes;
    assert_eq!(
        ended.found(),
        format!("ErrorCode::HttpRequestBodySize(Some({cap}))")
    );
    assert_eq!(arena.server.connections(), 0);
}

async fn endless_answer(mut peer: Peer) {
    if peer.request().await.is_some() {
        peer.write(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while peer.write(&[b'x'; 64 << 10]).await {}
    }
}

#[tokio::test]
async fn endless_answer_is_cut_at_limit() {
    let arena = Arena::with(hostile(), |limits| limits.compute *= 10, endless_answer);
    let ended = arena.run("giant-answer").await;
    let found = ended.found();
    let cut: u64 = found.strip_prefix("cut at ").expect(found).parse().unwrap();
    assert!(cut <= Limits::default().response_body_bytes, "{cut}");
}

#[tokio::test]
async fn unread_answer_waits_in_network_not_in_memory() {
    let arena = Arena::with(hostile(), |_| (), endless_answer);
    let ended = arena.run("unread-answer").await;
    let (state, fault) = ended.stopped();
    assert!(matches!(fault, HostFault::TimedOut { .. }), "{fault:?}");
    assert_eq!(state, "unknown");
    let taken = ended.report.http[0].response_body_bytes;
    assert!(taken < 256 << 10, "{taken} bytes were read for nobody");
}

#[tokio::test]
async fn splicing_answer_into_request_meets_both_limits() {
    // Reads an upload to its end: a response before that would end the request, and nothing would be spliced.
    let reads_uploads = |mut peer: Peer| async move {
        peer.head().await;
        if peer.seen_text().starts_with("POST ") {
            peer.rest().await;
        } else {
            endless_answer(peer).await;
        }
    };
    let arena = Arena::with(hostile(), |limits| limits.compute *= 10, reads_uploads);
    let ended = arena.run("echo-chamber").await;
    assert_eq!(ended.found(), "spliced");
    let cap = Limits::default().request_body_bytes;
    let spliced = ended.report.http[1].request_body_bytes;
    assert!(spliced > 0 && spliced <= cap, "{spliced}");
}

#[tokio::test]
async fn zeroes_beyond_room_are_a_crash() {
    let ended = Arena::new().run("zeroes").await;
    assert_eq!(ended.crashed("zeroes"), "unknown");
}

#[tokio::test]
async fn abandoned_requests_end_with_call() {
    let arena = Arena::new();
    assert_eq!(arena.run("abandoned-requests").await.found(), "let go");
    assert!(arena.server.quiet(std::time::Duration::from_secs(5)).await);
    assert!(arena.server.requests().is_empty());
}

/// The responses starve no timer.
#[tokio::test]
async fn endless_interim_answers_are_cut_off() {
    let flood = |mut peer: Peer| async move {
        let hints = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(4_000);
        peer.head().await;
        while peer.write(&hints).await {}
    };
    let arena = Arena::with(hostile(), |_| (), flood);
    let over = std::sync::atomic::AtomicBool::new(false);
    let (ended, worst) = tokio::join!(
        async {
            let ended = arena.run("visit").await;
            over.store(true, std::sync::atomic::Ordering::SeqCst);
            ended
        },
        async {
            let mut worst = Duration::ZERO;
            while !over.load(std::sync::atomic::Ordering::SeqCst) {
                let begun = Instant::now();
                tokio::time::sleep(Duration::from_millis(1)).await;
                worst = worst.max(begun.elapsed());
            }
            worst
        }
    );
    assert!(
        ended
            .found()
            .starts_with("ErrorCode::HttpResponseHeaderSectionSize")
    );
    let exchange = &ended.report.http[0];
    assert!(exchange.response_head_bytes <= 64 << 10, "{exchange:?}");
    assert!((8..=9).contains(&exchange.interim_answers), "{exchange:?}");
    let most = Duration::from_millis(100) + 4 * idle_delay().await;
    assert!(worst < most, "{worst:?} of {most:?}");
}

/// The longest delay of a timer on this machine, with nothing beside it.
async fn idle_delay() -> Duration {
    let mut worst = Duration::ZERO;
    for _ in 0..100 {
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        worst = worst.max(begun.elapsed());
    }
    worst
}

#[tokio::test]
async fn a_few_interim_answers_are_skipped_and_counted() {
    let hints = |mut peer: Peer| async move {
        while peer.request().await.is_some() {
            let hint = "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(3);
            let last = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            peer.write((hint + last).as_bytes()).await;
        }
    };
    let ended = Arena::with(hostile(), |_| (), hints).run("visit").await;
    assert_eq!(ended.found(), "200");
    assert_eq!(ended.report.http[0].interim_answers, 3);
}

/// The sockets of this machine that are connected, or connecting, to a local port.
#[cfg(target_os = "linux")]
fn sockets_to(port: u16) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let remote = format!("0100007F:{port:04X}");
    let columns = table.lines().map(|line| line.split_whitespace().collect());
    columns
        // 06 is TIME_WAIT, which belongs to no process.
        .filter(|row: &Vec<&str>| row.get(2) == Some(&remote.as_str()) && row[3] != "06")
        .count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn dials_end_with_the_calls_that_began_them() {
    const CALLS: usize = 4;
    // Accepts one connection. The queue holds one or two more, and further packets are dropped.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        while matches!(stream.read(&mut buffer).await, Ok(1..)) {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).await.unwrap();
        }
        // The listener stays open as long as the task.
        std::future::pending::<()>().await;
        drop(listener);
    });
    let origin = format!("http://127.0.0.1:{port}");
    let host = host().build().unwrap();
    let plugin = host.load_with(hostile(), granting(&[&origin]), None);
    let plugin = plugin.unwrap().for_tenant("evil");
    let mut most = 0;
    for _ in 0..5 {
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..CALLS {
            let (plugin, orders) = (plugin.clone(), orders("leave-dials", &origin, ""));
            let message = Message {
                timeout_ms: Some(TIMEOUT_MS),
                ..code_to(MAINLAND)
            };
            calls.spawn(async move { plugin.send_message(&orders, &message).await });
        }
        while !calls.is_empty() {
            most = most.max(sockets_to(port));
            let pause = Duration::from_millis(5);
            let _ = tokio::time::timeout(pause, calls.join_next()).await;
        }
    }
    let at_once = usize::try_from(Limits::default().requests_at_once).unwrap();
    assert!(most <= CALLS * at_once + 3, "{most} sockets");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let left = sockets_to(port);
    assert!(left <= 3, "the kept one, and those in the queue: {left}");
    serving.abort();
}
