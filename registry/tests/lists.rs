//! Artifacts, referrers and signatures that do not belong to the requested plugin.

use crate::guides::guided;
use crate::support::*;
use auth_connector_registry::{Attestation, Bounds, ProvenanceKey};
use registry::response;

#[tokio::test]
async fn list_of_manifests_is_refused() {
    let (dist, registry) = published().await;
    let entry = r#"{"mediaType": "a/b", "digest": "x", "size": 1}"#;
    let bomb = format!(
        r#"{{"schemaVersion": 2, "manifests": [{}]}}"#,
        [entry; 100].join(",")
    );
    registry.store("bomb", bomb.as_bytes());
    let error = refusal(pulled(&registry.reference(":bomb"), &dist).await);
    assert!(error.contains("list of manifests"), "{error}");
    registry.store("large", &vec![b' '; 300 << 10]);
    let error = refusal(pulled(&registry.reference(":large"), &dist).await);
    assert!(error.contains("expected were at most 262144"), "{error}");
}

/// Thousands of referrers do not cause thousands of requests.
#[tokio::test]
async fn only_a_few_referrers_are_looked_at() {
    let (dist, registry) = published().await;
    let entry = |n: usize| {
        format!(
            r#"{{"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:{n:064x}", "size": 2,
               "artifactType": "application/vnd.auth-connector.manifest.v1+json"}}"#
        )
    };
    let list: Vec<String> = (0..900).map(entry).collect();
    let index = format!(
        r#"{{"schemaVersion": 2, "manifests": [{}]}}"#,
        list.join(",")
    );
    registry.store(&dist.digest().replace(':', "-"), index.as_bytes());
    registry.forget();
    refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    assert!(
        registry.requests().len() < 20,
        "{}",
        registry.requests().len()
    );
}

