use super::*;
use crate::service::problem::Problem;
use crate::service::test_app::{TestApp, hold, verification};
use axum::http::{HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::mpsc::channel;

const SECRET: &str = "a-secret-of-an-example";

/// A service has its own list of calls, and the address of another platform's webhook is not a service.
#[tokio::test]
async fn call_is_listed_at_a_service_alone() {
    let test = TestApp::new().await;
    for (platform, listed) in [("generic", 0), ("twilio-verify", 1)] {
        let body = json!({"platform": platform, "secrets": [SECRET]});
        let webhook = test.webhook(platform, body).await;
        let sid = format!("VA{}", webhook.id.trim_start_matches("w_"));
        let headers = webhook.auth.prove("another-secret", "t_1", 0, b"");
        let body = Body::from("To=%2B8613800138000&Channel=sms");
        let answer = start(State(test.app.clone()), Path(sid), headers, body).await;
        assert_eq!(answer.err(), Some(UNAUTHORIZED), "{platform}");
        let calls = test.app.calls.of(&webhook.id);
        assert_eq!(calls.len(), listed, "{platform}");
        assert!(calls.iter().all(|call| !call.is_proved), "{platform}");
    }
}

/// The service `verify`, and the headers of its callers.
async fn service(test: &TestApp) -> (Arc<Webhook>, String, HeaderMap) {
    let body = json!({"platform": "twilio-verify", "secrets": [SECRET]});
    let webhook = test.webhook("verify", body).await;
    let sid = format!("VA{}", webhook.id.trim_start_matches("w_"));
    let mut headers = webhook.auth.prove(SECRET, "t_1", 0, b"");
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    headers.insert(header::CONTENT_TYPE, form);
    (webhook, sid, headers)
}

async fn shown(answer: Result<Response, Error>) -> Value {
    let body = answer.unwrap().into_body();
    let bytes = axum::body::to_bytes(body, BODY_BYTES).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// One commit carries both, so that the right code is on the disk before the wrong one has its response.
#[tokio::test]
async fn wrong_code_is_not_approved_by_right_one_beside_it() {
    let test = TestApp::new().await;
    let (webhook, sid, headers) = service(&test).await;
    let v = verification(&test.app, "+8613800138000", Some(&webhook.id), "123456");
    let sent = v.id.replace("v_", "VE");
    let added = test.app.store.write(move |db| verifications::add(db, &v));
    added.await.unwrap();
    let (release, released) = channel();
    hold(&test.app.store, released);
    let post = |code| {
        let body = Body::from(format!("VerificationSid={sent}&Code={code}"));
        check(
            State(test.app.clone()),
            Path(sid.clone()),
            headers.clone(),
            body,
        )
    };
    let (wrong, right, _) = tokio::join!(
        biased;
        post("000000"),
        post("123456"),
        async { drop(release) },
    );
    let (wrong, right) = (shown(wrong).await, shown(right).await);
    assert_eq!(
        (&wrong["status"], &wrong["valid"]),
        (&json!("pending"), &json!(false))
    );
    assert_eq!(
        (&right["status"], &right["valid"]),
        (&json!("approved"), &json!(true))
    );
}

#[tokio::test]
async fn fifth_wrong_code_is_answered_as_the_last() {
    let test = TestApp::new().await;
    let (webhook, sid, headers) = service(&test).await;
    let v = verification(&test.app, "+8613800138000", Some(&webhook.id), "123456");
    let sent = v.id.replace("v_", "VE");
    let added = test.app.store.write(move |db| verifications::add(db, &v));
    added.await.unwrap();
    let post = || {
        let body = Body::from(format!("VerificationSid={sent}&Code=000000"));
        check(
            State(test.app.clone()),
            Path(sid.clone()),
            headers.clone(),
            body,
        )
    };
    for status in [
        "pending",
        "pending",
        "pending",
        "pending",
        "max_attempts_reached",
    ] {
        let wrong = shown(post().await).await;
        assert_eq!(
            (&wrong["status"], &wrong["valid"]),
            (&json!(status), &json!(false))
        );
    }
    assert_eq!(post().await.err(), Some(error::TOO_MANY_CHECKS));
}

/// The message may have been sent, and Twilio's callers would send another one elsewhere after an error.
#[tokio::test]
async fn late_outcome_is_answered_with_the_verification() {
    let (test, release) = TestApp::held_after_intent().await;
    test.serve_by_nobody().await;
    let (webhook, sid, headers) = service(&test).await;
    let body = Body::from("To=%2B8613800138000&Channel=sms");
    let late = start(State(test.app.clone()), Path(sid), headers, body).await;
    let late = shown(late).await;
    assert_eq!(
        (&late["status"], &late["valid"]),
        (&json!("pending"), &json!(false))
    );
    assert_eq!(late["send_code_attempts"][0]["state"], "sending");
    let calls = test.app.calls.of(&webhook.id);
    let calls: Vec<_> = calls
        .iter()
        .map(|call| (call.status, call.outcome.as_str()))
        .collect();
    assert_eq!(calls, [(201, "unknown")]);
    drop(release);
}

#[test]
fn only_what_was_certainly_not_sent_is_called_so() {
    let not_sent = Error::of_message(&json!({"state": "not_sent", "kind": "unreachable"}));
    for (kind, is_not_sent) in [
        ("stopped", true),
        ("storage", false),
        ("outcome-late", false),
        ("in-flight", false),
        ("internal", false),
    ] {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, kind, "", "");
        assert_eq!(
            Some(Error::from(problem)) == not_sent,
            is_not_sent,
            "{kind}"
        );
    }
    assert_eq!(Error::from(Problem::late("")), LATE);
}
