//! Requests, and the retry after an expired timestamp.

use connector_kit::connector::{preview_message, send_message};
use connector_kit::http::Response;
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::{REQUEST_ID, Reply, SECRET_KEY, Service, dated, message, raw, refusal};

mod answers;
mod echo;
mod parameters;
mod routes;

fn config_with(change: impl FnOnce(&mut Value)) -> String {
    crate::tests::config_with(|config| {
        config["templates"] = json!([
            {"usageType": "SignIn", "templateCode": {"mainland": "1110000", "international": "1110002"}, "locale": "en"},
            {"usageType": "Register", "templateCode": "1110000"},
            {"usageType": "ForgotPassword", "templateCode": "1110000"},
            {"usageType": "Generic", "templateCode": {"mainland": "1110000"}},
        ]);
        change(config);
    })
}

fn config() -> String {
    config_with(|_| {})
}

fn send(config: &str, message: &Message, service: &mut Service) -> Result<Receipt, SendError> {
    send_message::<TencentSms>(config, message, service)
}

fn preview(config: &str, message: &Message) -> Result<Preview, Failure> {
    preview_message::<TencentSms>(config, message)
}

const SERIAL: &str = "5000:1045710669157053657849499619";

/// An entry about a number, without a correlation id.
fn entry(code: &str, number: &str, serial: &str) -> Value {
    json!({"SerialNo": serial, "PhoneNumber": number, "Fee": 1, "SessionContext": "", "Code": code,
        "Message": "send success", "IsoCode": "CN"})
}

fn set(entries: &[Value]) -> String {
    json!({"Response": {"SendStatusSet": entries, "RequestId": REQUEST_ID}}).to_string()
}

fn accepted() -> Reply {
    raw(200, &set(&[entry("Ok", "+8613800138000", SERIAL)]))
}

const SERVER_TIME: &str = "Mon, 25 Feb 2019 16:50:00 GMT";

fn expired() -> Reply {
    refusal("AuthFailure.SignatureExpire")
}

fn broken() -> Failure {
    Failure::new(FailureKind::Unreachable, Turn::Host, "No route.")
}

/// Logto's connector 1.4.4 builds its body so, but for the number's plus. Without a correlation id the service gets
/// no other key.
#[test]
fn body_has_the_keys_of_logto_in_order() {
    let mut service = Service::with([accepted()]);
    send(&config(), &message(), &mut service).unwrap();
    assert_eq!(
        service.asked[0].text,
        "{\"SmsSdkAppId\":\"1400006666\",\"SignName\":\"\u{817e}\u{8baf}\u{4e91}\",\"TemplateId\":\"1110000\",\
         \"TemplateParamSet\":[\"123456\"],\"PhoneNumberSet\":[\"+8613800138000\"]}"
    );
}

/// Expected values by `tests/vectors/send_sms.py`, which shares no code with the connector.
#[test]
fn request_equals_that_of_an_independent_implementation() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/vectors/send_sms.json")).unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let message = Message {
            to: vector["to"].as_str().unwrap().into(),
            variables: vec![("code".into(), "918273".into())],
            ..message()
        };
        let mut service = Service::with([accepted()]);
        service.now = vector["timestamp"].as_u64().unwrap();
        // The scripted answer is about one number; only the request matters here.
        let _ = send(&config(), &message, &mut service);
        let asked = &service.asked[0];
        assert_eq!(asked.text, vector["body"], "{}", vector["name"]);
        let authorization = asked.header("authorization");
        assert_eq!(authorization, vector["authorization"], "{}", vector["name"]);
        assert_eq!(asked.authority, vector["host"]);
        assert_eq!(asked.header("content-type"), vector["content_type"]);
    }
}

#[test]
fn receipt_names_template_and_fallback() {
    let attributes = |usage: &str, locales: &[&str]| {
        let message = Message {
            usage: usage.into(),
            locales: Some(locales.iter().map(|tag| (*tag).into()).collect()),
            ..message()
        };
        let receipt = send(&config(), &message, &mut Service::with([accepted()]));
        receipt.unwrap().attributes
    };
    assert_eq!(
        attributes("SignIn", &["en-GB"]),
        [
            attribute("route", "mainland"),
            attribute("template", "1110000"),
            attribute("usage", "SignIn"),
            attribute("fallback", "false"),
            attribute("locale", "en"),
            attribute("segments", "1"),
            attribute("country", "CN"),
        ]
    );
    let fell_back = attributes("BindMfa", &[]);
    assert!(fell_back.contains(&attribute("usage", "Generic")));
    assert!(fell_back.contains(&attribute("fallback", "true")));
}

#[test]
fn expired_signature_is_renewed_once_with_server_time() {
    let mut service = Service::with([dated(expired(), SERVER_TIME), accepted()]);
    let receipt = send(&config(), &message(), &mut service).unwrap();
    assert!(receipt.attributes.contains(&attribute("attempts", "2")));
    let [first, second] = service.asked.as_slice() else {
        panic!("two requests")
    };
    assert_eq!(second.header("x-tc-timestamp"), "1551113400");
    assert_eq!(first.text, second.text);
    assert_ne!(
        first.header("authorization"),
        second.header("authorization")
    );
}

