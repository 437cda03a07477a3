//! Accepted, certainly not sent, or unknown: the state that is reported to the caller for each behaviour of a network
//! and a server, compared with the requests that the server received.
//!
//! [`crate::support::trial::Ended::verdict`] asserts the rules for every call; each test adds the expected state.

use crate::support::trial::{MARGIN, OK, PLENTY, against, answer, answered, call};
use crate::support::{MAINLAND, Server, code_to, config, front, host, load, to_config, unknown};
use auth_connector_host::{FailureKind, HostBuilder};
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn acceptance_takes_exactly_one_complete_request() {
    let ended = answered(answer("200 OK", OK)).await;
    assert_eq!(ended.verdict(PLENTY), ("accepted", None));
    assert_eq!(ended.connections, 1);
}

#[tokio::test]
async fn a_closed_port_is_not_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let elsewhere = Server::start(|_| async {});
    let ended = call(&elsewhere, load(host().allow(&url).unwrap()), &url, PLENTY).await;
    assert_eq!(
        ended.verdict(PLENTY),
        ("not sent", Some(FailureKind::Unreachable))
    );
    assert!(ended.took < Duration::from_secs(1));
}

/// The send ends as not sent.
#[tokio::test]
async fn destination_that_is_not_granted_is_not_dialled() {
    let server = Server::start(|mut peer| async move { peer.rest().await });
    for builder in [
        host(),
        host().allow("http://127.0.0.1:1").unwrap(),
        host()
            .allow(&server.url().replace("http", "https"))
            .unwrap(),
    ] {
        let ended = call(&server, load(builder), &server.url(), PLENTY).await;
        assert_eq!(
            ended.verdict(PLENTY),
            ("not sent", Some(FailureKind::Denied))
        );
        assert_eq!(ended.connections, 0);
    }
}

#[tokio::test]
async fn passed_deadline_is_not_sent_and_dials_nothing() {
    let ended = against(0, |mut peer| async move { peer.rest().await }).await;
    assert_eq!(ended.verdict(0), ("not sent", Some(FailureKind::Timeout)));
    assert_eq!(ended.connections, 0);
}

#[tokio::test]
async fn connection_never_taken_is_not_sent_at_deadline() {
    // A queue of one that is full: the system drops further connection attempts.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(
        Duration::from_millis(100),
        tokio::net::TcpStream::connect(address),
    )
    .await
    {
        waiting.push(stream);
    }
    let url = format!("http://{address}");
    let elsewhere = Server::start(|_| async {});
    let ended = call(&elsewhere, load(host().allow(&url).unwrap()), &url, 300).await;
    assert_eq!(ended.verdict(300), ("not sent", Some(FailureKind::Timeout)));
    assert!(ended.took >= Duration::from_millis(300));
}

/// A host that trusts the TLS front and connects to it, and the origin for it.
async fn secure(server: &Server, trusted: bool) -> (HostBuilder, String) {
    let (address, authority) = front("127.0.0.1", server.address()).await;
    let (_, other) = front("127.0.0.1", server.address()).await;
    let url = format!("https://{address}");
    let builder = host().allow(&url).unwrap();
    let authority = if trusted { authority } else { other };
    (builder.trust_pem(authority.as_bytes()), url)
}

#[tokio::test]
async fn certificate_of_untrusted_authority_is_not_sent() {
    for (trusted, expected) in [
        (true, ("accepted", None)),
        (false, ("not sent", Some(FailureKind::Unreachable))),
    ] {
        let server = Server::start(|mut peer| async move {
            peer.request().await;
            peer.write(&answer("200 OK", OK)).await;
        });
        let (builder, url) = secure(&server, trusted).await;
        let ended = call(&server, load(builder), &url, PLENTY).await;
        assert_eq!(ended.verdict(PLENTY), expected);
    }
}

#[tokio::test]
async fn endless_tls_handshake_is_not_sent_at_deadline() {
    let server = Server::start(|mut peer| async move { peer.rest().await });
    let url = server.url().replace("http", "https");
    let (_, authority) = front("127.0.0.1", server.address()).await;
    let builder = host().allow(&url).unwrap().trust_pem(authority.as_bytes());
    let ended = call(&server, load(builder), &url, 300).await;
    assert_eq!(ended.verdict(300), ("not sent", Some(FailureKind::Timeout)));
    assert_eq!(ended.connections, 1);
}

/// The server received the whole request.
#[tokio::test]
async fn silent_server_is_unknown_at_the_deadline() {
    let ended = against(300, |mut peer| async move { peer.rest().await }).await;
    assert_eq!(ended.verdict(300), ("unknown", Some(FailureKind::Timeout)));
    assert_eq!(ended.complete, 1);
    assert!(ended.took >= Duration::from_millis(300));
}

#[tokio::test]
async fn close_after_request_is_unknown() {
    let ended = answered(Vec::new()).await;
    assert_eq!(
        ended.verdict(PLENTY),
        ("unknown", Some(FailureKind::Unreachable))
    );
}

#[tokio::test]
async fn reset_after_request_is_unknown() {
    let ended = against(PLENTY, |mut peer| async move {
        peer.request().await;
        peer.reset();
    })
    .await;
    assert_eq!(
        ended.verdict(PLENTY),
        ("unknown", Some(FailureKind::Unreachable))
    );
    assert_eq!(ended.complete, 1);
}

/// The clock is wrong, so there is a second attempt. It times out like any other.
#[tokio::test]
async fn second_attempt_shares_the_deadline_of_the_first() {
    let ended = against(400, |mut peer| async move {
        peer.request().await;
        let expired = r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":""},"RequestId":"a"}}"#;
        let head = format!(
            "HTTP/1.1 200 OK\r\ndate: Tue, 14 Nov 2023 22:13:20 GMT\r\ncontent-length: {}\r\n\r\n",
            expired.len()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
        peer.write(format!("{head}{expired}").as_bytes()).await;
        peer.rest().await;
    })
    .await;
    assert_eq!(
        ended.state.verdict(),
        ("unknown", Some(FailureKind::Timeout))
    );
    assert_eq!(
        ended.complete, 2,
        "the first was refused, the second was not answered"
    );
    assert!(ended.took < Duration::from_millis(400) + MARGIN);
}

/// The limits of the host, the message and the config.
#[tokio::test]
async fn smallest_of_three_limits_is_the_deadline() {
    let server = Server::start(|mut peer| async move { peer.rest().await });
    let ms = |limit: u64| Duration::from_millis(limit);
    for (host_limit, message_limit, config_limit) in [
        (300, Some(5_000), json!(5_000)),
        (5_000, Some(300), json!(5_000)),
        (5_000, Some(5_000), json!(300)),
        (5_000, None, json!(300)),
    ] {
        let builder = host().allow(&server.url()).unwrap();
        let plugin = load(builder.with(|options| options.limits.call_timeout = ms(host_limit)));
        let mut config = config(Some(&server.url()));
        config["timeoutMs"] = config_limit;
        let mut message = code_to(MAINLAND);
        message.timeout_ms = message_limit;
        let begun = Instant::now();
        let failure = unknown(plugin.send_message(&to_config(&config), &message).await);
        assert_eq!(failure.kind, FailureKind::Timeout);
        assert!(
            (ms(300)..ms(300) + MARGIN).contains(&begun.elapsed()),
            "{:?}",
            begun.elapsed()
        );
    }
}
