//! Private authorities, proxies and blobs at another host.

use crate::support::*;
use auth_connector_host::{ConnectorHost, Grants, HostBuilder, Outbound, Proxy};
use auth_connector_registry::{
    Bounds, Checks, Pulled, Reference, RegistryError, Settings, Source, pull,
};
use registry::response;

async fn pulled_through(
    reference: &str,
    dist: &Dist,
    network: HostBuilder,
) -> Result<Pulled, RegistryError> {
    let reference = Reference::parse(reference)?;
    let settings = Settings {
        outbound: Outbound::new(network.options())?,
        has_loopback_http: false,
        ..settings()
    };
    let source = Source::of(&reference, &settings)?;
    let host = trusting(dist).build()?;
    let checks = Checks {
        host: &host,
        grants: &Grants::default(),
        provenance_key: None,
        bounds: Bounds::default(),
    };
    pull(&source, &reference, &checks).await
}

/// No system authorities, so that the private one is what counts.
fn network() -> HostBuilder {
    ConnectorHost::builder().with(|options| options.system_roots = false)
}

#[tokio::test]
async fn private_authority_is_trusted_where_it_is_given() {
    let (dist, registry) = published().await;
    let (front, authority) = tls::front(&["registry.example.com"], registry.address).await;
    let at = format!("registry.example.com:443:{front}");
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    let trusting = network()
        .resolve(&at)
        .unwrap()
        .trust_pem(authority.as_bytes());
    pulled_through(reference, &dist, trusting).await.unwrap();
    let other = tls::front(&["x.example.com"], registry.address).await.1;
    let wrong = network().resolve(&at).unwrap().trust_pem(other.as_bytes());
    let error = refusal(pulled_through(reference, &dist, wrong).await);
    assert!(error.contains("TLS handshake failed"), "{error}");
}

#[tokio::test]
async fn registry_is_reached_through_a_proxy() {
    let (dist, registry) = published().await;
    let (front, authority) = tls::front(&["registry.example.com"], registry.address).await;
    let (proxy, asked) = tls::proxy(front).await;
    let proxy = Proxy::parse(&format!("http://{proxy}")).unwrap();
    let network = network()
        .trust_pem(authority.as_bytes())
        .with(|options| options.proxy = Some(proxy));
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    pulled_through(reference, &dist, network).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked.len() > 3);
    assert!(
        asked
            .iter()
            .all(|line| line == "CONNECT registry.example.com:443 HTTP/1.1"),
        "{asked:?}"
    );
}

/// As large registries do it: the blob is at another host, over https.
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
    let network = network()
        .resolve(&format!("registry.example.com:443:{front}"))
        .and_then(|network| network.resolve(&format!("blobs.example.net:443:{front}")))
        .unwrap()
        .trust_pem(authority.as_bytes());
    let reference = "oci://registry.example.com/acme/sms:1.4.0";
    let pulled = pulled_through(reference, &dist, network).await.unwrap();
    assert_eq!(pulled.component(), dist.component);
}
