//! Publication and pulls against honest registries, and a folder.

use crate::support::dist::scratch;
use crate::support::{Dist, Registry, pulled, pulled_by, refusal, settings, trusting};
use auth_connector_package::{Grants, Package, Requirements};
use auth_connector_registry::plan::Plan;
use auth_connector_registry::publish::publish;
use auth_connector_registry::{
    Attestation, Bounds, Client, Layout, ProvenanceKey, Reference, RegistryError,
};

async fn publication(
    dist: &Dist,
    registry: &Registry,
    replace: bool,
) -> Result<Vec<String>, RegistryError> {
    let plan = Plan::read(&dist.folder, &trusting(dist))?;
    let host = registry.address.to_string();
    let client = Client::for_publishing(&settings(), &host, "acme/sms")?;
    let reference = Reference::parse(&registry.reference(":1.4.0"))?;
    let mut lines = Vec::new();
    let mut progress = |line: &str| lines.push(line.to_owned());
    let digest = publish(&client, &plan, &reference, replace, &mut progress).await?;
    assert_eq!(digest.to_string(), dist.digest());
    Ok(lines)
}

#[tokio::test]
async fn published_plugin_is_pulled_with_all_its_documents() {
    for has_referrers in [false, true] {
        let (dist, registry) = (Dist::new(), Registry::start().await);
        if has_referrers {
            registry.with_referrers();
        }
        let lines = publication(&dist, &registry, false).await.unwrap();
        let is_fallback = lines.iter().any(|line| line.contains("fallback index"));
        assert_eq!(is_fallback, !has_referrers);
        let key = ProvenanceKey::from_pem(dist.provenance_key.as_bytes()).unwrap();
        let reference = registry.reference(":1.4.0");
        let pulled = pulled_by(&reference, &trusting(&dist), Some(&key), Bounds::default())
            .await
            .unwrap();
        assert_eq!(pulled.component(), dist.component);
        assert_eq!(
            pulled.reference.to_string(),
            registry.reference(&format!("@{}", dist.digest()))
        );
        let signer = pulled.vouched.as_ref().unwrap().signer.as_ref().unwrap();
        assert_eq!(signer.trusted_comment, "release");
        let Attestation::Verified(claims) = &pulled.attestation else {
            panic!("{:?}", pulled.attestation);
        };
        assert_eq!(
            claims.builder,
            "urn:auth-connector:builder:developer-machine"
        );
        let findings: Vec<String> = pulled.findings().iter().map(ToString::to_string).collect();
        assert!(
            findings[0].contains("the tag 1.4.0 names today"),
            "{findings:?}"
        );
        assert!(
            findings[1].contains("verified") && !findings[1].contains("NOT"),
            "{findings:?}"
        );
        assert!(
            findings[3].contains("names this component by its digest"),
            "{findings:?}"
        );
        assert_eq!(
            pulled.annotations["org.opencontainers.image.licenses"],
            "Apache-2.0"
        );
        let grants = Grants::default().allow("https://sms.example.com").unwrap();
        let package = pulled.into_package().unwrap();
        let examined = package.examine(&grants, &trusting(&dist)).unwrap();
        assert!(examined.decision.is_complete());
        let component = package.component(&examined.manifest).unwrap();
        assert_eq!(component, dist.component);
    }
}

/// A tag is requested once, and everything else by digest.
#[tokio::test]
async fn tag_is_resolved_once() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    publication(&dist, &registry, false).await.unwrap();
    registry.forget();
    pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    let requests = registry.requests();
    let of_tag = requests
        .iter()
        .filter(|request| request.path.contains("1.4.0"))
        .count();
    assert_eq!(of_tag, 1);
    assert!(requests.iter().all(|request| request.method == "GET"));
}

#[tokio::test]
async fn second_publication_sends_nothing_again() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    publication(&dist, &registry, false).await.unwrap();
    registry.forget();
    let lines = publication(&dist, &registry, false).await.unwrap();
    assert!(
        lines.iter().all(|line| !line.ends_with("sent")),
        "{lines:?}"
    );
    let uploads = registry
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .count();
    assert_eq!(uploads, 0);
}

#[tokio::test]
async fn taken_tag_is_not_overwritten_unless_asked() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    registry.store("1.4.0", b"{}");
    let error = publication(&dist, &registry, false).await.unwrap_err();
    assert!(matches!(error, RegistryError::TagTaken { .. }), "{error}");
    assert!(
        registry
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
    publication(&dist, &registry, true).await.unwrap();
    pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
}

/// The fallback index keeps the entries of others.
#[tokio::test]
async fn fallback_index_keeps_other_entries() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    let tag = dist.digest().replace(':', "-");
    let other = format!(
        r#"{{"schemaVersion": 2, "manifests": [{{"mediaType": "a/b", "digest": "sha256:{}", "size": 1}}]}}"#,
        "ab".repeat(32)
    );
    registry.store(&tag, other.as_bytes());
    publication(&dist, &registry, false).await.unwrap();
    let index = String::from_utf8(registry.stored(&tag).unwrap()).unwrap();
    assert!(index.contains(&"ab".repeat(32)), "{index}");
    assert_eq!(index.matches("\"digest\"").count(), 4, "{index}");
}

