//! Responses after the whole request was received: one of the service, or something else.

use crate::support::trial::{OK, PLENTY, against, answer, answered, call};
use crate::support::{Server, host, load};
use auth_connector_host::FailureKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn accepting_answer_is_accepted_in_any_http_framing() {
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        100,
        &OK[..100],
        OK.len() - 100,
        &OK[100..]
    );
    for bytes in [
        answer("200 OK", OK),
        chunked.into_bytes(),
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{OK}").into_bytes(),
        [
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            answer("200 OK", OK),
        ]
        .concat(),
    ] {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(
            answered(bytes).await.verdict(PLENTY),
            ("accepted", None),
            "{text}"
        );
    }
}

#[tokio::test]
async fn answer_unlike_those_of_service_is_unknown() {
    for bytes in [
        b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(),
        answer("502 Bad Gateway", "<html><body>502</body></html>"),
        answer("500 Internal Server Error", OK),
        answer("200 OK", "<html><body>Welcome</body></html>"),
        answer("200 OK", ""),
        answer("200 OK", "{}"),
        answer("200 OK", "null"),
        answer("200 OK", &OK[..OK.len() / 2]),
        answer("200 OK", &OK.replace("13800138000", "13800138001")),
        answer("200 OK", &OK.replace("5000:1", "")),
        answer("302 Found", OK),
        b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
            &OK[..OK.len() - 1]
        )
        .into_bytes(),
        // Half of the announced length.
        answer("200 OK", OK)[..150 + OK.len() / 2].to_vec(),
        [b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'x'; 100_000]].concat(),
    ] {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let ended = answered(bytes).await;
        assert_eq!(
            ended.verdict(PLENTY),
            ("unknown", Some(FailureKind::Provider)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn ten_megabyte_answer_is_unknown_and_not_drained() {
    const LENGTH: usize = 10_000_000;
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = taken.clone();
    let ended = against(PLENTY, move |mut peer| {
        let taken = counter.clone();
        async move {
            peer.request().await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
            peer.write(head.as_bytes()).await;
            while taken.load(Ordering::SeqCst) < LENGTH && peer.write(&[b' '; 10_000]).await {
                taken.fetch_add(10_000, Ordering::SeqCst);
            }
        }
    })
    .await;
    assert_eq!(
        ended.verdict(PLENTY),
        ("unknown", Some(FailureKind::Provider))
    );
    // More than the component reads, because the system's buffers hold some.
    assert!((65_536..LENGTH).contains(&taken.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn dripping_answer_is_unknown_at_deadline() {
    for pause in [1, 20] {
        let ended = against(300, move |mut peer| async move {
            peer.request().await;
            peer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            while peer.write(b"1\r\n \r\n").await {
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
        })
        .await;
        assert_eq!(ended.verdict(300), ("unknown", Some(FailureKind::Timeout)));
    }
}

#[tokio::test]
async fn redirect_is_not_followed_even_to_granted_origin() {
    let elsewhere = Server::start(|mut peer| async move { peer.rest().await });
    let target = elsewhere.url();
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let bytes =
            format!("HTTP/1.1 {status}\r\nlocation: {target}/\r\ncontent-length: 0\r\n\r\n");
        let server = Server::start(move |mut peer| {
            let bytes = bytes.clone();
            async move {
                peer.request().await;
                peer.write(bytes.as_bytes()).await;
            }
        });
        let builder = host().allow(&server.url()).unwrap().allow(&target).unwrap();
        let ended = call(&server, load(builder), &server.url(), PLENTY).await;
        assert_eq!(
            ended.verdict(PLENTY),
            ("unknown", Some(FailureKind::Provider))
        );
        assert_eq!(
            (ended.complete, elsewhere.connections()),
            (1, 0),
            "{status}"
        );
    }
}
