//! Messages through the whole connector, over a scripted transport.

use connector_kit::connector::{config_guard, preview_message, send_message, validate_config};
use connector_kit::contract::{FailureKind, MAY_BE_SENT, Message, Receipt, SendError, Severity};
use connector_kit::http::{Method, Request, Response};
use connector_kit::testing::{NOW, Script, mistakes};
use connector_kit::text::Language;
use serde_json::{Value, json};

use crate::Webhook;
use crate::sign::Keys;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const CODE: &str = "918273";
const NUMBER: &str = "+8613800138000";

fn config() -> Value {
    json!({
        "url": "https://sms.example.com/hook?team=a",
        "secret": SECRET,
        "authorization": "Bearer gateway-token",
    })
}

fn message() -> Message {
    Message {
        to: "00 86 138-0013-8000".into(),
        usage: "SignIn".into(),
        variables: vec![("code".into(), CODE.into()), ("name".into(), "Ada".into())],
        locales: Some(vec!["zh-CN".into(), "en".into()]),
        correlation_id: Some("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk".into()),
        ..Message::default()
    }
}

/// The outcome of one send, which must make one request.
fn send(answer: impl Fn(&Request<'_>) -> Response + 'static) -> Result<Receipt, SendError> {
    let mut script = Script::new(move |request| Ok(answer(request)));
    let outcome = send_message::<Webhook>(&config().to_string(), &message(), &mut script);
    assert_eq!(script.requests, 1);
    outcome
}

#[test]
fn request_is_the_documented_event_with_its_signature() {
    send(|request| {
        assert!(request.url.tls && request.method == Method::Post);
        assert_eq!(request.url.authority, "sms.example.com");
        assert_eq!(request.url.path, "/hook?team=a");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(
            request.header("authorization"),
            Some("Bearer gateway-token")
        );
        let id = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        assert_eq!(request.header("webhook-id"), Some(id));
        assert_eq!(request.header("webhook-timestamp"), Some("1551113065"));
        let keys = Keys::parse(SECRET).expect("keys");
        let signature = keys.signature(id, NOW, &request.body);
        assert_eq!(
            request.header("webhook-signature"),
            Some(signature.as_str())
        );
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let expected = json!({
            "type": "sms.send",
            "timestamp": "2019-02-25T16:44:25Z",
            "data": {
                "correlationId": id,
                "usage": "SignIn",
                "to": NUMBER,
                "variables": {"code": CODE, "name": "Ada"},
                "locales": ["zh-CN", "en"],
            },
        });
        assert_eq!(body, expected);
        // The byte that the client withholds.
        assert_eq!(request.body.last(), Some(&b'}'));
        Response::new(204, "")
    })
    .expect("accepted");
}

/// The receiver's id is taken where it is usable.
#[test]
fn message_id_falls_back_to_webhook_id() {
    let ours = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    for (body, expected) in [
        (r#"{"id": "sm-4711"}"#, "sm-4711"),
        (r#"{"id": "sm\u002d4711", "more": [1]}"#, "sm-4711"),
        (r#"{"id": ""}"#, ours),
        (r#"{"id": "two words"}"#, ours),
        (r#"{"id": 4711}"#, ours),
        ("{}", ours),
        ("thanks", ours),
        ("", ours),
    ] {
        let receipt = send(move |_| Response::new(200, body)).expect("accepted");
        assert_eq!(receipt.message_id, expected, "{body}");
    }
}

#[test]
fn status_decides_between_the_three_states() {
    for status in 100..600 {
        let outcome = send(move |_| Response::new(status, ""));
        let state = match &outcome {
            Ok(_) => "accepted",
            Err(SendError::NotSent(_)) => "not sent",
            Err(SendError::Unknown(failure)) => {
                assert!(failure.message.ends_with(MAY_BE_SENT), "{status}");
                "unknown"
            }
        };
        let expected = match status {
            200..300 => "accepted",
            408 | 409 | 425 | 429 => "unknown",
            400..500 => "not sent",
            _ => "unknown",
        };
        assert_eq!(state, expected, "{status}");
        if let Err(error) = outcome {
            let failure = error.failure();
            assert!(failure.message.contains(&status.to_string()), "{failure:?}");
            assert!(failure.attributes.iter().any(|(key, _)| key == "turn"));
        }
    }
}

#[test]
fn receivers_words_come_back_redacted() {
    let body = json!({"message": format!(
        "{NUMBER} 138-0013-8000 {CODE} Ada {SECRET} {} gateway-token is blocked",
        SECRET.trim_start_matches("whsec_")
    )});
    let error = send(move |_| Response::new(422, body.to_string())).expect_err("refused");
    let failure = error.failure();
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    let (_, words) = failure
        .attributes
        .iter()
        .find(|(key, _)| key == "provider-message")
        .expect("the receiver's words");
    assert!(words.ends_with("is blocked"), "{words}");
    let shown = format!("{error:?}");
    for hidden in [
        "13800138000",
        "0013",
        CODE,
        "Ada",
        SECRET.trim_start_matches("whsec_"),
        "gateway-token",
    ] {
        assert!(!shown.contains(hidden), "{hidden} shows in {shown}");
    }
}

#[test]
fn unusable_id_or_number_makes_no_request() {
    let with_id = |id: Option<&str>| Message {
        correlation_id: id.map(Into::into),
        ..message()
    };
    let with_number = |to: &str| Message {
        to: to.into(),
        ..message()
    };
    for message in [
        with_id(None),
        with_id(Some("")),
        with_id(Some("a.b")),
        with_id(Some("a b")),
        with_number("13800138000"),
        with_number(""),
    ] {
        let mut script = Script::new(|_| Ok(Response::new(200, "")));
        let config = config().to_string();
        let error = send_message::<Webhook>(&config, &message, &mut script).expect_err("refused");
        assert!(
            matches!(&error, SendError::NotSent(failure) if failure.kind == FailureKind::InvalidMessage)
        );
        let preview = preview_message::<Webhook>(&config, &message).expect_err("refused");
        assert_eq!(&preview, error.failure());
        assert_eq!(script.requests, 0);
    }
}

#[test]
fn transport_error_keeps_its_state() {
    let error = || connector_kit::contract::Failure::invalid_message("x");
    for expected in [SendError::NotSent(error()), SendError::Unknown(error())] {
        let answer = expected.clone();
        let mut script = Script::new(move |_| Err(answer.clone()));
        let outcome = send_message::<Webhook>(&config().to_string(), &message(), &mut script);
        let outcome = outcome.unwrap_err();
        assert_eq!(
            core::mem::discriminant(&outcome),
            core::mem::discriminant(&expected)
        );
        assert!(outcome.failure().message.starts_with('x'));
    }
}

#[test]
fn preview_has_parameters_and_a_masked_number() {
    let preview = preview_message::<Webhook>(&config().to_string(), &message()).expect("a preview");
    assert_eq!(preview.parameters, [CODE, "Ada"]);
    assert_eq!(preview.template, "SignIn");
    assert_eq!(
        preview.attributes,
        [("to".to_string(), "+86138****8000".to_string())]
    );
}

#[test]
fn config_timeout_bounds_the_call() {
    let mut config = config();
    config["timeoutMs"] = 1_500.into();
    let mut script = Script::new(|_| Ok(Response::new(200, "")));
    send_message::<Webhook>(&config.to_string(), &message(), &mut script).expect("accepted");
    assert_eq!(script.deadline_ms, Some(1_500));
}

#[test]
fn every_wrong_field_is_reported_at_once() {
    let found = |changes: Value| {
        let mut config = config();
        for (key, value) in changes.as_object().expect("an object") {
            config[key] = value.clone();
        }
        let found = validate_config::<Webhook>(&config.to_string(), Language::English);
        let found: Vec<_> = found
            .into_iter()
            .map(|each| (each.pointer, each.code, each.severity))
            .collect();
        found
    };
    assert_eq!(found(json!({})), []);
    assert_eq!(
        found(json!({"authorization": "", "timeoutMs": null, "url": "http://localhost:1/x"})),
        []
    );
    let error =
        |pointer: &str, code: &str| (pointer.to_string(), code.to_string(), Severity::Error);
    assert_eq!(
        found(
            json!({"url": "http://sms.example.com", "secret": "?", "authorization": "a\nb", "timeoutMs": 0})
        ),
        [
            error("/url", "malformed"),
            error("/secret", "malformed"),
            error("/authorization", "malformed"),
            error("/timeoutMs", "malformed"),
        ]
    );
    assert_eq!(
        found(json!({"url": null, "secret": "<whsec_…>"})),
        [error("/url", "required"), error("/secret", "placeholder")]
    );
    let warning = (
        "/secret".to_string(),
        "short-secret".to_string(),
        Severity::Warning,
    );
    assert_eq!(found(json!({"secret": "YWJj"})), [warning]);
}

#[test]
fn guard_requires_and_hides_what_it_must() {
    let guard = config_guard::<Webhook>(Language::Chinese);
    let schema: Value = serde_json::from_str(&guard.json_schema).expect("JSON");
    assert_eq!(schema["required"], json!(["url", "secret"]));
    assert_eq!(guard.secret_pointers, ["/secret", "/authorization"]);
}

#[test]
fn table_has_no_mistake() {
    assert_eq!(mistakes::<Webhook>(&config().to_string()), [""; 0]);
}
