//! What a request may look like on the wire: one request for each, and nothing that two readers read in two ways.

use super::arena::Arena;

#[tokio::test]
async fn headers_of_the_connection_the_proxy_and_the_host_cannot_be_set_nor_lines_be_broken() {
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

#[tokio::test]
async fn lengths_that_two_readers_could_understand_differently_are_refused() {
    let arena = Arena::new();
    assert_eq!(arena.run("two-lengths").await.found(), "rrrrrrrr");
    assert_eq!(arena.server.connections(), 0);
}

#[tokio::test]
async fn a_second_request_behind_the_announced_length_does_not_leave() {
    let arena = Arena::new();
    let ended = arena.run("smuggled-request").await;
    assert!(!ended.found().is_empty());
    // What is on its way may still arrive.
    let _ = arena.server.quiet(super::arena::GRACE).await;
    for received in arena.server.received() {
        assert!(!received.contains("smuggled"), "{received}");
    }
}

#[tokio::test]
async fn trailers_do_not_leave() {
    let arena = Arena::new();
    let _ = arena.run("trailers").await;
    let received = arena.server.received().concat();
    assert!(received.contains("hello"), "{received}");
    for hidden in ["content-length", "authorization", "smuggled"] {
        assert!(!received.contains(hidden), "{received}");
    }
}

#[tokio::test]
async fn targets_that_break_a_request_line_or_name_another_host_are_refused() {
    let arena = Arena::new();
    assert_eq!(arena.run("strange-targets").await.found(), "");
}

#[tokio::test]
async fn methods_that_open_tunnels_or_echo_are_refused_in_any_spelling() {
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
