use super::*;
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::webhooks::{self as rows, Remembered};
use crate::service::test_app::{TestApp, leave_open, tenant_with_events};
use crate::service::verification::Once;
use auth_connector_host::FailureKind;
use serde_json::{Value, json};

const WHSEC: &str = "v1,whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const SECRET: &str = "a-secret-of-an-example";

/// Supabase's message as old GoTrue writes it, without an identifier.
fn supabase() -> Value {
    json!({"user": {"phone": "8613800138000"}, "sms": {"otp": "123456"}})
}

/// The stored form of a request with this body.
fn asked(test: &TestApp, webhook: &Webhook, headers: &HeaderMap, body: &Value) -> Asked {
    let wanted = adapters::read(&webhook.settings, body);
    let mut wanted = wanted.unwrap().unwrap();
    let (number, _) = Number::parse_bare(&wanted.to, &webhook.bare).unwrap();
    let usage = usage_of(&webhook.settings, wanted.kind.as_deref());
    let marks = Marks::of(webhook, headers, body.clone(), wanted.id.take());
    let marks = marks.unwrap_or_else(|verdict| panic!("{verdict:?}"));
    marks.asked(&test.app, webhook, &wanted, &number, (&usage, &[]))
}

/// Stores a message of this webhook with its outcome so long ago, and its request by `reserve`.
async fn settled(
    test: &TestApp,
    webhook: &Webhook,
    (state, kind): (State, Option<FailureKind>),
    ago_ms: i64,
    reserve: impl FnOnce(&rusqlite::Connection, &Message) -> Result<(), StoreError> + Send + 'static,
) {
    let draft = Draft {
        tenant: webhook.tenant.clone(),
        verification: None,
        source: Some(webhook.id.clone()),
        number: Number::parse("+8613800138000", None).unwrap(),
        usage: "SignIn".to_owned(),
        locales: Vec::new(),
        variables: Vec::new(),
        route: Vec::new(),
        deadline: Instant::now(),
    };
    let at = ids::now_ms() - ago_ms;
    let row = Message {
        state,
        kind,
        created_at: at,
        settled_at: Some(at),
        ..draft.row(&test.app, "c_1").unwrap()
    };
    let written = test.app.store.write(move |db| {
        messages::add(db, &row)?;
        messages::settle(db, &row)?;
        reserve(db, &row)
    });
    written.await.unwrap();
}

/// A message of this webhook that was accepted so long ago, and the stored form of its request.
async fn taken(test: &TestApp, webhook: &Webhook, body: &Value, ago_ms: i64) -> Asked {
    let asked = asked(test, webhook, &HeaderMap::new(), body);
    let remembered = asked.clone();
    let accepted = (State::Accepted, None);
    settled(test, webhook, accepted, ago_ms, move |db, row| {
        remembered.reserve(db, row)
    })
    .await;
    asked
}

fn is_settled(test: &TestApp, asked: &Asked) -> bool {
    let known = test.app.store.read(|db| asked.known(db)).unwrap();
    matches!(known, Some(Known::Settled(_)))
}

fn with_key(key: &str) -> HeaderMap {
    HeaderMap::from_iter([(
        axum::http::HeaderName::from_static("idempotency-key"),
        axum::http::HeaderValue::from_bytes(key.as_bytes()).unwrap(),
    )])
}

