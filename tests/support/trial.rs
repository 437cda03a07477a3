//! One call against a server that misbehaves, and the assertions about its outcome.

use super::{MAINLAND, Peer, Server, State, code_to, config, host, load, state, to_config};
use auth_connector_host::{FailureKind, Message, Plugin};
use std::time::{Duration, Instant};

/// Time limit of calls in tests that are not about time, in milliseconds.
pub const PLENTY: u32 = 3_000;
/// Tolerance after the deadline of a call, for a busy machine. The host stops a component after 500 ms, and such an
/// outcome is none of those that [`state`] reads.
pub const MARGIN: Duration = Duration::from_secs(2);

/// A response of the service that accepts the message.
pub const OK: &str = r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1","PhoneNumber":"+8613800138000","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"a0aabda6"}}"#;

/// A response with its length, after which the connection stays open.
pub fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The outcome of a call.
#[derive(Debug)]
pub struct Ended {
    pub state: State,
    pub took: Duration,
    /// Complete requests that reached the server.
    pub complete: usize,
    pub connections: usize,
}

impl Ended {
    /// State and class, after the assertions for every call. It ended in time. *Not sent* means that no complete
    /// request reached the server, and *accepted* means that one did. There were never two.
    pub fn verdict(&self, timeout_ms: u32) -> (&'static str, Option<FailureKind>) {
        let deadline = Duration::from_millis(timeout_ms.into()) + MARGIN;
        assert!(self.took < deadline, "late: {self:?}");
        assert!(self.complete <= 1, "sent twice: {self:?}");
        match self.state {
            State::Accepted(_) => assert_eq!(self.complete, 1, "{self:?}"),
            State::NotSent(_) => assert_eq!(self.complete, 0, "{self:?}"),
            State::Unknown(_) => {}
        }
        self.state.verdict()
    }
}

/// One call to a server.
pub async fn call(server: &Server, plugin: Plugin, endpoint: &str, timeout_ms: u32) -> Ended {
    let message = Message {
        timeout_ms: Some(timeout_ms),
        ..code_to(MAINLAND)
    };
    let begun = Instant::now();
    let outcome = plugin
        .send_message(&to_config(&config(Some(endpoint))), &message)
        .await;
    let took = begun.elapsed();
    // Bytes of the call may still arrive: first with the host and its connections alive, then without them.
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

/// One call to a server with this handling of its connection.
pub async fn against<F, Fut>(timeout_ms: u32, treat: F) -> Ended
where
    F: Fn(Peer) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let server = Server::start(treat);
    let plugin = load(host().allow(&server.url()).unwrap());
    call(&server, plugin, &server.url(), timeout_ms).await
}

/// One call to a server that reads the whole request, then sends these bytes and closes.
pub async fn answered(bytes: Vec<u8>) -> Ended {
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
