//! Coverage of the signature: the service refuses a request with any changed byte, and the signed bytes match another
//! implementation.

use crate::support::{
    MAINLAND, Proxy, Rig, Server, accepted, code_to, config, front, host, load, not_sent, to_config,
};
use auth_connector_host::{FailureKind, Plugin, Receipt, SendError, WallClock};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tencent_sms_simulator::Simulator;

/// A simulator behind a proxy that changes requests, and the component in front of both.
struct Tampered {
    simulator: Simulator,
    proxy: Proxy,
    plugin: Plugin,
}

impl Tampered {
    fn new() -> Self {
        let simulator = Simulator::builder().start_blocking().unwrap();
        let proxy = Proxy::to(simulator.addr());
        let plugin = load(host().allow(&proxy.url()).unwrap());
        Self {
            simulator,
            proxy,
            plugin,
        }
    }

    async fn send(&self) -> Result<Receipt, SendError> {
        let config = to_config(&config(Some(&self.proxy.url())));
        self.plugin.send_message(&config, &code_to(MAINLAND)).await
    }

    /// Sends with the lowest bit of each byte of a part flipped in turn; all are refused. Returns the length of the
    /// part.
    async fn flip_each_byte(&self, part: fn(&[u8]) -> std::ops::Range<usize>) -> usize {
        let length = Arc::new(AtomicUsize::new(usize::MAX));
        let mut offset = 0;
        while offset < length.load(Ordering::SeqCst) {
            let found = length.clone();
            self.proxy.change(move |request| {
                let part = part(request);
                found.store(part.len(), Ordering::SeqCst);
                request[part.start + offset] ^= 1;
            });
            is_refused(self.send().await);
            offset += 1;
        }
        assert!(self.simulator.messages().is_empty());
        assert_eq!(self.simulator.complete_requests(), offset as u64);
        offset
    }
}

fn is_refused(outcome: Result<Receipt, SendError>) {
    let failure = not_sent(outcome);
    assert_eq!(failure.kind, FailureKind::Authentication);
    assert_eq!(
        failure.provider_code.as_deref(),
        Some("AuthFailure.SignatureFailure")
    );
}

/// Byte range of a header's value in a request.
fn value(request: &[u8], header: &str) -> std::ops::Range<usize> {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let start = text.find(&format!("\r\n{header}: ")).unwrap() + header.len() + 4;
    start..start + text[start..].find("\r\n").unwrap()
}

#[tokio::test]
async fn request_unchanged_by_proxy_is_accepted() {
    let tampered = Tampered::new();
    accepted(tampered.send().await);
    assert_eq!(tampered.simulator.messages().len(), 1);
}

#[tokio::test]
async fn flipped_bit_in_any_body_byte_is_refused() {
    let body = |request: &[u8]| {
        let head = request.windows(4).position(|four| four == b"\r\n\r\n");
        head.unwrap() + 4..request.len()
    };
    assert!(Tampered::new().flip_each_byte(body).await > 100);
}

/// The service refuses a change of any byte.
#[tokio::test]
async fn flipped_bit_in_the_content_type_is_refused() {
    let length = Tampered::new()
        .flip_each_byte(|request| value(request, "content-type"))
        .await;
    assert_eq!(length, "application/json; charset=utf-8".len());
}

#[tokio::test]
async fn flipped_bit_in_any_host_byte_is_refused() {
    let length = Tampered::new()
        .flip_each_byte(|request| value(request, "host"))
        .await;
    assert!(length >= "127.0.0.1:1024".len());
}

#[tokio::test]
async fn another_second_in_timestamp_is_refused() {
    let last_digit = |request: &[u8]| {
        let timestamp = value(request, "x-tc-timestamp");
        timestamp.end - 1..timestamp.end
    };
    assert_eq!(Tampered::new().flip_each_byte(last_digit).await, 1);
}

#[tokio::test]
async fn another_digit_in_signature_is_refused() {
    let tampered = Tampered::new();
    tampered.proxy.change(|request| {
        let last = value(request, "authorization").end - 1;
        request[last] = if request[last] == b'0' { b'1' } else { b'0' };
    });
    is_refused(tampered.send().await);
    assert!(tampered.simulator.messages().is_empty());
}

#[tokio::test]
async fn secret_differing_in_one_byte_is_refused() {
    let rig = Rig::new();
    for (key, wrong, code) in [
        (
            "accessKeySecret",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLF",
            "AuthFailure.SignatureFailure",
        ),
        (
            "accessKeyId",
            "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLF",
            "AuthFailure.SecretIdNotFound",
        ),
    ] {
        let mut config = rig.config();
        config[key] = wrong.into();
        let failure = not_sent(rig.send_with(&config, &code_to(MAINLAND)).await);
        assert_eq!(
            (failure.kind, failure.provider_code.as_deref()),
            (FailureKind::Authentication, Some(code))
        );
        assert!(!format!("{failure:?}").contains(wrong));
    }
    assert!(rig.simulator.messages().is_empty());
    accepted(rig.send(&code_to(MAINLAND)).await);
}

/// `vectors/send_sms.py` computed the signatures with Python's `hmac`, on both sides of midnight UTC.
#[tokio::test]
async fn signed_bytes_match_other_implementation() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("vectors/send_sms.json")).unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let server = Server::start(|mut peer| async move {
            peer.request().await;
        });
        let (address, authority) = front("sms.tencentcloudapi.com", server.address()).await;
        let plugin = load(
            host()
                .allow("https://sms.tencentcloudapi.com")
                .unwrap()
                .resolve(&format!("sms.tencentcloudapi.com:443:{address}"))
                .unwrap()
                .trust_pem(authority.as_bytes())
                .wall_clock(WallClock::fixed(vector["timestamp"].as_u64().unwrap())),
        );
        let message = code_to(vector["to"].as_str().unwrap());
        let _ = plugin
            .send_message(&to_config(&config(None)), &message)
            .await;

        let [request] = &server.requests()[..] else {
            panic!("one request")
        };
        assert_eq!(request.body, vector["body"].as_str().unwrap().as_bytes());
        for (header, key) in [
            ("authorization", "authorization"),
            ("content-type", "content_type"),
            ("host", "host"),
        ] {
            assert_eq!(request.header(header), vector[key].as_str(), "{vector}");
        }
        assert_eq!(
            request.header("x-tc-timestamp"),
            Some(vector["timestamp"].to_string().as_str())
        );
        for (header, expected) in [
            ("x-tc-action", "SendSms"),
            ("x-tc-version", "2021-01-11"),
            ("x-tc-region", "ap-guangzhou"),
        ] {
            assert_eq!(request.header(header), Some(expected));
        }
        assert_eq!(request.header("x-tc-token"), None);
    }
}
