//! Published plugin, a registry for the tests, and pulls with their checks.

pub mod component;
pub mod dist;
pub mod registry;
pub mod tls;

use auth_connector_egress::{Network, Outbound};
use auth_connector_package::{Grants, Requirements, TrustedKey};
use auth_connector_registry::plan::Plan;
use auth_connector_registry::publish::publish;
use auth_connector_registry::{
    Bounds, Checks, Client, ProvenanceKey, Pulled, Reference, RegistryError, Settings, Source, pull,
};
use std::time::Duration;

pub use dist::Dist;
pub use registry::{Registry, Request};

/// Settings that reach loopback registries, anonymously.
pub fn settings() -> Settings {
    Settings {
        outbound: Outbound::new(&Network::default()).unwrap(),
        credentials: None,
        has_loopback_http: true,
        time: Duration::from_secs(20),
    }
}

/// Requirements that trust the publisher's key.
pub fn trusting(dist: &Dist) -> Requirements {
    Requirements {
        trusted_keys: vec![TrustedKey::parse(&dist.public_key).unwrap()],
        ..Requirements::default()
    }
}

/// Pulls with the publisher's key trusted, and defaults for everything else.
pub async fn pulled(reference: &str, dist: &Dist) -> Result<Pulled, RegistryError> {
    pulled_by(reference, &trusting(dist), None, Bounds::default()).await
}

/// Pulls with requirements, a key for provenance and bounds of the test's own.
pub async fn pulled_by(
    reference: &str,
    requirements: &Requirements,
    provenance_key: Option<&ProvenanceKey>,
    bounds: Bounds,
) -> Result<Pulled, RegistryError> {
    let reference = Reference::parse(reference)?;
    let grants = Grants::default();
    let settings = Settings {
        time: bounds.time,
        ..settings()
    };
    let source = Source::of(&reference, &settings)?;
    let checks = Checks {
        requirements,
        grants: &grants,
        provenance_key,
        bounds,
    };
    pull(&source, &reference, &checks).await
}

/// The error line of a refused pull.
pub fn refusal(outcome: Result<Pulled, RegistryError>) -> String {
    match outcome {
        Ok(pulled) => panic!("it was pulled: {}", pulled.reference),
        Err(error) => error.to_string(),
    }
}

/// A plugin in a registry, honestly published.
pub async fn published() -> (Dist, Registry) {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    publish_to(&dist, &registry).await;
    (dist, registry)
}

pub async fn publish_to(dist: &Dist, registry: &Registry) {
    publish_as(":1.4.0", dist, registry).await;
}

pub async fn publish_as(tag: &str, dist: &Dist, registry: &Registry) {
    let plan = Plan::read(&dist.folder, &trusting(dist)).unwrap();
    let host = registry.address.to_string();
    let client = Client::for_publishing(&settings(), &host, "acme/sms").unwrap();
    let reference = Reference::parse(&registry.reference(tag)).unwrap();
    publish(&client, &plan, &reference, true, &mut |_| {})
        .await
        .unwrap();
}

/// Returns true if a request is for the component of this digest.
pub fn is_component(request: &Request, dist: &str) -> bool {
    request.method == "GET" && request.path.ends_with(&format!("blobs/{dist}"))
}

/// Error of a pull by tag if the component's blob is answered with these bytes.
pub async fn with_component(answer: impl Fn(&Dist) -> Vec<u8>) -> String {
    let (dist, registry) = published().await;
    let (digest, answer) = (dist.component_digest(), answer(&dist));
    registry.behave(move |request| is_component(request, &digest).then(|| answer.clone()));
    refusal(pulled(&registry.reference(":1.4.0"), &dist).await)
}
