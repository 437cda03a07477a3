//! Responses, and the state that each proves.

use connector_kit::contract::MAY_BE_SENT;

use super::*;
use crate::codes::{Certainty, classify, known_codes};

fn outcome(status: u16, body: &str) -> Result<Receipt, SendError> {
    send(
        &config(),
        &message(),
        &mut Service::with([raw(status, body)]),
    )
}

fn refused(code: &str, message: &str) -> String {
    json!({"Response": {"Error": {"Code": code, "Message": message}, "RequestId": REQUEST_ID}})
        .to_string()
}

/// Certainty and failure of what must not be an acceptance.
fn failure(status: u16, body: &str) -> (Certainty, Failure) {
    match outcome(status, body) {
        Err(SendError::NotSent(failure)) => (Certainty::NotSent, failure),
        Err(SendError::Unknown(failure)) => (Certainty::Unknown, failure),
        Ok(receipt) => panic!("{body}: {receipt:?}"),
    }
}

fn value<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn code_means_the_same_in_both_places() {
    for code in known_codes() {
        let (class, _) = classify(code);
        for body in [
            refused(code, "words"),
            set(&[entry(code, "+8613800138000", "")]),
        ] {
            let (certainty, failure) = failure(200, &body);
            assert_eq!(
                (failure.kind, certainty),
                (class.kind, class.certainty),
                "{code}"
            );
            assert_eq!(failure.provider_code.as_deref(), Some(code));
            assert_eq!(failure.request_id.as_deref(), Some(REQUEST_ID), "{code}");
            let is_open = failure.message.ends_with(MAY_BE_SENT);
            assert_eq!(is_open, certainty == Certainty::Unknown, "{code}");
        }
    }
}

#[test]
fn limit_says_how_long_to_wait() {
    for (code, wait) in [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Some(30_000)),
        ("LimitExceeded.PhoneNumberOneHourLimit", Some(3_600_000)),
        ("LimitExceeded.DeliveryFrequencyLimit", Some(30_000)),
        ("RequestLimitExceeded", Some(1_000)),
        // 00:44:25 in China: 2,665 seconds into the day.
        (
            "LimitExceeded.PhoneNumberDailyLimit",
            Some((86_400 - 2_665) * 1_000),
        ),
        (
            "LimitExceeded.AppDailyLimit",
            Some((86_400 - 2_665) * 1_000),
        ),
        (
            "FailedOperation.MarketingSendTimeConstraint",
            Some((8 * 3_600 - 2_665) * 1_000),
        ),
        ("FailedOperation.InsufficientBalanceInSmsPackage", None),
        ("AuthFailure.SignatureFailure", None),
    ] {
        let (_, failure) = failure(200, &refused(code, ""));
        assert_eq!(failure.retry_after_ms, wait, "{code}");
    }
}

#[test]
fn ok_with_a_serial_number_is_accepted() {
    for code in ["Ok", "OK", "ok"] {
        for number in ["+8613800138000", "8613800138000"] {
            let receipt = outcome(200, &set(&[entry(code, number, SERIAL)])).unwrap();
            assert_eq!(receipt.message_id, SERIAL);
            assert_eq!(receipt.request_id.as_deref(), Some(REQUEST_ID));
            let expected = [attribute("segments", "1"), attribute("country", "CN")];
            assert!(receipt.attributes.ends_with(&expected));
        }
    }
}

#[test]
fn country_is_two_capital_letters() {
    for (written, country) in [
        (json!("CN"), Some("CN")),
        (json!("DEF"), None),
        (json!("cn"), None),
        (json!("C1"), None),
        (json!("C"), None),
        (json!(""), None),
        (Value::Null, None),
    ] {
        let mut ok = entry("Ok", "+8613800138000", SERIAL);
        ok["IsoCode"] = written.clone();
        let receipt = outcome(200, &set(&[ok])).unwrap();
        assert_eq!(value(&receipt.attributes, "country"), country, "{written}");
    }
}

#[test]
fn words_of_the_provider_are_passed_on() {
    for (written, words) in [("no such signature", Some("no such signature")), ("", None)] {
        let body = refused("FailedOperation.SignatureIncorrectOrUnapproved", written);
        let (_, failure) = failure(200, &body);
        assert_eq!(value(&failure.attributes, "provider-message"), words);
    }
}

