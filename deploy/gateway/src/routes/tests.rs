use super::*;
use crate::bindings::auth::connector::sms::FailureKind;
use crate::bindings::auth::connector::sms_operations::{Delivery, DeliveryState};
use crate::settings::{CONFIG, KEY};
use serde_json::Value;
use std::cell::RefCell;

const SHOWN: &str = "Bearer example-key-of-the-tests-32-bytes";
const SEND: &str = r#"{"to":"+8613800138000","usage":"SignIn","variables":{"code":"918273"}}"#;
const FIND: &str = r#"{"to":"+8613800138000","max_age_s":600,"correlation_id":"c-1"}"#;

/// A connector that returns scripted answers, and records the arguments of its calls.
struct Scripted {
    sent: Result<Receipt, SendError>,
    found: Result<Deliveries, Failure>,
    findings: Vec<Diagnostic>,
    messages: RefCell<Vec<Message>>,
    queries: RefCell<Vec<DeliveryQuery>>,
}

impl Scripted {
    fn accepting() -> Self {
        Self {
            sent: Ok(Receipt {
                message_id: "9246:1".to_owned(),
                request_id: Some("r-1".to_owned()),
                attributes: vec![("route".to_owned(), "mainland".to_owned())],
            }),
            found: Ok(Deliveries {
                found: vec![Delivery {
                    message_id: "9246:1".to_owned(),
                    age_s: 7,
                    state: DeliveryState::Delivered,
                    attributes: vec![("provider-code".to_owned(), "DELIVRD".to_owned())],
                }],
                exhaustive: true,
            }),
            findings: Vec::new(),
            messages: RefCell::default(),
            queries: RefCell::default(),
        }
    }

    fn failing(error: fn(Failure) -> SendError, kind: FailureKind) -> Self {
        Self {
            sent: Err(error(failure(kind))),
            ..Self::accepting()
        }
    }
}

impl Connector for Scripted {
    fn validate_config(&self, _: &str) -> Vec<Diagnostic> {
        self.findings.clone()
    }

    fn send_message(&self, config: &str, message: &Message) -> Result<Receipt, SendError> {
        assert_eq!(config, "{}");
        self.messages.borrow_mut().push(message.clone());
        self.sent.clone()
    }

    fn find_deliveries(&self, _: &str, query: &DeliveryQuery) -> Result<Deliveries, Failure> {
        self.queries.borrow_mut().push(query.clone());
        self.found.clone()
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure {
        kind,
        message: "What happened.".to_owned(),
        provider_code: Some("LimitExceeded".to_owned()),
        request_id: Some("r-2".to_owned()),
        retry_after_ms: Some(30_001),
        diagnostics: Vec::new(),
        attributes: vec![("turn".to_owned(), "caller".to_owned())],
    }
}

fn finding(severity: Severity) -> Diagnostic {
    Diagnostic {
        pointer: "/signName".to_owned(),
        code: "required".to_owned(),
        severity,
        message: "Add it.".to_owned(),
        attributes: Vec::new(),
    }
}

fn settings() -> Result<Settings, Unusable> {
    Settings::read(|name| match name {
        KEY => Some(SHOWN.trim_start_matches("Bearer ").to_owned()),
        CONFIG => Some("{}".to_owned()),
        _ => None,
    })
}

fn head(method: &str, path: &str) -> Head {
    Head {
        method: method.to_owned(),
        path: path.to_owned(),
        authorization: Some(SHOWN.to_owned()),
        content_type: Some("application/json; charset=utf-8".to_owned()),
        correlation_id: Some("c-1".to_owned()),
        has_idempotency_key: false,
    }
}

fn call(head: &Head, body: &str, connector: &Scripted) -> (u16, Value) {
    let answer = answer(head, |_| Ok(body.into()), &settings(), connector);
    let kind = match answer.status {
        200 => "application/json",
        _ => "application/problem+json",
    };
    assert_eq!(answer.content_type, kind);
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[test]
fn accepted_message_is_answered_with_200() {
    let connector = Scripted::accepting();
    let (status, body) = call(&head("POST", "/v1/messages"), SEND, &connector);
    assert_eq!(status, 200);
    let expected = r#"{"state":"accepted","correlation_id":"c-1","provider_message":"9246:1","request_id":"r-1"}"#;
    assert_eq!(body, serde_json::from_str::<Value>(expected).unwrap());
    let messages = connector.messages.borrow();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].correlation_id.as_deref(), Some("c-1"));
}

