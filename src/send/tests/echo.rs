//! The correlation id that an acceptance must bring back.

use super::*;

fn correlated(id: &str) -> Message {
    Message {
        correlation_id: Some(id.into()),
        ..message()
    }
}

/// An entry that brings back a value in place of the correlation id; `None` for no such key.
fn echoing(code: &str, echo: Option<Value>) -> Reply {
    let mut entry = entry(code, "+8613800138000", SERIAL);
    match echo {
        Some(echo) => entry["SessionContext"] = echo,
        None => drop(entry.as_object_mut().unwrap().remove("SessionContext")),
    }
    raw(200, &set(&[entry]))
}

fn outcome(config: &str, message: &Message, reply: Reply) -> Result<Receipt, SendError> {
    send(config, message, &mut Service::with([reply]))
}

#[test]
fn correlation_id_travels_as_session_context() {
    let mut service = Service::with([echoing("Ok", Some(json!("order-7")))]);
    send(&config(), &correlated("order-7"), &mut service).unwrap();
    let text = &service.asked[0].text;
    assert!(text.ends_with(",\"SessionContext\":\"order-7\"}"), "{text}");
}

#[test]
fn acceptance_with_its_correlation_id_is_accepted() {
    let longest = "x".repeat(128);
    for id in ["order-7", " ", "\"quoted\\\"", longest.as_str()] {
        let reply = echoing("Ok", Some(json!(id)));
        let receipt = outcome(&config(), &correlated(id), reply).unwrap();
        assert_eq!(receipt.message_id, SERIAL, "{id}");
    }
}

/// Case and white space count: the caller chose the id, and the service keeps it byte for byte.
#[test]
fn acceptance_without_its_correlation_id_is_unknown() {
    for echo in [
        None,
        Some(Value::Null),
        Some(json!("")),
        Some(json!("order-8")),
        Some(json!("Order-7")),
        Some(json!("order-7 ")),
        Some(json!("order-77")),
    ] {
        let shown = format!("{echo:?}");
        let error = outcome(&config(), &correlated("order-7"), echoing("Ok", echo));
        let Err(SendError::Unknown(failure)) = error else {
            panic!("{shown}: {error:?}")
        };
        assert_eq!(failure.kind, FailureKind::Provider, "{shown}");
        assert!(failure.message.contains("correlation id"), "{failure:?}");
        assert!(failure.message.contains("acceptWithoutEcho"), "{failure:?}");
        assert_eq!(failure.request_id.as_deref(), Some(REQUEST_ID));
        assert_eq!(failure.provider_code, None, "Ok is no code of a failure");
        assert!(!format!("{failure:?}").contains("order-"), "{failure:?}");
    }
}

/// The service may leave it out where it refuses; another message's is another message's refusal.
#[test]
fn refusal_counts_unless_it_brings_another_id() {
    let code = "LimitExceeded.PhoneNumberDailyLimit";
    for (echo, is_certain) in [
        (None, true),
        (Some(Value::Null), true),
        (Some(json!("")), true),
        (Some(json!("order-7")), true),
        (Some(json!("order-8")), false),
        (Some(json!(" ")), false),
    ] {
        let shown = format!("{echo:?}");
        let reply = echoing(code, echo);
        let error = outcome(&config(), &correlated("order-7"), reply).unwrap_err();
        assert_eq!(
            matches!(error, SendError::NotSent(_)),
            is_certain,
            "{shown}"
        );
        let failure = error.failure();
        assert_eq!(failure.provider_code.as_deref(), Some(code), "{shown}");
    }
}

/// A refusal of the whole request has no entry, so there is nothing to compare.
#[test]
fn refused_request_needs_no_correlation_id() {
    let reply = refusal("AuthFailure.SignatureFailure");
    let error = outcome(&config(), &correlated("order-7"), reply);
    assert!(matches!(error, Err(SendError::NotSent(_))), "{error:?}");
}

#[test]
fn message_without_correlation_id_needs_no_echo() {
    for echo in [None, Some(json!("")), Some(json!("of somebody else"))] {
        let shown = format!("{echo:?}");
        let receipt = outcome(&config(), &message(), echoing("Ok", echo));
        assert!(receipt.is_ok(), "{shown}");
    }
}

#[test]
fn accept_without_echo_accepts_any_id() {
    let off = config_with(|config| config["acceptWithoutEcho"] = json!(true));
    let code = "LimitExceeded.PhoneNumberDailyLimit";
    for echo in [None, Some(json!("")), Some(json!("order-8"))] {
        let accepted = outcome(&off, &correlated("order-7"), echoing("Ok", echo.clone()));
        assert!(accepted.is_ok(), "{echo:?}");
        let refused = outcome(&off, &correlated("order-7"), echoing(code, echo.clone()));
        assert!(matches!(refused, Err(SendError::NotSent(_))), "{echo:?}");
    }
    for on in [json!(false), Value::Null, json!("")] {
        let config = config_with(|config| config["acceptWithoutEcho"] = on.clone());
        let outcome = outcome(&config, &correlated("order-7"), echoing("Ok", None));
        assert!(matches!(outcome, Err(SendError::Unknown(_))), "{on}");
    }
}

/// Other keys of the request do not depend on the switch or on the id.
#[test]
fn correlation_id_adds_one_key_and_nothing_else() {
    let body = |config: &str, message: &Message| {
        let mut service = Service::with([raw(200, "")]);
        let _ = send(config, message, &mut service);
        service.asked.swap_remove(0).text
    };
    let plain = body(&config(), &message());
    let off = config_with(|config| config["acceptWithoutEcho"] = json!(true));
    assert_eq!(plain, body(&off, &message()));
    let with = body(&config(), &correlated("order-7"));
    assert_eq!(with, body(&off, &correlated("order-7")));
    let open = plain.strip_suffix('}').unwrap();
    assert_eq!(with, format!("{open},\"SessionContext\":\"order-7\"}}"));
}

/// The second attempt after an expired signature answers for the same message.
#[test]
fn second_attempt_must_echo_too() {
    let first = dated(expired(), SERVER_TIME);
    let second = echoing("Ok", Some(json!("order-8")));
    let mut service = Service::with([first, second]);
    let outcome = send(&config(), &correlated("order-7"), &mut service);
    assert!(matches!(outcome, Err(SendError::Unknown(_))), "{outcome:?}");
}
