//! Webhook connector through the host: a second connector, which the host was not made for.

use crate::support::{Server, accepted, attribute, host, not_sent, unknown, webhook};
use auth_connector_host::{CallError, Config, FailureKind, Message, Plugin, Receipt, SendError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const KEY: &str = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
const NUMBER: &str = "+8613800138000";
const CODE: &str = "918273";

fn plugin(origin: &str) -> Plugin {
    let host = host().allow(origin).unwrap();
    host.build().unwrap().load(webhook()).unwrap()
}

async fn send(server: &Server, id: Option<&str>) -> Result<Receipt, SendError> {
    let config =
        json!({"url": format!("{}/hook?a=1", server.url()), "secret": format!("whsec_{KEY}")});
    let mut message = Message::to(NUMBER).usage("SignIn").code(CODE);
    message.correlation_id = id.map(Into::into);
    plugin(&server.url())
        .send_message(&Config::new(config.to_string()), &message)
        .await
}

/// A server with the same response to every request.
fn answering(status: &'static str, body: &'static str) -> Server {
    Server::start(move |mut peer| async move {
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
        while peer.request().await.is_some() && peer.write(answer.as_bytes()).await {}
    })
}

#[tokio::test]
async fn accepted_message_reaches_the_receiver_once_and_signed() {
    let server = answering("200 OK", r#"{"id": "sm-4711"}"#);
    let receipt = accepted(send(&server, Some(ID)).await);
    assert_eq!(receipt.message_id, "sm-4711");
    let [request] = server.requests().try_into().ok().expect("one request");
    assert!(request.bytes().starts_with(b"POST /hook?a=1 HTTP/1.1\r\n"));
    assert_eq!(request.header("webhook-id"), Some(ID));
    let timestamp = request.header("webhook-timestamp").unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    assert!(now.as_secs().abs_diff(timestamp.parse().unwrap()) < 60);
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
    mac.update(format!("{ID}.{timestamp}.").as_bytes());
    mac.update(&request.body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(
        request.header("webhook-signature"),
        Some(signature.as_str())
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["data"]["to"], NUMBER);
    assert_eq!(body["data"]["variables"], json!({"code": CODE}));
}

#[tokio::test]
async fn refusal_is_not_sent_and_failing_receiver_unknown() {
    let server = answering(
        "422 Unprocessable Content",
        r#"{"message": "+8613800138000 is blocked"}"#,
    );
    let failure = not_sent(send(&server, Some(ID)).await);
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    for status in [
        "503 Service Unavailable",
        "429 Too Many Requests",
        "307 Temporary Redirect",
    ] {
        let server = answering(status, "");
        unknown(send(&server, Some(ID)).await);
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}

/// A gateway that checks the key and the rate before it reads the body. The order differs from run to run; an early
/// refusal keeps its class.
#[tokio::test]
async fn refusal_before_the_body_says_who_has_to_act() {
    for (status, kind, turn) in [
        ("401 Unauthorized", FailureKind::Authentication, "operator"),
        ("403 Forbidden", FailureKind::Denied, "operator"),
        ("429 Too Many Requests", FailureKind::RateLimited, "caller"),
    ] {
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: 0\r\nretry-after: 30\r\nconnection: close\r\n\r\n"
        );
        let server = Server::start(move |mut peer| {
            let answer = answer.clone();
            async move {
                peer.head().await;
                peer.write(answer.as_bytes()).await;
                peer.rest().await;
            }
        });
        let mut early = None;
        for _ in 0..50 {
            let Err(error) = send(&server, Some(ID)).await else {
                panic!("a refusal is no acceptance")
            };
            if let SendError::NotSent(CallError::Connector(failure)) = error
                && failure.message.contains("before it had the request")
            {
                early = Some(failure);
                break;
            }
        }
        let failure = early.expect("one of fifty refusals comes first");
        assert_eq!(failure.kind, kind, "{status}");
        assert_eq!(attribute(&failure.attributes, "turn"), Some(turn));
        assert_eq!(failure.retry_after_ms, Some(30_000));
    }
}

/// A host cannot send to it, so the config is refused before one is contacted.
#[tokio::test]
async fn address_with_a_placeholder_in_it_is_a_finding() {
    let plugin = plugin("http://127.0.0.1:1");
    for (path, is_fine) in [("/hooks/team/sms", true), ("/hooks/<team>/sms", false)] {
        let config = json!({"url": format!("http://127.0.0.1:1{path}"), "secret": KEY});
        let config = Config::new(config.to_string());
        let findings = plugin.validate_config(&config, &[]).await.unwrap();
        let of_url = findings.iter().find(|finding| finding.pointer == "/url");
        assert_eq!(of_url.is_none(), is_fine, "{findings:?}");
    }
}

#[tokio::test]
async fn receiver_that_reads_and_stays_silent_is_unknown() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.rest().await;
    });
    let failure = unknown(send(&server, Some(ID)).await);
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn message_without_correlation_id_is_not_sent() {
    let server = answering("200 OK", "");
    let failure = not_sent(send(&server, None).await);
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert_eq!(server.connections(), 0);
}

#[test]
fn imports_match_world_and_no_operation_is_exported() {
    let plugin = plugin("http://127.0.0.1:1");
    let description = plugin.description();
    assert_eq!(description.exports, ["auth:connector/sms@0.1.0"]);
    for import in &description.imports {
        let allowed = ["wasi:clocks/", "wasi:http/", "wasi:io/"];
        assert!(
            allowed.iter().any(|prefix| import.starts_with(prefix)),
            "{import}"
        );
    }
}