/// Nothing less than an acceptance is one, and nothing ambiguous is certain.
#[test]
fn ambiguous_response_is_unknown() {
    let ok = || entry("Ok", "+8613800138000", SERIAL);
    let other = |code: &str, serial: &str| entry(code, "+8613800138001", serial);
    let both = json!({"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": ""},
        "SendStatusSet": [ok()]}});
    let text = |response: Value| json!({ "Response": response }).to_string();
    for (case, status, body) in [
        ("an empty set", 200, set(&[])),
        ("another number", 200, set(&[other("Ok", SERIAL)])),
        (
            "another number's refusal",
            200,
            set(&[other("LimitExceeded.DailyLimit", "")]),
        ),
        ("ours and another", 200, set(&[ok(), other("Ok", SERIAL)])),
        ("ours twice", 200, set(&[ok(), ok()])),
        (
            "Ok without a serial number",
            200,
            set(&[entry("Ok", "+8613800138000", "")]),
        ),
        (
            "Ok with a serial number that is none",
            200,
            set(&[entry("Ok", "+8613800138000", "<b>")]),
        ),
        ("Ok beside an error", 200, both.to_string()),
        ("Ok under status 400", 400, set(&[ok()])),
        ("Ok under status 302", 302, set(&[ok()])),
        ("Ok under status 503", 503, set(&[ok()])),
        (
            "a refusal under status 500",
            500,
            refused("AuthFailure.SignatureFailure", ""),
        ),
        ("no set and no error", 200, text(json!({"RequestId": "x"}))),
        ("no Response", 200, "{}".into()),
        ("a Response that is a text", 200, text(json!("Ok"))),
        (
            "an entry without a code",
            200,
            text(json!({"SendStatusSet": [{"SerialNo": "1:1"}]})),
        ),
        (
            "a set that is a text",
            200,
            text(json!({"SendStatusSet": "Ok"})),
        ),
        (
            "an error without a code",
            200,
            text(json!({"Error": {"Message": "no"}})),
        ),
        ("an error that is a text", 200, text(json!({"Error": "no"}))),
        (
            "the legacy shape",
            200,
            r#"{"code":4100,"message":"auth","codeDesc":"AuthFailure"}"#.into(),
        ),
        (
            "half an answer",
            200,
            r#"{"Response":{"SendStatusSet":[{"Seri"#.into(),
        ),
        ("nothing", 200, String::new()),
        ("a page", 200, "<html><body>Ok</body></html>".into()),
        ("a page of a proxy", 403, "<html>Forbidden</html>".into()),
        (
            "a page of a gateway",
            502,
            "<html>Bad Gateway</html>".into(),
        ),
        ("control characters", 200, "\u{0}\u{1}".into()),
        ("deep nesting", 200, "[".repeat(40)),
        (
            "a longer body than is read",
            200,
            format!("{}{}", set(&[ok()]), " ".repeat(65_536)),
        ),
    ] {
        let (certainty, failure) = failure(status, &body);
        assert_eq!(
            (certainty, failure.kind),
            (Certainty::Unknown, FailureKind::Provider),
            "{case}"
        );
        assert!(failure.message.ends_with(MAY_BE_SENT), "{case}");
    }
}

#[test]
fn null_beside_a_result_counts_as_absent() {
    let ok = entry("Ok", "+8613800138000", SERIAL);
    let body = json!({"Response": {"Error": null, "SendStatusSet": [ok], "RequestId": null}});
    assert!(outcome(200, &body.to_string()).is_ok());
    let body = json!({"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": null},
        "SendStatusSet": null}});
    let (certainty, failure) = failure(200, &body.to_string());
    assert_eq!(certainty, Certainty::NotSent, "{failure:?}");
}