/// Settings of webhooks, a change of each, and a message that the change reads otherwise.
fn edits() -> Vec<(Value, Value, Value)> {
    let message =
        json!({"to": "13125550123", "code": "123456", "otp": "654321", "type": "a", "id": "1"});
    let kratos =
        json!({"to": "+8613800138000", "template_type": "login_code_valid", "code": "123456"});
    let zitadel = json!({
        "contextInfo": {"eventType": "session.otp.sms.challenged", "recipientPhoneNumber": "+8613800138000"},
        "args": {"oTP": "123456"},
    });
    let generic = |more: Value| {
        let mut settings =
            json!({"platform": "generic", "bare_digits": "national:CN", "secrets": [SECRET]});
        for (name, value) in more.as_object().unwrap() {
            settings[name] = value.clone();
        }
        settings
    };
    let plain = || generic(json!({}));
    vec![
        (
            json!({"platform": "kratos", "secrets": [SECRET]}),
            json!({"usages": {"login_code_valid": "Generic"}}),
            kratos,
        ),
        (
            json!({"platform": "zitadel", "secrets": [SECRET]}),
            json!({"usages": {"session.otp.sms.challenged": "SignIn"}}),
            zitadel,
        ),
        (plain(), json!({"usage": "SignIn"}), message.clone()),
        (plain(), json!({"usages": {"a": "SignIn"}}), message.clone()),
        (plain(), json!({"fields": {"id": "/id"}}), message.clone()),
        (
            generic(json!({"fields": {"id": "/id"}})),
            json!({"fields": {"id": null}}),
            message.clone(),
        ),
        (plain(), json!({"fields": {"type": null}}), message.clone()),
        (
            plain(),
            json!({"fields": {"code": "/otp"}}),
            message.clone(),
        ),
        (plain(), json!({"bare_digits": "national:US"}), message),
    ]
}

/// Operators edit a webhook when its messages fail, which is between two attempts of a platform.
#[tokio::test]
async fn request_is_recognised_after_setting_was_edited() {
    let test = TestApp::new().await;
    for (nth, (settings, edit, body)) in edits().into_iter().enumerate() {
        let name = format!("hook-{nth}");
        let webhook = test.webhook(&name, settings).await;
        taken(&test, &webhook, &body, 0).await;
        let edited = test.webhook(&name, edit.clone()).await;
        let again = asked(&test, &edited, &HeaderMap::new(), &body);
        assert!(is_settled(&test, &again), "{edit}");
        let mut other = body.clone();
        other["locale"] = json!("de");
        other["id"] = json!("2");
        other["code"] = json!("111111");
        other["otp"] = json!("222222");
        other["args"] = json!({"oTP": "333333"});
        let other = asked(&test, &edited, &HeaderMap::new(), &other);
        assert!(!is_settled(&test, &other), "{edit}: another code");
    }
}

/// Under an identifier of its own as well: a request is tried again only if the operator's correction affects it.
#[tokio::test]
async fn refused_request_is_tried_again_after_setting_was_mended() {
    let test = TestApp::new().await;
    for (nth, (settings, edit, body)) in edits().into_iter().enumerate() {
        let name = format!("hook-{nth}");
        let webhook = test.webhook(&name, settings).await;
        for headers in [HeaderMap::new(), with_key("key")] {
            let first = asked(&test, &webhook, &headers, &body);
            let reserved = first.clone();
            let refused = (State::NotSent, Some(FailureKind::InvalidConfig));
            settled(&test, &webhook, refused, 0, move |db, row| {
                reserved.reserve(db, row)
            })
            .await;
            assert!(is_settled(&test, &first), "{edit}: nothing was mended");
        }
        let edited = test.webhook(&name, edit.clone()).await;
        for headers in [HeaderMap::new(), with_key("key")] {
            let again = asked(&test, &edited, &headers, &body);
            let known = test.app.store.read(|db| again.known(db)).unwrap();
            // A pointer to an identifier does not change the message that is sent.
            let is_alike = edit.pointer("/fields/id").is_some();
            assert_eq!(known.is_none(), !is_alike, "{edit}");
        }
    }
}

/// An identifier that a platform or an operator adds between two attempts.
#[tokio::test]
async fn request_is_known_although_its_identifier_is_new() {
    let test = TestApp::new().await;
    let settings = json!({"platform": "generic", "secrets": [SECRET]});
    let webhook = test.webhook("hook", settings).await;
    let mut body = json!({"to": "+8613800138000", "code": "123456", "uuid": "u1", "at": 1});
    taken(&test, &webhook, &body, 0).await;
    let keyed = asked(&test, &webhook, &with_key("key"), &body);
    assert!(is_settled(&test, &keyed));
    let edited = test
        .webhook("hook", json!({"fields": {"id": "/uuid"}}))
        .await;
    body["at"] = json!(2);
    let again = asked(&test, &edited, &HeaderMap::new(), &body);
    assert!(is_settled(&test, &again));
    body["code"] = json!("654321");
    let other = asked(&test, &edited, &HeaderMap::new(), &body);
    assert!(!is_settled(&test, &other));
}

