//! Redirects of blobs.

use crate::support::*;
use auth_connector_package::Grants;
use auth_connector_registry::{Bounds, Checks, Credentials, Reference, Settings, Source, pull};
use registry::response;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn blob_redirect_to_forbidden_place_is_refused() {
    for (to, reason) in [
        ("https://127.0.0.1:1/x", "leads to this machine"),
        ("https://localhost/x", "leads to this machine"),
        ("http://sms.example.com/x", "leads away from https"),
        ("https://10.0.0.1/x", "prohibited"),
        ("https://169.254.169.254/latest", "prohibited"),
        ("https://[fd00::1]/x", "prohibited"),
        ("https://user@sms.example.com/x", "cannot be read"),
    ] {
        let headers = format!("location: {to}\r\n");
        let error = with_component(|_| response(307, &headers, b"")).await;
        assert!(error.contains(reason), "{to}: {error}");
    }
}

#[tokio::test]
async fn redirects_end_after_three() {
    let (dist, registry) = published().await;
    let digest = dist.component_digest();
    let most = Arc::new(AtomicUsize::new(3));
    let (own, limit) = (registry.address, most.clone());
    registry.behave(move |request| {
        let number: usize = match request.path.strip_prefix("/hop/") {
            Some(number) => number.parse().unwrap(),
            None if is_component(request, &digest) => 0,
            None => return None,
        };
        if number < limit.load(Ordering::SeqCst) {
            let to = format!("location: http://{own}/hop/{}\r\n", number + 1);
            return Some(response(302, &to, b""));
        }
        None
    });
    let error = refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    // The third redirect is followed, and is not a blob.
    assert!(error.contains("is not in the registry"), "{error}");
    most.store(9, Ordering::SeqCst);
    let error = refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    assert!(error.contains("more than 3"), "{error}");
}

/// The registry requires a password; the target of its redirect does not get it.
#[tokio::test]
async fn redirect_carries_no_credentials() {
    let (dist, registry) = published().await;
    let (digest, component, own) = (
        dist.component_digest(),
        dist.component.clone(),
        registry.address,
    );
    registry.behave(move |request| {
        if request.path == "/elsewhere" {
            return Some(response(200, "", &component));
        }
        if !request
            .head
            .to_ascii_lowercase()
            .contains("authorization: basic")
        {
            return Some(response(
                401,
                "www-authenticate: Basic realm=\"x\"\r\n",
                b"",
            ));
        }
        let to = format!("location: http://{own}/elsewhere\r\n");
        is_component(request, &digest).then(|| response(307, &to, b""))
    });
    let settings = Settings {
        credentials: Some(Credentials::new("user", "hunter2").unwrap()),
        ..settings()
    };
    let reference = Reference::parse(&registry.reference(":1.4.0")).unwrap();
    let source = Source::of(&reference, &settings).unwrap();
    let requirements = trusting(&dist);
    let checks = Checks {
        requirements: &requirements,
        grants: &Grants::default(),
        provenance_key: None,
        bounds: Bounds::default(),
    };
    registry.forget();
    pull(&source, &reference, &checks).await.unwrap();
    for request in registry.requests() {
        let has_credentials = request.head.to_ascii_lowercase().contains("authorization");
        assert!(
            request.path != "/elsewhere" || !has_credentials,
            "{}",
            request.head
        );
    }
}
