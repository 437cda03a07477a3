//! Credentials, token servers, and registries that are reached without encryption.

use crate::support::*;
use auth_connector_registry::{Bounds, Checks, Credentials, Reference, Settings, Source, pull};
use registry::response;
use std::time::Duration;

#[tokio::test]
async fn token_server_of_another_domain_is_given_nothing() {
    let (dist, registry) = published().await;
    registry.behave(|_| {
        let challenge =
            "www-authenticate: Bearer realm=\"https://sms.example.com/token\",service=\"x\"\r\n";
        Some(response(401, challenge, b""))
    });
    let error = refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    assert!(error.contains("of another domain"), "{error}");
}

#[tokio::test]
async fn token_is_asked_for_this_repository_alone() {
    let (dist, registry) = published().await;
    let own = registry.address;
    registry.behave(move |request| {
        if request.path.starts_with("/token") {
            return Some(response(200, "", br#"{"token": "t0"}"#));
        }
        let challenge = format!(
            "www-authenticate: Bearer realm=\"http://{own}/token\",service=\"r\",scope=\"repository:other:delete\"\r\n"
        );
        let is_known = request.head.to_ascii_lowercase().contains("authorization: bearer t0");
        (!is_known).then(|| response(401, &challenge, b""))
    });
    pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    let tokens: Vec<_> = registry
        .requests()
        .into_iter()
        .filter(|r| r.path.starts_with("/token"))
        .collect();
    assert_eq!(tokens.len(), 1);
    assert_eq!(
        tokens[0].path,
        "/token?service=r&scope=repository%3Aacme%2Fsms%3Apull"
    );
}

/// A registry's text may repeat the credentials, in any encoding.
#[tokio::test]
async fn refusal_after_credentials_shows_a_code_alone() {
    let (dist, registry) = published().await;
    let settings = Settings {
        credentials: Some(Credentials::new("ada", "secretpw").unwrap()),
        ..settings()
    };
    let reference = Reference::parse(&registry.reference(":1.4.0")).unwrap();
    let source = Source::of(&reference, &settings).unwrap();
    let requirements = trusting(&dist);
    let checks = Checks {
        requirements: &requirements,
        grants: &auth_connector_package::Grants::default(),
        provenance_key: None,
        bounds: Bounds::default(),
    };
    // The code of a registry that is hostile or careless may be anything.
    for (code, shown) in [
        ("TOOMANYREQUESTS", "HTTP status 429: TOOMANYREQUESTS"),
        ("secretpw", "HTTP status 429"),
    ] {
        registry.behave(move |request| {
            let head = request.head.to_ascii_lowercase();
            let Some(sent) = head.split("authorization: ").nth(1) else {
                let challenge = "www-authenticate: Basic realm=\"r\"\r\n";
                return Some(response(401, challenge, b""));
            };
            let sent = sent.lines().next().unwrap_or_default();
            let body = format!(
                r#"{{"errors": [{{"code": "{code}", "message": "{sent} ada:secretpw"}}]}}"#
            );
            Some(response(429, "", body.as_bytes()))
        });
        let error = refusal(pull(&source, &reference, &checks).await);
        assert!(error.ends_with(shown), "{error}");
    }
}

#[tokio::test]
async fn loopback_registry_over_http_needs_leave() {
    let (dist, registry) = published().await;
    let settings = Settings {
        has_loopback_http: false,
        time: Duration::from_secs(1),
        ..settings()
    };
    registry.forget();
    let reference = Reference::parse(&registry.reference(":1.4.0")).unwrap();
    let source = Source::of(&reference, &settings).unwrap();
    let requirements = trusting(&dist);
    let checks = Checks {
        requirements: &requirements,
        grants: &auth_connector_package::Grants::default(),
        provenance_key: None,
        bounds: Bounds::default(),
    };
    let error = refusal(pull(&source, &reference, &checks).await);
    assert!(error.contains("https://127.0.0.1"), "{error}");
    assert!(
        registry
            .requests()
            .iter()
            .all(|request| !request.path.starts_with("/v2"))
    );
}
