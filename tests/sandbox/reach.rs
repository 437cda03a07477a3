//! Destinations of requests: the granted origin, at an allowed address, and no other.

use super::arena::{Arena, polite};
use crate::support::{Peer, Server, hostile};
use std::sync::Arc;

/// The other server, which is not granted.
fn elsewhere() -> Server {
    Server::start(polite)
}

/// Another host, port or scheme is another origin.
#[tokio::test]
async fn other_origin_is_denied_without_connection() {
    let arena = Arena::new();
    let other = elsewhere();
    let granted = arena.server.address();
    for origin in [
        other.url(),
        format!("https://{granted}"),
        format!("http://localhost:{}", granted.port()),
        format!("http://127.0.0.2:{}", granted.port()),
        format!("http://granted@{}", other.address()),
        format!("http://{granted}@{}", other.address()),
        "http://evil.test".to_owned(),
        "http://".to_owned(),
    ] {
        let ended = arena.run_with("visit", &origin, "").await;
        let found = ended.found();
        assert!(
            // The last has no host, which is refused before there is a request.
            found == "ErrorCode::HttpRequestDenied" || (origin == "http://" && found != "200"),
            "{origin}: {found}"
        );
    }
    let ended = arena.run_with("visit", "gopher://127.0.0.1", "").await;
    assert_eq!(ended.found(), "ErrorCode::HttpProtocolError");
    assert_eq!((other.connections(), arena.server.connections()), (0, 0));
}

/// Only a resolver accepts such an address.
#[tokio::test]
async fn unusual_address_spelling_is_denied() {
    let arena = Arena::new();
    let port = arena.server.address().port();
    for host in [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "127.0.0.1.",
        "localhost.",
    ] {
        let ended = arena
            .run_with("visit", &format!("http://{host}:{port}"), "")
            .await;
        assert_ne!(ended.found(), "200", "{host}");
        assert!(ended.outcome.unwrap_err().is_certainly_not_sent());
    }
    assert_eq!(arena.server.connections(), 0);
}

#[tokio::test]
async fn granted_private_and_metadata_addresses_are_prohibited() {
    let arena = Arena::new();
    for host in [
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let ended = arena.run_granted("visit", &format!("http://{host}")).await;
        assert_eq!(
            ended.found(),
            "ErrorCode::DestinationIpProhibited",
            "{host}"
        );
        assert_eq!(ended.errors(), ["destination IP address is prohibited"]);
    }
}

#[tokio::test]
async fn an_absolute_form_target_does_not_lead_elsewhere() {
    let arena = Arena::new();
    let other = elsewhere();
    let word = other.address().to_string();
    let ended = arena
        .run_with("absolute-form", &arena.server.url(), &word)
        .await;
    assert_eq!(ended.found(), "path refused");
    assert_eq!((other.connections(), arena.server.connections()), (0, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_leads_nowhere() {
    let other = Arc::new(elsewhere());
    let target = other.url();
    let arena = Arena::with(
        hostile(),
        |_| (),
        move |mut peer: Peer| {
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: {target}/\r\ncontent-length: 0\r\n\r\n"
            );
            async move {
                if peer.request().await.is_some() {
                    peer.write(answer.as_bytes()).await;
                }
            }
        },
    );
    assert_eq!(arena.run("visit").await.found(), "307");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn unresolvable_names_stay_within_request_limit() {
    let arena = Arena::new();
    let ended = arena
        .run_granted("many-requests", "http://no-such-name.invalid")
        .await;
    // It was denied 2,984 times and ended by itself, or the resolver was slow and it timed out.
    let errors = ended.errors();
    let asked = errors
        .iter()
        .filter(|error| **error != "HTTP request denied");
    assert!(asked.count() <= 16, "{errors:?}");
}
