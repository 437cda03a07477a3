use super::*;
use crate::test_app::TestApp;
use serde_json::json;

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