/// A body that is copied and posted with another key is another message (docs/platforms.md).
#[tokio::test]
async fn same_body_under_another_key_is_another_message() {
    let test = TestApp::new().await;
    let settings = json!({"platform": "generic", "secrets": [SECRET]});
    let webhook = test.webhook("hook", settings).await;
    let body = json!({"to": "+8613800138000", "code": "123456"});
    let first = asked(&test, &webhook, &with_key("a"), &body);
    let accepted = (State::Accepted, None);
    settled(&test, &webhook, accepted, 0, move |db, row| {
        first.reserve(db, row)
    })
    .await;
    for (key, is_known) in [("a", true), ("\"a\"", true), ("b", false)] {
        let again = asked(&test, &webhook, &with_key(key), &body);
        assert_eq!(is_settled(&test, &again), is_known, "{key}");
    }
}

/// A version before this one remembered the usage that was mapped, and no body.
#[tokio::test]
async fn request_of_version_before_is_recognised_after_update() {
    let test = TestApp::new().await;
    let settings = json!({"platform": "kratos", "secrets": [SECRET]});
    let webhook = test.webhook("hook", settings).await;
    let body =
        json!({"to": "+8613800138000", "template_type": "login_code_valid", "code": "123456"});
    let now = asked(&test, &webhook, &HeaderMap::new(), &body);
    let parts = |usage: &str| -> Vec<u8> {
        let texts = [
            "kratos",
            &webhook.id,
            "+8613800138000",
            usage,
            "login_code_valid",
            "123456",
        ];
        let framed = texts.map(|text| [&text.len().to_be_bytes(), text.as_bytes()].concat());
        framed.concat()
    };
    for usage in ["SignIn", "Generic", "MfaVerification"] {
        let purpose = crate::service::crypt::Purpose::Search;
        let request = test.app.keys.hash(&webhook.tenant, purpose, &parts(usage));
        let key = crate::service::crypt::digest(&[b"request", &request]);
        assert!(!is_settled(&test, &now), "{usage}");
        let removed = key.clone();
        let accepted = (State::Accepted, None);
        settled(&test, &webhook, accepted, 0, move |db, row| {
            let before = Remembered {
                request,
                route: Vec::new(),
                message: row.id.clone(),
                created_at: ids::now_ms(),
            };
            rows::remember(db, &row.tenant, &key, &before)
        })
        .await;
        assert!(is_settled(&test, &now), "{usage}");
        let removing = test.app.store.write(move |db| {
            db.execute("DELETE FROM webhook_keys WHERE key = ?1", [removed])?;
            Ok::<_, StoreError>(())
        });
        removing.await.unwrap();
    }
}

/// A key that is ignored would be a second message once the window of the request without it is over.
#[tokio::test]
async fn unusable_idempotency_key_is_refused() {
    let test = TestApp::new().await;
    let settings = json!({"platform": "generic", "auth": "bearer", "secrets": [SECRET]});
    let webhook = test.webhook("hook", settings).await;
    let body = json!({"to": "+8613800138000", "code": "123456"}).to_string();
    let longest = "x".repeat(255);
    let too_long = "x".repeat(256);
    for (key, status) in [
        ("a", 403),
        (longest.as_str(), 403),
        (too_long.as_str(), 400),
        ("schl\u{fc}ssel-1", 400),
        ("", 400),
        ("\"a", 400),
    ] {
        let mut headers = webhook.auth.prove(SECRET, "t_1", 0, b"");
        headers.extend(with_key(key));
        let answer = post(&test, &webhook, headers, body.clone()).await;
        // Without a flow, a message that is read is refused as one that no flow serves.
        assert_eq!(answer.status().as_u16(), status, "{key}");
    }
    let mut headers = webhook.auth.prove(SECRET, "t_1", 0, b"");
    for key in ["a", "b"] {
        headers.append("idempotency-key", key.parse().unwrap());
    }
    let answer = post(&test, &webhook, headers, body).await;
    assert_eq!(answer.status().as_u16(), 400, "two keys");
}