/// Each version has an entry for the artifact and one for each document.
#[tokio::test]
async fn layout_folder_serves_the_last_of_many_versions() {
    let folder = scratch("layout");
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let mut last = None;
    for number in 0..30 {
        let version = format!("1.{number}.0");
        let dist = Dist::signed(&version, &pair, |_| {});
        let plan = Plan::read(&dist.folder, &trusting(&dist)).unwrap();
        plan.write(&Layout::new(&folder), &version, false).unwrap();
        last = Some(dist);
    }
    let reference = format!("oci-layout:{}:1.29.0", folder.display());
    let pulled = pulled(&reference, &last.unwrap()).await.unwrap();
    assert!(pulled.manifest().is_some());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn layout_folder_serves_without_a_network() {
    let dist = Dist::new();
    let plan = Plan::read(&dist.folder, &trusting(&dist)).unwrap();
    let folder = scratch("layout");
    plan.write(&Layout::new(&folder), "1.4.0", false).unwrap();
    plan.write(&Layout::new(&folder), "1.4.0", false).unwrap();
    for rest in [":1.4.0".to_owned(), format!("@{}", dist.digest())] {
        let reference = format!("oci-layout:{}{rest}", folder.display());
        let pulled = pulled(&reference, &dist).await.unwrap();
        assert_eq!(pulled.component(), dist.component);
        assert!(matches!(pulled.attestation, Attestation::Unverified(_)));
    }
    let blob = folder
        .join("blobs/sha256")
        .join(&dist.component_digest()["sha256:".len()..]);
    std::fs::write(&blob, vec![0; dist.component.len()]).unwrap();
    let error = refusal(pulled(&format!("oci-layout:{}:1.4.0", folder.display()), &dist).await);
    assert!(error.contains("other bytes"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn saved_package_opens_as_one_from_a_folder() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    publication(&dist, &registry, false).await.unwrap();
    let pulled = pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    let folder = scratch("saved");
    // Another container's folder, whose process has the same id.
    let mut others = folder.clone().into_os_string();
    others.push(format!(".partial-{}", std::process::id()));
    std::fs::create_dir(&others).unwrap();
    pulled.save(&folder).unwrap();
    std::fs::remove_dir(&others).expect("it is left alone");
    assert!(
        pulled
            .save(&folder)
            .unwrap_err()
            .to_string()
            .contains("it exists")
    );
    let package = Package::open(&folder).unwrap();
    let examined = package.examine(&Grants::default(), &trusting(&dist));
    let component = package.component(&examined.unwrap().manifest).unwrap();
    assert_eq!(component, dist.component);
    assert!(folder.join("sbom.cdx.json").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

/// Artifacts pushed by wash, wkg and oras have no manifest of a plugin.
#[tokio::test]
async fn bare_artifact_needs_leave_to_be_unsigned() {
    let (dist, registry) = (Dist::new(), Registry::start().await);
    publication(&dist, &registry, false).await.unwrap();
    registry.store(
        &dist.digest().replace(':', "-"),
        br#"{"schemaVersion": 2, "manifests": []}"#,
    );
    let reference = registry.reference(":1.4.0");
    assert!(refusal(pulled(&reference, &dist).await).contains("no manifest of a plugin"));
    let lenient = Requirements {
        allow_unsigned: true,
        ..Requirements::default()
    };
    let pulled = pulled_by(&reference, &lenient, None, Bounds::default())
        .await
        .unwrap();
    assert_eq!(pulled.component(), dist.component);
    assert!(pulled.findings()[1].to_string().contains("NOT verified"));
    assert!(pulled.package().is_none());
    let folder = scratch("bare");
    pulled.save(&folder).unwrap();
    assert_eq!(
        std::fs::read(folder.join("component.wasm")).unwrap(),
        dist.component
    );
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn plan_refuses_files_that_do_not_belong_together() {
    let changed = Dist::with(|folder| std::fs::write(folder.join("example.wasm"), b"x").unwrap());
    let error = Plan::read(&changed.folder, &trusting(&changed)).unwrap_err();
    assert!(error.to_string().contains("built again since"), "{error}");
    let (one, other) = (Dist::new(), Dist::new());
    let error = Plan::read(&one.folder, &trusting(&other))
        .unwrap_err()
        .to_string();
    assert!(error.contains("not trusted"), "{error}");
    let another = Dist::with(|folder| {
        let text = std::fs::read_to_string(folder.join("manifest.json")).unwrap();
        let at = text.find("\"sha256\": \"").unwrap() + 11;
        let text = format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..]);
        std::fs::write(folder.join("manifest.json"), text).unwrap();
    });
    let error = Plan::read(&another.folder, &trusting(&another))
        .unwrap_err()
        .to_string();
    assert!(error.contains("do not belong together"), "{error}");
}
