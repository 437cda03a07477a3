//! Messages through the whole connector, over a scripted network.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use connector_kit::config::secret_pointers;
use connector_kit::connector::{send_message, validate_config};
use connector_kit::contract::{FailureKind, Message, Receipt, SendError};
use connector_kit::http::Response;
use connector_kit::testing::{Script, mistakes};
use connector_kit::text::Language;

use crate::{AcmeSmsConnector, config};

const CONFIG: &str = r#"{"apiKey": "example-api-key", "sender": "Example"}"#;

/// One message, which the provider answers with a status and a body.
fn send(status: u16, body: &'static str) -> Result<Receipt, SendError> {
    let message = Message {
        to: "+8613800138000".into(),
        usage: "SignIn".into(),
        variables: vec![("code".into(), "918273".into())],
        correlation_id: Some("m-1".into()),
        ..Message::default()
    };
    let mut network = Script::new(move |request| {
        assert_eq!(
            request.header("authorization"),
            Some("Bearer example-api-key")
        );
        let expected = r#"{"from":"Example","to":"+8613800138000","text":"Your code is 918273.","reference":"m-1"}"#;
        assert_eq!(request.body, expected.as_bytes());
        Ok(Response::new(status, body))
    });
    let outcome = send_message::<AcmeSmsConnector>(CONFIG, &message, &mut network);
    assert_eq!(network.requests, 1);
    outcome
}

#[test]
fn answer_with_an_id_is_accepted() {
    for body in [r#"{"id": "sm-4711"}"#, r#"{"id": "sm-4711", "error": 0}"#] {
        assert_eq!(send(201, body).unwrap().message_id, "sm-4711", "{body}");
    }
}

#[test]
fn documented_refusal_is_not_sent() {
    let outcome = send(401, r#"{"error": "no such key"}"#);
    let Err(SendError::NotSent(failure)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(failure.kind, FailureKind::Authentication);
}

#[test]
fn answer_that_proves_nothing_is_unknown() {
    for (status, body) in [
        (201, "{}"),
        (201, "?"),
        (302, ""),
        (429, ""),
        (500, "{}"),
        (503, ""),
    ] {
        let outcome = send(status, body);
        assert!(
            matches!(outcome, Err(SendError::Unknown(_))),
            "{status} {body}: {outcome:?}"
        );
    }
}

/// Number, code and secret are taken out.
#[test]
fn provider_words_come_back_redacted() {
    let body = r#"{"error": "+8613800138000 918273 example-api-key is blocked"}"#;
    let shown = format!("{:?}", send(422, body));
    assert!(shown.contains("is blocked"), "{shown}");
    for hidden in ["13800138000", "918273", "example-api-key"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[test]
fn every_wrong_field_is_reported_at_once() {
    let found = |text| validate_config::<AcmeSmsConnector>(text, Language::English);
    assert_eq!(found(CONFIG), []);
    let config = r#"{"apiKey": "a b", "text": "Hello", "endpoint": "http://sms.example.com"}"#;
    let pointers: Vec<String> = found(config)
        .into_iter()
        .map(|finding| finding.pointer)
        .collect();
    assert_eq!(pointers, ["/apiKey", "/sender", "/text", "/endpoint"]);
}

/// Put every field into `CONFIG` that you add, and every secret into the list here.
#[test]
fn table_has_no_mistake_and_names_its_secrets() {
    assert_eq!(mistakes::<AcmeSmsConnector>(CONFIG), [""; 0]);
    assert_eq!(secret_pointers(&config::FIELDS), ["/apiKey"]);
}