#[test]
fn expired_signature_is_renewed_in_any_case_of_its_code() {
    let expired = refusal("authfailure.signatureExpire");
    let mut service = Service::with([dated(expired, SERVER_TIME), accepted()]);
    send(&config(), &message(), &mut service).unwrap();
}

#[test]
fn expired_signature_without_usable_date_is_not_renewed() {
    for answer in [expired(), dated(expired(), "yesterday")] {
        let mut service = Service::with([answer]);
        let Err(SendError::NotSent(failure)) = send(&config(), &message(), &mut service) else {
            panic!("a refused signature sends nothing")
        };
        let code = failure.provider_code.as_deref();
        assert_eq!(code, Some("AuthFailure.SignatureExpire"));
        assert_eq!(failure.kind, FailureKind::Authentication);
    }
}

#[test]
fn signature_that_expires_twice_is_not_renewed_again() {
    let expired = || dated(expired(), SERVER_TIME);
    let mut service = Service::with([expired(), expired()]);
    let Err(SendError::NotSent(failure)) = send(&config(), &message(), &mut service) else {
        panic!("a refused signature sends nothing")
    };
    assert_eq!(service.asked.len(), 2);
    assert!(failure.attributes.contains(&attribute("attempts", "2")));
}

/// A gateway's status makes the outcome unknown, whatever code stands below it.
#[test]
fn nothing_else_is_attempted_twice() {
    for code in [
        "RequestLimitExceeded",
        "InternalError",
        "AuthFailure.SignatureFailure",
        "ServiceUnavailable",
    ] {
        let mut service = Service::with([dated(refusal(code), SERVER_TIME)]);
        let outcome = send(&config(), &message(), &mut service);
        assert!(outcome.is_err(), "{code}");
    }
    let expired = expired().map(|response| Response {
        status: 500,
        ..response
    });
    let mut service = Service::with([dated(expired, SERVER_TIME)]);
    let outcome = send(&config(), &message(), &mut service);
    assert!(matches!(outcome, Err(SendError::Unknown(_))));
    for error in [SendError::NotSent(broken()), SendError::Unknown(broken())] {
        let mut service = Service::with([Err(error.clone())]);
        let outcome = send(&config(), &message(), &mut service).unwrap_err();
        assert_eq!(
            core::mem::discriminant(&outcome),
            core::mem::discriminant(&error)
        );
        assert!(outcome.failure().message.starts_with("No route."));
    }
}

#[test]
fn transport_error_of_second_attempt_stands() {
    let second = Err(SendError::Unknown(broken()));
    let mut service = Service::with([dated(expired(), SERVER_TIME), second]);
    let Err(SendError::Unknown(failure)) = send(&config(), &message(), &mut service) else {
        panic!("the second attempt may have arrived")
    };
    assert!(failure.attributes.contains(&attribute("attempts", "2")));
}

#[test]
fn impossible_config_or_message_causes_no_request() {
    use FailureKind::{Denied, InvalidConfig, InvalidMessage, NoTemplate};
    let with = |change: fn(&mut Message)| {
        let mut message = message();
        change(&mut message);
        message
    };
    let blank = config_with(|config| config["signName"] = json!(""));
    let denying = config_with(|config| config["deniedCountries"] = json!(["86"]));
    for (config, message, kind) in [
        ("{".into(), message(), InvalidConfig),
        (blank, message(), InvalidConfig),
        (denying, message(), Denied),
        (
            config(),
            with(|to| to.to = "13800138000".into()),
            InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables.clear()),
            InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables[0].1 = "12345a".into()),
            InvalidMessage,
        ),
        (
            config(),
            with(|message| message.correlation_id = Some("a\nb".into())),
            InvalidMessage,
        ),
        (
            config(),
            with(|message| {
                message.to = "+14155552671".into();
                message.usage = "BindMfa".into();
            }),
            NoTemplate,
        ),
    ] {
        let mut service = Service::with([]);
        let Err(SendError::NotSent(failure)) = send(&config, &message, &mut service) else {
            panic!("{kind:?}: not sent was expected")
        };
        assert_eq!(failure.kind, kind);
        assert_eq!(preview(&config, &message).unwrap_err(), failure);
        assert!(service.asked.is_empty());
    }
}

#[test]
fn preview_shows_the_message_and_masks_the_number() {
    let preview = preview(&config(), &message()).unwrap();
    assert_eq!(
        (preview.route.as_str(), preview.template.as_str()),
        ("mainland", "1110000")
    );
    assert_eq!(preview.parameters, ["123456"]);
    assert_eq!(
        preview.attributes,
        [
            attribute("usage", "SignIn"),
            attribute("fallback", "false"),
            attribute("locale", "en"),
            attribute("to", "+86138****8000"),
        ]
    );
}

#[test]
fn debug_output_holds_no_number_code_or_secret() {
    let preview = preview(&config(), &message()).unwrap();
    let echo = json!({"Response": {"Error": {"Code": "FailedOperation.ContainSensitiveWord",
        "Message": format!("123456 to +8613800138000 by {SECRET_KEY}")}}});
    let mut service = Service::with([raw(200, &echo.to_string())]);
    let error = send(&config(), &message(), &mut service).unwrap_err();
    for shown in [
        format!("{:?}", message()),
        format!("{preview:?}"),
        format!("{error:?}"),
    ] {
        for secret in ["123456", "13800138000", "138 0013", SECRET_KEY] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