#[test]
fn certain_failure_is_422_and_doubtful_one_502() {
    for (error, status, state, reference) in [
        (
            SendError::NotSent as fn(Failure) -> SendError,
            422,
            "not_sent",
            "/problems/not-sent",
        ),
        (SendError::Unknown, 502, "unknown", "/problems/unknown"),
    ] {
        // A kind proves nothing: a timeout is not sent before the request left, and unknown after.
        for (kind, name) in [
            (FailureKind::Timeout, "timeout"),
            (FailureKind::RateLimited, "rate-limited"),
        ] {
            let connector = Scripted::failing(error, kind);
            let (found, body) = call(&head("POST", "/v1/messages"), SEND, &connector);
            assert_eq!(found, status);
            for (member, value) in [
                ("type", reference),
                ("state", state),
                ("kind", name),
                ("correlation_id", "c-1"),
                ("turn", "caller"),
                ("provider_code", "LimitExceeded"),
                ("request_id", "r-2"),
                ("detail", "What happened."),
            ] {
                assert_eq!(body[member], value, "{member}");
            }
            assert_eq!(body["status"], status);
            assert_eq!(body["retry_after"], 31);
        }
    }
}

#[test]
fn refused_request_reaches_no_connector() {
    let refused = |change: fn(&mut Head), body: &str| {
        let connector = Scripted::accepting();
        let mut head = head("POST", "/v1/messages");
        change(&mut head);
        let (status, body) = call(&head, body, &connector);
        assert!(connector.messages.borrow().is_empty());
        assert_eq!(body["state"], "not_sent");
        (status, body["type"].as_str().unwrap().to_owned())
    };
    let none: fn(&mut Head) = |_| {};
    for (change, body, status, kind) in [
        (
            (|head| head.authorization = None) as fn(&mut Head),
            SEND,
            401,
            "unauthorized",
        ),
        (|head| head.content_type = None, SEND, 415, "not-json"),
        (
            |head| head.correlation_id = None,
            SEND,
            400,
            "correlation-id",
        ),
        (
            |head| "GET".clone_into(&mut head.method),
            SEND,
            405,
            "method",
        ),
        (
            |head| head.has_idempotency_key = true,
            SEND,
            400,
            "idempotency-key",
        ),
        (none, "{", 400, "malformed"),
        (none, "{}", 422, "invalid"),
    ] {
        assert_eq!(refused(change, body), (status, format!("/problems/{kind}")));
    }
}

#[test]
fn body_is_not_read_before_key_check() {
    for path in ["/v1/messages", "/v1/deliveries/find"] {
        let mut head = head("POST", path);
        head.authorization = Some(format!("{SHOWN}x"));
        let read = |_| panic!("the body was read");
        let answer = answer(&head, read, &settings(), &Scripted::accepting());
        assert_eq!(answer.status, 401);
        assert!(
            answer
                .headers
                .contains(&("www-authenticate", "Bearer".to_owned()))
        );
    }
}