/// Registries with the referrers API return long lists in pages.
#[tokio::test]
async fn manifest_on_a_later_page_is_found() {
    const EMPTY: &[u8] = br#"{"schemaVersion": 2, "manifests": []}"#;
    for (next, is_found) in [
        ("/v2/acme/sms/referrers/DIGEST?last=1", true),
        ("?last=1", true),
        (
            "https://127.0.0.1/v2/acme/sms/referrers/DIGEST?last=1",
            true,
        ),
        ("https://other.example.com/v2/x", false),
        ("//other.example.com/v2/x", false),
    ] {
        let (dist, registry) = (Dist::new(), Registry::start().await);
        registry.with_referrers();
        publish_to(&dist, &registry).await;
        let link = format!(
            "link: <{}>; rel=\"next\"\r\n",
            next.replace("DIGEST", &dist.digest())
        );
        registry.behave(move |request| {
            let is_first = request.path.contains("/referrers/") && !request.path.contains("last=");
            is_first.then(|| response(200, &link, EMPTY))
        });
        let pulled = pulled(&registry.reference(":1.4.0"), &dist).await;
        if is_found {
            assert!(pulled.unwrap().manifest().is_some());
        } else {
            let error = refusal(pulled);
            assert!(
                error.contains("its next page is at another origin"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn list_without_an_end_is_read_for_a_few_pages() {
    let (dist, registry) = published().await;
    registry.forget();
    registry.behave(|request| {
        let link = "link: </v2/acme/sms/referrers/again>; rel=\"next\"\r\n";
        let is_list = request.path.contains("/referrers/");
        is_list.then(|| response(200, link, br#"{"schemaVersion": 2, "manifests": []}"#))
    });
    refusal(pulled(&registry.reference(":1.4.0"), &dist).await);
    assert!(registry.requests().len() < 12);
}

/// A mirror has the same digests, so the same is verified. One that copied the artifact alone has no manifest of a
/// plugin.
#[tokio::test]
async fn mirror_gives_the_same_plugin_or_none() {
    let (dist, registry) = published().await;
    let pinned = format!("@{}", dist.digest());
    let mirror = registry.copied().await;
    registry.forget();
    let key = ProvenanceKey::from_pem(dist.provenance_key.as_bytes()).unwrap();
    let at = mirror.reference(&pinned);
    let requirements = trusting(&dist);
    let found = pulled_by(&at, &requirements, Some(&key), Bounds::default());
    let found = found.await.unwrap();
    assert_eq!(found.component(), dist.component);
    assert!(found.vouched.as_ref().unwrap().signer.is_some());
    assert!(matches!(found.attestation, Attestation::Verified(_)));
    assert!(registry.requests().is_empty());
    let fallback = format!("/manifests/{}", dist.digest().replace(':', "-"));
    mirror.behave(move |request| {
        request
            .path
            .ends_with(&fallback)
            .then(|| response(404, "", b""))
    });
    let error = refusal(pulled(&at, &dist).await);
    assert!(error.contains("copied without its referrers"), "{error}");
}

/// By digest, a registry cannot give another artifact.
#[tokio::test]
async fn pinned_reference_is_held_against_a_changed_registry() {
    let (dist, registry) = published().await;
    registry.behave(|request| {
        let is_pinned = request.path.contains("/manifests/sha256:");
        is_pinned.then(|| response(200, "", br#"{"schemaVersion": 2}"#))
    });
    let error = refusal(pulled(&registry.reference(&format!("@{}", dist.digest())), &dist).await);
    assert!(error.contains("other bytes"), "{error}");
}

/// A manifest that is signed, and attached to an artifact with another component.
#[tokio::test]
async fn signed_manifest_of_another_component_is_refused() {
    const KIND: &str = "application/vnd.auth-connector.manifest.v1+json";
    let (dist, registry) = published().await;
    let text = |name: &str| String::from_utf8(registry.stored(name).unwrap()).unwrap();
    let other = text("1.4.0").replace(&dist.component_digest(), &dist.digest());
    registry.store("other", other.as_bytes());
    let subject = format!("sha256:{}", connector_packaging::sha256(other.as_bytes()));
    let index = text(&dist.digest().replace(':', "-"));
    let entry = index.split('{').find(|entry| entry.contains(KIND)).unwrap();
    let at = entry.find("sha256:").unwrap();
    let referrer = text(&entry[at..at + 71]).replace(&dist.digest(), &subject);
    registry.store("referrer", referrer.as_bytes());
    let entry = format!(
        r#"{{"mediaType": "a/b", "digest": "sha256:{}", "size": {}, "artifactType": "{KIND}"}}"#,
        connector_packaging::sha256(referrer.as_bytes()),
        referrer.len()
    );
    let index = format!(r#"{{"schemaVersion": 2, "manifests": [{entry}]}}"#);
    registry.store(&subject.replace(':', "-"), index.as_bytes());
    let error = refusal(pulled(&registry.reference(":other"), &dist).await);
    assert!(error.contains("do not belong together"), "{error}");
}

/// A list may name referrers that are gone.
#[tokio::test]
async fn referrer_that_is_gone_hides_no_other() {
    let (dist, registry) = (guided(), Registry::start().await);
    publish_to(&dist, &registry).await;
    let list = dist.digest().replace(':', "-");
    let index = String::from_utf8(registry.stored(&list).unwrap()).unwrap();
    let opening = r#""manifests":["#;
    assert!(index.contains(opening), "{index}");
    let kinds = [
        "application/vnd.auth-connector.manifest.v1+json",
        "application/vnd.auth-connector.guides.v1",
        "application/vnd.cyclonedx+json",
        "application/vnd.dev.sigstore.bundle.v0.3+json",
    ];
    let mut gone = opening.to_owned();
    for (nth, kind) in kinds.iter().enumerate() {
        assert!(index.contains(kind), "{kind} is not published: {index}");
        let digest = nth.to_string().repeat(64);
        gone += &format!(
            r#"{{"mediaType": "a/b", "digest": "sha256:{digest}", "size": 9, "artifactType": "{kind}"}},"#
        );
    }
    registry.store(&list, index.replace(opening, &gone).as_bytes());
    let found = pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    assert!(found.manifest().is_some());
    assert!(found.sbom.is_some());
    assert_eq!(found.texts.guides.len(), 2);
    assert!(!matches!(found.attestation, Attestation::Absent));
}

/// The referrers of one artifact, listed for another: each names its subject.
#[tokio::test]
async fn referrers_of_another_artifact_do_not_count() {
    let (dist, registry) = published().await;
    let manifest = registry.stored("1.4.0").unwrap();
    let other = String::from_utf8(manifest)
        .unwrap()
        .replace(&dist.component_digest(), &dist.digest());
    registry.store("other", other.as_bytes());
    let subject = format!("sha256:{}", connector_packaging::sha256(other.as_bytes()));
    let index =
        String::from_utf8(registry.stored(&dist.digest().replace(':', "-")).unwrap()).unwrap();
    registry.store(&subject.replace(':', "-"), index.as_bytes());
    let error = refusal(pulled(&registry.reference(":other"), &dist).await);
    assert!(
        error.contains("not signed"),
        "referrers name their subject: {error}"
    );
}

#[tokio::test]
async fn component_is_not_fetched_under_untrusted_signature() {
    let (dist, registry) = published().await;
    let other = Dist::new();
    registry.forget();
    let error = refusal(pulled(&registry.reference(":1.4.0"), &other).await);
    assert!(error.contains("is not trusted"), "{error}");
    let is_fetched = registry
        .requests()
        .iter()
        .any(|r| is_component(r, &dist.component_digest()));
    assert!(!is_fetched);
}

#[tokio::test]
async fn provenance_by_another_key_is_refused() {
    let (dist, registry) = published().await;
    let other = include_bytes!("vectors/provenance.pub");
    let key = ProvenanceKey::from_pem(other).unwrap();
    let reference = registry.reference(":1.4.0");
    let requirements = trusting(&dist);
    let outcome = pulled_by(&reference, &requirements, Some(&key), Bounds::default());
    let error = refusal(outcome.await);
    assert!(error.contains("not by the key that was given"), "{error}");
}

/// An older version under the pinned digest, with its own valid signature.
#[tokio::test]
async fn older_version_under_pinned_digest_is_refused() {
    let registry = Registry::start().await;
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let older = Dist::signed("1.3.0", &pair, |_| {});
    publish_as(":1.3.0", &older, &registry).await;
    let old = registry.stored("1.3.0").unwrap();
    let newer = Dist::signed("1.4.0", &pair, |_| {});
    publish_to(&newer, &registry).await;
    let pinned = registry.reference(&format!("@{}", newer.digest()));
    pulled(&pinned, &newer).await.unwrap();
    let digest = newer.digest();
    registry.forget();
    registry.behave(move |request| {
        let is_pinned = request.path.ends_with(&format!("manifests/{digest}"));
        is_pinned.then(|| response(200, "", &old))
    });
    let error = refusal(pulled(&pinned, &newer).await);
    assert!(error.contains("the registry sent other bytes"), "{error}");
    assert_eq!(registry.requests().len(), 1, "nothing else was asked for");
}
