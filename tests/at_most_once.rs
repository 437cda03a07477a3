//! Accepted, certainly not sent, or unknown: for each thing that a network and a server can do, the state that the
//! caller is told, against what the server really got.
//!
//! For every call holds: it ends in its time; *not sent* means that no complete request ever reached the server;
//! *accepted* means that exactly one did; and never do two. [`Ended::told`] asserts that, the tests add which
//! state it is. Where server and component race, each state that keeps the promise will do.

use crate::support::{
    MAINLAND, Peer, Server, State, code_to, config, front, host, load, state, to_config,
};
use auth_connector_host::{FailureKind, HostBuilder, Message, Plugin};
use std::time::{Duration, Instant};

/// How long calls may take unless a test is about time, in milliseconds.
const PLENTY: u32 = 3_000;
/// How far past its deadline a call may end. The host would stop the component after 500 ms.
const MARGIN: Duration = Duration::from_millis(400);

/// An answer of the service that accepts the message.
const OK: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1","PhoneNumber":"+8613800138000","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6"}}"#;

/// An answer with its length, after which the connection stays.
fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A call that is over.
#[derive(Debug)]
struct Ended {
    state: State,
    took: Duration,
    /// Complete requests that reached the server.
    complete: usize,
    connections: usize,
}

impl Ended {
    /// State and class, after the promises that hold for every call.
    fn told(&self, timeout_ms: u32) -> (&'static str, Option<FailureKind>) {
        let deadline = Duration::from_millis(timeout_ms.into()) + MARGIN;
        assert!(self.took < deadline, "late: {self:?}");
        assert!(self.complete <= 1, "sent twice: {self:?}");
        match self.state {
            State::Accepted => assert_eq!(self.complete, 1, "{self:?}"),
            State::NotSent(_) => assert_eq!(self.complete, 0, "{self:?}"),
            State::Unknown(_) => {}
        }
        self.state.told()
    }
}

/// One call to a server.
async fn call(server: &Server, plugin: Plugin, endpoint: &str, timeout_ms: u32) -> Ended {
    let message = Message {
        timeout_ms: Some(timeout_ms),
        ..code_to(MAINLAND)
    };
    let begun = Instant::now();
    let outcome = plugin
        .send_message(&to_config(&config(Some(endpoint))), &message)
        .await;
    let took = begun.elapsed();
    // What the call left behind may still arrive: first as it is, then with the host and its connections gone.
    server.quiet(Duration::from_millis(100)).await;
    drop(plugin);
    assert!(
        server.quiet(Duration::from_secs(5)).await,
        "a connection stays"
    );
    Ended {
        state: state(outcome),
        took,
        complete: server.requests().len(),
        connections: server.connections(),
    }
}

/// One call to a server that treats its connection so.
async fn against<F, Fut>(timeout_ms: u32, treat: F) -> Ended
where
    F: Fn(Peer) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let server = Server::start(treat);
    let plugin = load(host().allow(&server.url()).unwrap());
    call(&server, plugin, &server.url(), timeout_ms).await
}

/// One call to a server that reads the whole request, then answers so and closes.
async fn answered(bytes: Vec<u8>) -> Ended {
    let ended = against(PLENTY, move |mut peer| {
        let bytes = bytes.clone();
        async move {
            if peer.request().await.is_some() {
                peer.write(&bytes).await;
            }
        }
    })
    .await;
    assert_eq!(ended.complete, 1);
    ended
}

#[tokio::test]
async fn an_answer_that_accepts_is_accepted_after_exactly_one_complete_request() {
    let ended = answered(answer("200 OK", OK)).await;
    assert_eq!(ended.told(PLENTY), ("accepted", None));
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
        ended.told(PLENTY),
        ("not sent", Some(FailureKind::Unreachable))
    );
    assert!(ended.took < Duration::from_secs(1));
}

