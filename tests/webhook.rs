//! The webhook connector through the host: a second connector, which nothing in the host was made for.

use crate::support::{Server, accepted, host, not_sent, unknown, webhook};
use auth_connector_host::{Config, FailureKind, Message, Plugin, Receipt, SendError};
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
    let mut message = Message::code(NUMBER, "SignIn", CODE);
    message.correlation_id = id.map(Into::into);
    plugin(&server.url())
        .send_message(&Config::new(config.to_string()), &message)
        .await
}

/// A server that answers every request alike.
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

#[tokio::test]
async fn receiver_that_reads_and_stays_silent_is_unknown() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
    });
    unknown(send(&server, Some(ID)).await);
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