/// Nothing depends on these fields, so a message that was taken stays one.
#[test]
fn inessential_field_of_another_type_is_absent() {
    for (key, value) in [
        ("Fee", json!("1")),
        ("Fee", json!(-1)),
        ("Message", json!(7)),
        ("IsoCode", json!(["CN"])),
    ] {
        let mut ok = entry("Ok", "+8613800138000", SERIAL);
        ok[key] = value;
        let body = json!({"Response": {"SendStatusSet": [ok], "RequestId": 7}});
        let receipt = outcome(200, &body.to_string()).unwrap();
        assert_eq!(receipt.request_id, None, "{key}");
    }
    let mut refused = entry("LimitExceeded.DailyLimit", "+8613800138000", "");
    refused["SerialNo"] = Value::Null;
    let (certainty, _) = failure(200, &set(&[refused]));
    assert_eq!(certainty, Certainty::NotSent);
}

/// Code and correlation id decide, so another type makes the answer unusable.
#[test]
fn essential_field_of_another_type_is_unusable() {
    for (key, value) in [
        ("Code", json!(0)),
        ("Code", Value::Null),
        ("SerialNo", json!(5000)),
        ("PhoneNumber", json!(8_613_800_138_000_u64)),
        ("SessionContext", json!(7)),
    ] {
        let mut ok = entry("Ok", "+8613800138000", SERIAL);
        ok[key] = value;
        let (certainty, failure) = failure(200, &set(&[ok]));
        assert_eq!(certainty, Certainty::Unknown, "{key}");
        assert_eq!(failure.kind, FailureKind::Provider, "{key}");
    }
}

/// An error beside entries that are all refusals is an error.
#[test]
fn error_beside_a_refused_entry_is_a_refusal() {
    let entry = entry("LimitExceeded.DailyLimit", "+8613800138000", "");
    let body = json!({"Response": {"Error": {"Code": "LimitExceeded.DailyLimit", "Message": ""},
        "SendStatusSet": [entry]}});
    let (certainty, _) = failure(200, &body.to_string());
    assert_eq!(certainty, Certainty::NotSent);
}

/// The service may have answered through a gateway that failed: its code and its request id help the support desk.
#[test]
fn status_5xx_keeps_code_and_request_id() {
    for (body, code) in [
        (
            refused("AuthFailure.SignatureFailure", "no"),
            Some("AuthFailure.SignatureFailure"),
        ),
        (set(&[entry("Ok", "+8613800138000", SERIAL)]), None),
    ] {
        for status in [500, 502, 599] {
            let (certainty, failure) = failure(status, &body);
            assert_eq!(certainty, Certainty::Unknown);
            assert_eq!(failure.provider_code.as_deref(), code);
            assert_eq!(failure.request_id.as_deref(), Some(REQUEST_ID));
            let status = status.to_string();
            assert!(failure.message.contains(&status), "{failure:?}");
        }
    }
}

#[test]
fn refusal_under_status_400_is_the_services() {
    let (certainty, failure) = failure(400, &refused("AuthFailure.SignatureFailure", "no"));
    assert_eq!(
        (certainty, failure.kind),
        (Certainty::NotSent, FailureKind::Authentication)
    );
}

#[test]
fn echo_of_the_request_is_redacted() {
    let echo = format!("code 123456 to +8613800138000 or 138 0013 8000 with {SECRET_KEY}");
    let numbers = json!({"Response": {"Error": {"Code": "123456", "Message": ""},
        "RequestId": "13800138000"}});
    let bodies = [
        refused("FailedOperation.ContainSensitiveWord", &echo),
        refused("Code.13800138000", &echo),
        numbers.to_string(),
        set(&[entry("13800138000", "+8613800138000", "")]),
        set(&[entry("Ok", "13800138000", "13800138000")]),
    ];
    for body in bodies {
        for status in [200, 500] {
            let shown = format!("{:?}", outcome(status, &body).unwrap_err());
            for secret in ["123456", "13800138000", "0013", "Gu5t9x"] {
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
    }
}

/// A parameter of a notice may be any word, and a documented code is not a secret.
#[test]
fn documented_code_survives_a_parameter_within_it() {
    let config = config_with(|config| {
        config["templates"][0]["kind"] = json!("notice");
        config["templates"][0]["params"] = json!(["A", "Auth", "Signature"]);
    });
    let body = refused("AuthFailure.SignatureExpire", "");
    let mut service = Service::with([raw(200, &body)]);
    let error = send(&config, &message(), &mut service).unwrap_err();
    let code = error.failure().provider_code.as_deref();
    assert_eq!(code, Some("AuthFailure.SignatureExpire"));
}
