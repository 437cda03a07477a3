//! Private authorities, proxies and blobs at another host.

use crate::support::*;
use auth_connector_egress::{Dialer, Network, Outbound, OwnListeners, Proxy, ResolveOverride};
use auth_connector_package::Grants;
use auth_connector_registry::{
    Bounds, Checks, Pulled, Reference, RegistryError, Settings, Source, pull,
};
use registry::response;

async fn pulled_through(
    reference: &str,
    dist: &Dist,
    network: &Network,
    resolve: &[String],
) -> Result<Pulled, RegistryError> {
    let reference = Reference::parse(reference)?;
    let parsed = resolve.iter().map(|text| ResolveOverride::parse(text));
    let overrides = parsed.collect::<Result<_, _>>()?;
    let Ok(outbound) = Outbound::new(Dialer::new(
        network,
        overrides,
        Vec::new(),
        OwnListeners::default(),
    )?);
    let settings = Settings {
        outbound,
        has_loopback_http: false,
        ..settings()
    };
    let source = Source::of(&reference, &settings)?;
    let requirements = trusting(dist);
    let checks = Checks {
        requirements: &requirements,
        grants: &Grants::default(),
        provenance_key: None,
        bounds: Bounds::default(),
    };
    pull(&source, &reference, &checks).await
}

/// Trusts the private authority alone, without those of the system.
fn network(authority: &str) -> Network {
    Network {
        system_roots: false,
        authorities_pem: authority.into(),
        proxy: None,
    }
}

#[tokio::test]
async fn private_authority_is_trusted_where_it_is_given() {
    let (dist, registry) = published().await;
    let (front, authority) = tls::front(&["registry.example.com"], registry.address).await;
    let at = [format!("registry.example.com:443:{front}")];
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    pulled_through(reference, &dist, &network(&authority), &at)
        .await
        .unwrap();
    let other = tls::front(&["x.example.com"], registry.address).await.1;
    let error = refusal(pulled_through(reference, &dist, &network(&other), &at).await);
    assert!(error.contains("TLS handshake failed"), "{error}");
}

#[tokio::test]
async fn registry_is_reached_through_a_proxy() {
    let (dist, registry) = published().await;
    let (front, authority) = tls::front(&["registry.example.com"], registry.address).await;
    let (proxy, asked) = tls::proxy(front).await;
    let proxy = Proxy::parse(&format!("http://{proxy}")).unwrap();
    let network = Network {
        proxy: Some(proxy),
        ..network(&authority)
    };
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    pulled_through(reference, &dist, &network, &[])
        .await
        .unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked.len() > 3);
    assert!(
        asked
            .iter()
            .all(|line| line == "CONNECT registry.example.com:443 HTTP/1.1"),
        "{asked:?}"
    );
}

/// Large registries serve blobs from another host, over https.
#[tokio::test]
async fn blob_at_another_host_is_followed() {
    let (dist, registry) = published().await;
    let names = ["registry.example.com", "blobs.example.net"];
    let (front, authority) = tls::front(&names, registry.address).await;
    let (digest, component) = (dist.component_digest(), dist.component.clone());
    registry.behave(move |request| {
        if request.path == "/signed?x=1" {
            assert!(
                request.head.contains("host: blobs.example.net"),
                "{}",
                request.head
            );
            return Some(response(200, "", &component));
        }
        let to = "location: https://blobs.example.net/signed?x=1\r\n";
        is_component(request, &digest).then(|| response(307, to, b""))
    });
    let at = names.map(|name| format!("{name}:443:{front}"));
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    let pulled = pulled_through(reference, &dist, &network(&authority), &at)
        .await
        .unwrap();
    assert_eq!(pulled.component(), dist.component);
}
