//! Framing of requests on the wire: one request for each, without ambiguity between two readers.

use super::arena::{Arena, granting, orders};
use crate::support::trial::{OK, answer};
use crate::support::{
    MAINLAND, Peer, Server, State, code_to, component, config, host, hostile, state, to_config,
};

/// Line breaks in values are refused, too.
#[tokio::test]
async fn connection_proxy_and_host_headers_cannot_be_set() {
    assert_eq!(Arena::new().run("forbidden-headers").await.found(), "");
}

#[tokio::test]
async fn the_host_header_is_the_hosts_own() {
    let arena = Arena::new();
    assert_eq!(arena.run("visit").await.found(), "200");
    let requests = arena.server.requests();
    let authority = arena.server.address().to_string();
    assert_eq!(requests[0].header("host"), Some(authority.as_str()));
}

/// Two readers could interpret them differently.
#[tokio::test]
async fn ambiguous_lengths_are_refused() {
    let arena = Arena::new();
    assert_eq!(arena.run("two-lengths").await.found(), "rrrrrrrr");
    assert_eq!(arena.server.connections(), 0);
}

/// The second request follows the announced length of the first.
#[tokio::test]
async fn smuggled_request_does_not_leave() {
    let arena = Arena::new();
    let ended = arena.run("smuggled-request").await;
    assert!(!ended.found().is_empty());
    // Bytes on their way may still arrive.
    let _ = arena.server.quiet(super::arena::GRACE).await;
    for received in arena.server.received() {
        assert!(!received.contains("smuggled"), "{received}");
    }
}

#[tokio::test]
async fn trailers_do_not_leave() {
    // The server does not answer: bytes written after a response are withheld.
    let silent = |mut peer: Peer| async move { peer.rest().await };
    let arena = Arena::with(hostile(), |_| (), silent);
    let _ = arena.run("trailers").await;
    let received = arena.server.received().concat();
    assert!(received.contains("hello"), "{received}");
    for hidden in ["content-length", "authorization", "smuggled"] {
        assert!(!received.contains(hidden), "{received}");
    }
}

/// The targets break the request line or name another host.
#[tokio::test]
async fn malformed_or_foreign_targets_are_refused() {
    let arena = Arena::new();
    assert_eq!(arena.run("strange-targets").await.found(), "");
}

/// The methods are refused in any spelling.
#[tokio::test]
async fn tunnel_and_echo_methods_are_refused() {
    let arena = Arena::new();
    let invalid = "ErrorCode::HttpRequestMethodInvalid ".repeat(6);
    assert_eq!(arena.run("tunnels").await.found(), invalid);
    assert_eq!(arena.server.connections(), 0);
}

#[tokio::test]
async fn a_body_that_ends_short_is_no_request() {
    let arena = Arena::new();
    let ended = arena.run("short-body").await;
    assert_eq!(ended.found(), "ErrorCode::HttpRequestBodySize(Some(5))");
    assert!(arena.server.requests().is_empty());
}

/// Responds like a stock server that leaves the bodies of all methods but POST unread. A POST is refused; `/forged` is
/// an acceptance.
async fn stock(mut peer: Peer) {
    const REFUSED: &str = r#"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInSmsPackage","Message":"x"},"RequestId":"r"}}"#;
    while let Some(request) = peer.request_as_stock_servers_do().await {
        let body = match request.head() {
            head if head.starts_with("POST ") => REFUSED,
            head if head.starts_with("GET /forged ") => OK,
            _ => "{}",
        };
        if !peer.write(&answer("200 OK", body)).await {
            return;
        }
    }
}

/// An honest connector's state before and after an attacker's call to the same server, and what the server received.
async fn beside(attack: &str, same_tenant: bool) -> ([State; 2], Vec<String>) {
    let server = Server::start(stock);
    let host = host().build().unwrap();
    let load = |source| host.load_with(source, granting(&[&server.url()]), None);
    let honest = load(component()).unwrap().for_tenant("honest");
    let tenant = if same_tenant { "honest" } else { "evil" };
    let evil = load(hostile()).unwrap().for_tenant(tenant);
    let config = to_config(&config(Some(&server.url())));
    let message = code_to(MAINLAND);
    let before = state(honest.send_message(&config, &message).await);
    // The second call gets the state that the first left.
    for _ in 0..2 {
        let orders = orders(attack, &server.url(), "/forged");
        let _ = evil.send_message(&orders, &message).await;
    }
    let after = state(honest.send_message(&config, &message).await);
    ([before, after], server.received())
}

/// The body of a GET or a DELETE, for which servers expect none.
#[tokio::test]
async fn unexpected_body_reaches_no_other_request() {
    for attack in ["get-with-body", "delete-with-body"] {
        for same_tenant in [false, true] {
            let (states, received) = beside(attack, same_tenant).await;
            for state in states {
                assert!(matches!(state, State::NotSent(_)), "{attack}: {state:?}");
            }
            for text in received {
                for swallowed in ["X-Swallow: POST", "X-Swallow: GET", "X-Swallow: DELETE"] {
                    assert!(!text.contains(swallowed), "{attack}: {text}");
                }
                let of_get = attack == "get-with-body" && text.contains("X-Swallow");
                assert!(!of_get, "refused before it leaves: {text}");
            }
        }
    }
}
