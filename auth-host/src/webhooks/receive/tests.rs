use super::*;
use crate::store::message::Message;
use crate::store::messages;
use crate::test_app::{TestApp, leave_open, tenant_with_events};
use crate::verification::Once;
use serde_json::{Value, json};

const WHSEC: &str = "v1,whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const SECRET: &str = "a-secret-of-an-example";

/// Supabase's message as old GoTrue writes it, without an identifier.
fn supabase() -> Value {
    json!({"user": {"phone": "8613800138000"}, "sms": {"otp": "123456"}})
}

/// A message of this webhook that was taken so long ago, and what its request is remembered as.
async fn taken(test: &TestApp, webhook: &Webhook, body: &Value, ago_ms: i64) -> Asked {
    let app = &test.app;
    let wanted = adapters::read(&webhook.settings, body);
    let wanted = wanted.unwrap().unwrap();
    let (number, _) = Number::parse_bare(&wanted.to, &webhook.bare).unwrap();
    let asked = asked(app, webhook, &wanted, &number, "SignIn", &[]);
    let draft = Draft {
        tenant: webhook.tenant.clone(),
        verification: None,
        source: Some(webhook.id.clone()),
        number,
        usage: "SignIn".to_owned(),
        locales: Vec::new(),
        variables: Vec::new(),
        route: Vec::new(),
        deadline: Instant::now(),
    };
    let at = ids::now_ms() - ago_ms;
    let row = Message {
        state: crate::store::message::State::Accepted,
        created_at: at,
        settled_at: Some(at),
        ..draft.row(app, "c_1", None).unwrap()
    };
    let remembered = asked.clone();
    let written = app.store.write(move |db| {
        messages::add(db, &row)?;
        messages::settle(db, &row)?;
        remembered.reserve(db, &row)
    });
    written.await.unwrap();
    asked
}

/// Where the message has no code, what the connector cannot send is the template that the operator mapped.
#[tokio::test]
async fn refused_message_is_about_the_number_where_its_code_is_sendable() {
    let test = TestApp::new().await;
    tenant_with_events(&test.app).await;
    leave_open(&test.app, "m", ids::now_ms()).await;
    let row = test.app.store.read(|db| messages::get(db, "t", "m"));
    let row = Message {
        state: crate::store::message::State::NotSent,
        kind: Some("invalid-message".to_owned()),
        ..row.unwrap().unwrap()
    };
    for (has_code, class) in [(true, Class::BadNumber), (false, Class::Setup)] {
        let Verdict::Refused(refused) = Verdict::of_message(&row, "c", has_code) else {
            panic!("a message that was not sent is refused");
        };
        assert_eq!(refused.class, class);
    }
}

/// A signature with a time is good for five minutes both ways, and whoever has the request can post it again until then.
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
        let known = test.app.store.read(|db| asked.known(db)).unwrap();
        let is_settled = matches!(known, Some(Known::Settled(_)));
        assert_eq!(is_settled, is_known, "{nth}: {ago_s} s ago");
    }
}

async fn post(test: &TestApp, webhook: &Webhook, headers: HeaderMap, body: String) -> Response {
    let platform = webhook.settings.platform.as_str().to_owned();
    let path = Path((platform, webhook.id.clone()));
    receive(State(test.app.clone()), path, headers, Body::from(body)).await
}

/// Who has no secret is told from the platform, whatever is wrong with the request.
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
