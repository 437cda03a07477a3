//! Published versions do not change: neither the artifact nor its referrers.

use crate::support::dist::scratch;
use crate::support::{Dist, Registry, pulled, settings, trusting};
use auth_connector_registry::plan::Plan;
use auth_connector_registry::publish::publish;
use auth_connector_registry::{Client, Layout, Reference, RegistryError};
use minisign::KeyPair;
use std::path::Path;

const ORIGIN: &str = "https://sms.example.com";

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

/// Replaces a text in a file of a folder.
fn replace(folder: &Path, file: &str, was: &str, is: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(was), "{was}");
    std::fs::write(path, text.replace(was, is)).unwrap();
}

fn narrowed(folder: &Path) {
    replace(folder, "manifest.json", ORIGIN, "https://other.example.com");
}

fn described(folder: &Path) {
    replace(
        folder,
        "sbom.cdx.json",
        "CycloneDX",
        "CycloneDX\", \"x\": \"y",
    );
}

fn plan(dist: &Dist) -> Plan {
    Plan::read(&dist.folder, &trusting(dist)).unwrap()
}

async fn send(dist: &Dist, registry: &Registry, replace: bool) -> Result<(), RegistryError> {
    let client = Client::for_publishing(&settings(), &registry.address.to_string(), "acme/sms")?;
    let reference = Reference::parse(&registry.reference(":1.4.0"))?;
    let sent = publish(&client, &plan(dist), &reference, replace, &mut |_| {}).await;
    sent.map(drop)
}

/// Hosts keep using the first document, while a publisher would believe the new one to be in force.
#[tokio::test]
async fn other_document_of_a_published_version_is_refused() {
    for has_referrers in [false, true] {
        for (change, what) in [(narrowed as fn(&Path), "manifest"), (described, "SBOM")] {
            let (pair, registry) = (pair(), Registry::start().await);
            if has_referrers {
                registry.with_referrers();
            }
            let [first, other] =
                [(|_: &Path| {}) as fn(&Path), change].map(|by| Dist::signed("1.4.0", &pair, by));
            send(&first, &registry, false).await.unwrap();
            registry.forget();
            for replace in [false, true] {
                let error = send(&other, &registry, replace).await.unwrap_err();
                assert!(
                    matches!(error, RegistryError::AttachedOther { .. }),
                    "{error}"
                );
                assert!(
                    error.to_string().contains(&format!("another {what}")),
                    "{error}"
                );
            }
            let asked = registry.requests();
            assert!(asked.iter().all(|request| request.method == "GET"));
            pulled(&registry.reference(":1.4.0"), &first).await.unwrap();
        }
    }
}

/// The first publication stopped before its tag, and hosts that pin the digest would take the first manifest.
#[tokio::test]
async fn other_manifest_without_a_tag_is_refused() {
    let (pair, registry) = (pair(), Registry::start().await);
    send(&Dist::signed("1.4.0", &pair, |_| {}), &registry, false)
        .await
        .unwrap();
    registry.behave(|request| {
        let is_tag = request.path.ends_with("manifests/1.4.0");
        is_tag.then(|| crate::support::registry::response(404, "", b""))
    });
    let other = Dist::signed("1.4.0", &pair, narrowed);
    let error = send(&other, &registry, false).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::AttachedOther { .. }),
        "{error}"
    );
}

/// A further signature and a further provenance are accepted.
#[tokio::test]
async fn same_documents_signed_again_are_attached() {
    let (pair, registry) = (pair(), Registry::start().await);
    for _ in 0..2 {
        let dist = Dist::signed("1.4.0", &pair, |_| {});
        send(&dist, &registry, false).await.unwrap();
        pulled(&registry.reference(":1.4.0"), &dist).await.unwrap();
    }
}

#[tokio::test]
async fn folder_keeps_a_taken_tag_and_its_documents() {
    let (pair, folder) = (pair(), scratch("settled"));
    let layout = Layout::new(&folder);
    let first = Dist::signed("1.4.0", &pair, |_| {});
    plan(&first).write(&layout, "stable", false).unwrap();
    let narrow = plan(&Dist::signed("1.4.0", &pair, narrowed));
    for replace in [false, true] {
        let error = narrow.write(&layout, "stable", replace).unwrap_err();
        assert!(
            matches!(error, RegistryError::AttachedOther { .. }),
            "{error}"
        );
    }
    let next = Dist::signed("1.5.0", &pair, |_| {});
    let error = plan(&next).write(&layout, "stable", false).unwrap_err();
    assert!(matches!(error, RegistryError::TagTaken { .. }), "{error}");
    let reference = format!("oci-layout:{}:stable", folder.display());
    let found = pulled(&reference, &first).await.unwrap();
    assert_eq!(found.vouched.unwrap().manifest.version, "1.4.0");
    plan(&next).write(&layout, "stable", true).unwrap();
    let found = pulled(&reference, &next).await.unwrap();
    assert_eq!(found.vouched.unwrap().manifest.version, "1.5.0");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Each publication waits for the others, and no entry of the index is lost.
#[test]
fn publications_into_one_folder_at_once_are_all_kept() {
    let (pair, folder) = (pair(), scratch("at-once"));
    let plans: Vec<(String, Plan)> = (0..6)
        .map(|number| {
            let version = format!("1.{number}.0");
            let plan = plan(&Dist::signed(&version, &pair, |_| {}));
            (version, plan)
        })
        .collect();
    std::thread::scope(|scope| {
        for (version, plan) in &plans {
            let layout = Layout::new(&folder);
            scope.spawn(move || plan.write(&layout, version, false).unwrap());
        }
    });
    let index = std::fs::read_to_string(folder.join("index.json")).unwrap();
    for (version, _) in &plans {
        assert!(
            index.contains(&format!("\"{version}\"")),
            "{version}: {index}"
        );
    }
    assert!(folder.join("oci-layout").exists());
    std::fs::remove_dir_all(folder).unwrap();
}