#[test]
fn body_may_have_64_kib() {
    let connector = Scripted::accepting();
    let read = |most| {
        assert_eq!(most, 65_536);
        Err(Problem::new(413, "too-large", "The body is too large", ""))
    };
    let answer = answer(&head("POST", "/v1/messages"), read, &settings(), &connector);
    assert_eq!(answer.status, 413);
    assert!(
        answer
            .body
            .contains(r#""state":"not_sent","correlation_id":"c-1""#)
    );
}

#[test]
fn lookup_passes_the_query_on() {
    let connector = Scripted::accepting();
    let mut head = head("POST", "/v1/deliveries/find");
    head.correlation_id = None;
    let (status, body) = call(&head, FIND, &connector);
    assert_eq!(status, 200);
    let expected = r#"{"found":[{"provider_message":"9246:1","age_s":7,"state":"delivered",
        "attributes":{"provider-code":"DELIVRD"}}],"exhaustive":true}"#;
    assert_eq!(body, serde_json::from_str::<Value>(expected).unwrap());
    let queries = connector.queries.borrow();
    assert_eq!(queries[0].to, "+8613800138000");
    assert_eq!(queries[0].max_age_s, 600);
    assert_eq!(queries[0].correlation_id.as_deref(), Some("c-1"));
}

/// Otherwise a failed lookup could be read as "not sent".
#[test]
fn failed_lookup_has_no_state() {
    for (kind, status) in [
        (FailureKind::InvalidMessage, 422),
        (FailureKind::Unsupported, 501),
        (FailureKind::Timeout, 502),
    ] {
        let connector = Scripted {
            found: Err(failure(kind)),
            ..Scripted::accepting()
        };
        let (found, body) = call(&head("POST", "/v1/deliveries/find"), FIND, &connector);
        assert_eq!(found, status);
        assert_eq!(body["type"], "/problems/lookup-failed");
        assert_eq!(body.get("state"), None);
    }
}

#[test]
fn health_needs_no_key_and_a_usable_config() {
    let mut head = head("GET", "/healthz");
    head.authorization = None;
    for (findings, status) in [
        (vec![], 200),
        (vec![finding(Severity::Warning)], 200),
        (
            vec![finding(Severity::Warning), finding(Severity::Error)],
            503,
        ),
    ] {
        let connector = Scripted {
            findings,
            ..Scripted::accepting()
        };
        assert_eq!(call(&head, "", &connector).0, status);
    }
}

#[test]
fn gateway_without_settings_serves_nothing() {
    for (method, path) in [
        ("GET", "/healthz"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/deliveries/find"),
    ] {
        let read = |_| panic!("the body was read");
        for unusable in [Unusable::Key, Unusable::Config] {
            let connector = Scripted::accepting();
            let answer = answer(&head(method, path), read, &Err(unusable), &connector);
            assert_eq!(answer.status, 503, "{path}");
            assert!(answer.body.contains("/problems/not-configured"));
        }
    }
}

#[test]
fn other_paths_and_methods_are_refused() {
    for (method, path, status) in [
        ("GET", "/", 404),
        ("POST", "/v1/messages/", 404),
        ("POST", "/healthz", 405),
        ("GET", "/v1/deliveries/find", 405),
        ("", "/v1/messages", 405),
    ] {
        let (found, _) = call(&head(method, path), SEND, &Scripted::accepting());
        assert_eq!(found, status, "{method} {path}");
    }
}

/// Balancers may ask by HEAD, and clients read from a refusal what the path takes.
#[test]
fn refused_method_names_the_allowed_ones() {
    let ask = |method: &str, path: &str| {
        let head = head(method, path);
        answer(
            &head,
            |_| Ok(Vec::new()),
            &settings(),
            &Scripted::accepting(),
        )
    };
    assert_eq!(ask("HEAD", "/healthz").status, 200);
    for (path, methods) in [
        ("/healthz", "GET, HEAD"),
        ("/v1/messages", "POST"),
        ("/v1/deliveries/find", "POST"),
    ] {
        let refused = ask("", path);
        assert_eq!(refused.status, 405);
        assert_eq!(refused.headers, [("allow", methods.to_owned())], "{path}");
    }
    assert_eq!(ask("", "/other").headers, []);
}