#[tokio::test]
async fn a_destination_that_the_host_does_not_grant_is_not_sent_and_nothing_is_dialled() {
    let server = Server::start(|mut peer| async move { peer.rest().await });
    for builder in [
        host(),
        host().allow("http://127.0.0.1:1").unwrap(),
        host()
            .allow(&server.url().replace("http", "https"))
            .unwrap(),
    ] {
        let ended = call(&server, load(builder), &server.url(), PLENTY).await;
        assert_eq!(ended.told(PLENTY), ("not sent", Some(FailureKind::Denied)));
        assert_eq!(ended.connections, 0);
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_not_sent_and_nothing_is_dialled() {
    let ended = against(0, |mut peer| async move { peer.rest().await }).await;
    assert_eq!(ended.told(0), ("not sent", Some(FailureKind::Timeout)));
    assert_eq!(ended.connections, 0);
}

#[tokio::test]
async fn a_server_that_never_takes_the_connection_is_not_sent_at_the_deadline() {
    // A queue of one, and filled: the system drops further connection attempts.
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
    assert_eq!(ended.told(300), ("not sent", Some(FailureKind::Timeout)));
    assert!(ended.took >= Duration::from_millis(300));
}

/// A host that trusts the front and dials it, and the origin for it.
async fn secure(server: &Server, trusted: bool) -> (HostBuilder, String) {
    let (address, authority) = front("127.0.0.1", server.address()).await;
    let (_, other) = front("127.0.0.1", server.address()).await;
    let url = format!("https://{address}");
    let builder = host().allow(&url).unwrap();
    let authority = if trusted { authority } else { other };
    (builder.trust_pem(authority.as_bytes()), url)
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_is_not_trusted_is_not_sent() {
    for (trusted, told) in [
        (true, ("accepted", None)),
        (false, ("not sent", Some(FailureKind::Unreachable))),
    ] {
        let server = Server::start(|mut peer| async move {
            peer.request().await;
            peer.write(&answer("200 OK", OK)).await;
        });
        let (builder, url) = secure(&server, trusted).await;
        let ended = call(&server, load(builder), &url, PLENTY).await;
        assert_eq!(ended.told(PLENTY), told);
    }
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_not_sent_at_the_deadline() {
    let server = Server::start(|mut peer| async move { peer.rest().await });
    let url = server.url().replace("http", "https");
    let (_, authority) = front("127.0.0.1", server.address()).await;
    let builder = host().allow(&url).unwrap().trust_pem(authority.as_bytes());
    let ended = call(&server, load(builder), &url, 300).await;
    assert_eq!(ended.told(300), ("not sent", Some(FailureKind::Timeout)));
    assert_eq!(ended.connections, 1);
}

#[tokio::test]
async fn a_server_that_takes_the_request_and_falls_silent_is_unknown_at_the_deadline() {
    let ended = against(300, |mut peer| async move { peer.rest().await }).await;
    assert_eq!(ended.told(300), ("unknown", Some(FailureKind::Timeout)));
    assert_eq!(ended.complete, 1);
    assert!(ended.took >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_server_that_takes_the_request_and_closes_is_unknown() {
    let ended = answered(Vec::new()).await;
    assert_eq!(
        ended.told(PLENTY),
        ("unknown", Some(FailureKind::Unreachable))
    );
}

#[tokio::test]
async fn a_server_that_takes_the_request_and_resets_is_unknown() {
    let ended = against(PLENTY, |mut peer| async move {
        peer.request().await;
        peer.reset();
    })
    .await;
    assert_eq!(
        ended.told(PLENTY),
        ("unknown", Some(FailureKind::Unreachable))
    );
    assert_eq!(ended.complete, 1);
}

#[tokio::test]
async fn an_answer_that_is_not_one_of_the_services_is_unknown() {
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
        // Half of what the length promises.
        answer("200 OK", OK)[..150 + OK.len() / 2].to_vec(),
        [b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'x'; 100_000]].concat(),
    ] {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let ended = answered(bytes).await;
        assert_eq!(
            ended.told(PLENTY),
            ("unknown", Some(FailureKind::Provider)),
            "{text}"
        );
    }
}

#[tokio::test]
async fn an_answer_of_ten_megabytes_is_unknown_and_not_read_to_its_end() {
    let ended = against(PLENTY, |mut peer| async move {
        peer.request().await;
        let length = 10_000_000;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        let mut left = length;
        let mut taken = peer.write(head.as_bytes()).await;
        while taken && left > 0 {
            taken = peer.write(&[b' '; 10_000]).await;
            left -= 10_000;
        }
        assert!(left > 0, "all of it was read");
    })
    .await;
    assert_eq!(ended.told(PLENTY), ("unknown", Some(FailureKind::Provider)));
}

#[tokio::test]
async fn an_answer_that_drips_for_ever_is_unknown_at_the_deadline() {
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
        assert_eq!(ended.told(300), ("unknown", Some(FailureKind::Timeout)));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_even_to_an_origin_that_is_granted() {
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
        assert_eq!(ended.told(PLENTY), ("unknown", Some(FailureKind::Provider)));
        assert_eq!(
            (ended.complete, elsewhere.connections()),
            (1, 0),
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_second_attempt_of_a_clock_that_is_off_shares_the_deadline_and_ends_as_any_other() {
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
    assert_eq!(ended.state.told(), ("unknown", Some(FailureKind::Timeout)));
    assert_eq!(
        ended.complete, 2,
        "the first was refused, the second was not answered"
    );
    assert!(ended.took < Duration::from_millis(400) + MARGIN);
}
