//! Blobs that differ from their description: each is refused in one line, and nothing is kept.

use crate::support::*;
use auth_connector_registry::Bounds;
use registry::{DRIPPING, ENDLESS, SILENT, response};
use std::time::{Duration, Instant};

/// Delay of a test's own work on a busy machine.
const SLACK: Duration = Duration::from_secs(10);

/// Error line of a pull within these limits.
async fn refused_within(registry: &Registry, dist: &Dist, bounds: Bounds) -> String {
    let reference = registry.reference(":1.4.0");
    refusal(pulled_by(&reference, &trusting(dist), None, bounds).await)
}

#[tokio::test]
async fn other_bytes_are_refused() {
    let error = with_component(|dist| response(200, "", &vec![0; dist.component.len()])).await;
    assert!(error.contains("the registry sent other bytes"), "{error}");
}

#[tokio::test]
async fn blob_larger_than_it_says_is_refused() {
    let error = with_component(|dist| response(200, "", &vec![0; dist.component.len() + 1])).await;
    assert!(error.contains("expected were at most"), "{error}");
}

/// Without a length, only the bytes received show the size.
#[tokio::test]
async fn endless_blob_is_refused_at_its_bound() {
    let endless = |_: &Dist| [b"HTTP/1.1 200 x\r\nconnection: close\r\n\r\n", ENDLESS].concat();
    let error = with_component(endless).await;
    assert!(error.contains("or more, expected were at most"), "{error}");
}

#[tokio::test]
async fn part_of_a_blob_is_refused() {
    let error = with_component(|dist| response(200, "", &dist.component[..100])).await;
    assert!(error.contains("sent a part of it"), "{error}");
    let cut = |dist: &Dist| {
        let head = format!(
            "HTTP/1.1 200 x\r\ncontent-length: {}\r\n\r\n",
            dist.component.len()
        );
        [head.as_bytes(), &dist.component[..100]].concat()
    };
    let error = with_component(cut).await;
    assert!(error.contains("broke off"), "{error}");
}

#[tokio::test]
async fn component_beyond_the_bound_is_not_asked_for() {
    let (dist, registry) = published().await;
    registry.forget();
    let bounds = Bounds {
        component: 1000,
        ..Bounds::default()
    };
    let error = refused_within(&registry, &dist, bounds).await;
    assert!(error.contains("expected were at most 1000"), "{error}");
    assert_eq!(registry.requests().len(), 1);
}

#[tokio::test]
async fn silent_registry_is_given_up_in_time() {
    let (dist, registry) = published().await;
    registry.behave(|_| Some([b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n", SILENT].concat()));
    let bounds = Bounds {
        time: Duration::from_secs(1),
        ..Bounds::default()
    };
    let begun = Instant::now();
    let error = refused_within(&registry, &dist, bounds).await;
    assert!(error.contains("longer than the 1 s"), "{error}");
    assert!(begun.elapsed() < bounds.time + SLACK);
}

/// A slow byte stream keeps no connection longer than the time limit of the pull.
#[tokio::test]
async fn dripping_registry_keeps_no_connection_beyond_the_time() {
    let (dist, registry) = published().await;
    let digest = dist.component_digest();
    let drip = [b"HTTP/1.1 200 x\r\ncontent-length: 1000\r\n\r\n", DRIPPING].concat();
    let dripped = digest.clone();
    registry.behave(move |request| is_component(request, &dripped).then(|| drip.clone()));
    // Long enough for the documents before the component.
    let bounds = Bounds {
        time: Duration::from_secs(5),
        ..Bounds::default()
    };
    let error = refused_within(&registry, &dist, bounds).await;
    assert!(error.contains("longer than the 5 s"), "{error}");
    let mut requests = registry.requests().into_iter();
    let is_begun = requests.any(|request| is_component(&request, &digest));
    assert!(
        is_begun,
        "the time was over before the component was requested"
    );
    let waited = Instant::now();
    while registry.dripped().is_empty() && waited.elapsed() < SLACK {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let kept = registry.dripped();
    assert_eq!(kept.len(), 1, "the connection is still there");
    assert!(kept[0] < bounds.time + SLACK, "{kept:?}");
}