/// If the message has no code, the connector's refusal is about the template that the operator mapped.
#[tokio::test]
async fn refused_message_is_about_the_number_where_its_code_is_sendable() {
    let test = TestApp::new().await;
    tenant_with_events(&test.app).await;
    leave_open(&test.app, "m", ids::now_ms()).await;
    let row = test.app.store.read(|db| messages::get(db, "t", "m"));
    let row = Message {
        state: State::NotSent,
        kind: Some(FailureKind::InvalidMessage),
        ..row.unwrap().unwrap()
    };
    for (has_code, class) in [(true, Class::BadNumber), (false, Class::Setup)] {
        let Verdict::Refused(refused) = Verdict::of_message(&row, "c", has_code) else {
            panic!("a message that was not sent is refused");
        };
        assert_eq!(refused.class, class);
    }
}

/// A signature with a time is valid for five minutes both ways, and anyone who has the request can post it again until
/// then.
#[tokio::test]
async fn signed_request_is_recognised_while_its_signature_is_good() {
    let test = TestApp::new().await;
    let zitadel = json!({"to": "+8613800138000", "code": "123456"});
    for (nth, (settings, body, ago_s, is_known)) in [
        (
            json!({"platform": "supabase", "secrets": [WHSEC]}),
            supabase(),
            31,
            true,
        ),
        (
            json!({"platform": "supabase", "secrets": [WHSEC]}),
            supabase(),
            600,
            true,
        ),
        (
            json!({"platform": "supabase", "secrets": [WHSEC]}),
            supabase(),
            602,
            false,
        ),
        (
            json!({"platform": "generic", "auth": "zitadel", "secrets": [SECRET]}),
            zitadel.clone(),
            600,
            true,
        ),
        // A secret in a header has no time.
        (
            json!({"platform": "generic", "secrets": [SECRET]}),
            zitadel,
            31,
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let webhook = test.webhook(&format!("hook-{nth}"), settings).await;
        let asked = taken(&test, &webhook, &body, ago_s * 1000).await;
        let is_settled = is_settled(&test, &asked);
        assert_eq!(is_settled, is_known, "{nth}: {ago_s} s ago");
    }
}

async fn post(test: &TestApp, webhook: &Webhook, headers: HeaderMap, body: String) -> Response {
    let platform = webhook.settings.platform.as_str().to_owned();
    let path = Path((platform, webhook.id.clone()));
    receive(State(test.app.clone()), path, headers, Body::from(body)).await
}

/// A caller without a secret is told apart from the platform, whatever is wrong with the request.
#[tokio::test]
async fn call_without_proof_is_listed_as_unproved() {
    let test = TestApp::new().await;
    let settings = json!({"platform": "supabase", "secrets": [WHSEC]});
    let signed = test.webhook("signed", settings).await;
    let settings = json!({"platform": "generic", "secrets": [SECRET]});
    let bearer = test.webhook("bearer", settings).await;
    let large = " ".repeat(BODY_BYTES + 1);
    let body = supabase().to_string();
    let now_s = ids::now_ms() / 1000;
    let proof = |webhook: &Webhook, at: i64, body: &str| {
        let secret = webhook.secrets.last().unwrap();
        webhook.auth.prove(secret, "t_1", at, body.as_bytes())
    };
    for (webhook, headers, body, status, is_proved) in [
        (&signed, HeaderMap::new(), body.clone(), 401, false),
        (&signed, HeaderMap::new(), large.clone(), 413, false),
        (
            &signed,
            proof(&signed, now_s - 400, &body),
            body.clone(),
            401,
            false,
        ),
        (&signed, proof(&signed, now_s, &body), body, 200, true),
        (&bearer, HeaderMap::new(), large.clone(), 401, false),
        (&bearer, proof(&bearer, now_s, ""), large, 413, true),
    ] {
        let answer = post(&test, webhook, headers, body).await;
        let call = test.app.calls.of(&webhook.id).remove(0);
        assert_eq!((answer.status().as_u16(), call.status), (status, status));
        assert_eq!(call.is_proved, is_proved, "{} {status}", webhook.name);
    }
}
