use super::*;
use crate::store::StoreError;
use crate::test_app::{TestApp, verification};
use axum::http::{HeaderValue, header};
use serde_json::json;
use std::sync::mpsc::channel;

const SECRET: &str = "a-secret-of-an-example";

/// A service has its own list of calls, and the address of another platform's webhook is none.
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

/// One commit carries both, so that the right code is on the disk before the wrong one has its answer.
#[tokio::test]
async fn wrong_code_is_not_approved_by_right_one_beside_it() {
    let test = TestApp::new().await;
    let (webhook, sid, headers) = service(&test).await;
    let v = verification(&test.app, "+8613800138000", Some(&webhook.id), "123456");
    let sent = v.id.replace("v_", "VE");
    let added = test.app.store.write(move |db| verifications::add(db, &v));
    added.await.unwrap();
    let (release, released) = channel::<()>();
    let held = test.app.store.write(move |_| {
        let _ = released.recv();
        Ok::<_, StoreError>(())
    });
    let post = |code| {
        let body = Body::from(format!("VerificationSid={sent}&Code={code}"));
        check(
            State(test.app.clone()),
            Path(sid.clone()),
            headers.clone(),
            body,
        )
    };
    let (_, wrong, right, _) = tokio::join!(
        biased;
        held,
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
