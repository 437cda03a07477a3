//! Publication of a component that is not a plugin: its signature, SBOM and provenance as referrers.

use crate::support::dist::scratch;
use crate::support::{Dist, Registry, settings};
use auth_connector_package::TrustedKey;
use auth_connector_registry::component::Signers;
use auth_connector_registry::plan::Plan;
use auth_connector_registry::publish::publish;
use auth_connector_registry::{Client, Layout, Reference, media};
use minisign::KeyPair;
use serde_json::Value;
use std::fs;
use std::io::Cursor;
use std::path::Path;

const SIGNATURE: &str = "example.wasm.minisig";

/// A folder as `dist` leaves the gateway's, signed by a key.
fn served(pair: &KeyPair) -> Dist {
    Dist::with(|folder| {
        let component = fs::read(folder.join("example.wasm")).unwrap();
        sign(folder, &component, pair);
    })
}

fn sign(folder: &Path, bytes: &[u8], pair: &KeyPair) {
    let signed = minisign::sign(
        None,
        &pair.sk,
        Cursor::new(bytes),
        Some("example 1.4.0"),
        None,
    );
    fs::write(folder.join(SIGNATURE), signed.unwrap().into_string()).unwrap();
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

/// The plan, checked by a key.
fn plan(dist: &Dist, pair: &KeyPair) -> Result<Plan, String> {
    let trusted = [TrustedKey::parse(&pair.pk.to_base64()).unwrap()];
    let signers = Signers {
        trusted: &trusted,
        allow_unsigned: false,
    };
    Plan::read_component(&dist.folder, &signers).map_err(|error| error.to_string())
}

/// The artifact types in the fallback index of the publication, with the bytes of each layer.
fn referrers(registry: &Registry, dist: &Dist) -> Vec<(String, String)> {
    let index = registry.stored(&dist.digest().replace(':', "-")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    let entries = index["manifests"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let manifest = registry.stored(entry["digest"].as_str().unwrap()).unwrap();
            let manifest: Value = serde_json::from_slice(&manifest).unwrap();
            assert_eq!(manifest["subject"]["digest"], dist.digest());
            let kind = entry["artifactType"].as_str().unwrap().to_owned();
            let layer = manifest["layers"][0]["digest"].as_str().unwrap();
            (kind, layer.to_owned())
        })
        .collect()
}

/// The referrers are the signature, the SBOM and the provenance.
#[tokio::test]
async fn component_is_published_with_all_referrers() {
    let pair = pair();
    let (dist, registry) = (served(&pair), Registry::start().await);
    let plan = plan(&dist, &pair).unwrap();
    let host = registry.address.to_string();
    let client = Client::for_publishing(&settings(), &host, "acme/sms").unwrap();
    let reference = Reference::parse(&registry.reference(":1.4.0")).unwrap();
    let digest = publish(&client, &plan, &reference, false, &mut |_| {})
        .await
        .unwrap();
    assert_eq!(digest.to_string(), dist.digest());
    let of_file = |name: &str| {
        let bytes = fs::read(dist.folder.join(name)).unwrap();
        format!("sha256:{}", connector_packaging::sha256(&bytes))
    };
    let expected = [
        (media::SIGNATURE, SIGNATURE),
        (media::SBOM, "sbom.cdx.json"),
        (media::BUNDLE, "provenance.sigstore.json"),
    ];
    let expected = expected.map(|(kind, name)| (kind.to_owned(), of_file(name)));
    assert_eq!(referrers(&registry, &dist), expected);
}

#[test]
fn same_folder_gives_the_same_plan() {
    let pair = pair();
    let dist = served(&pair);
    let [one, other] = [(); 2].map(|()| plan(&dist, &pair).unwrap().lines());
    assert_eq!(one, other);
    let folder = scratch("component-layout");
    let written = plan(&dist, &pair).unwrap();
    written
        .write(&Layout::new(&folder), "1.4.0", false)
        .unwrap();
    let blob = folder
        .join("blobs/sha256")
        .join(&dist.component_digest()["sha256:".len()..]);
    assert_eq!(fs::read(blob).unwrap(), dist.component);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn signature_by_other_key_or_bytes_is_refused() {
    let (ours, other) = (pair(), pair());
    let dist = served(&ours);
    let error = plan(&dist, &other).err().unwrap();
    assert!(error.contains("no trusted key verifies it"), "{error}");
    sign(&dist.folder, b"another component", &ours);
    assert!(plan(&dist, &ours).is_err());
    fs::write(dist.folder.join(SIGNATURE), "no signature").unwrap();
    let error = plan(&dist, &ours).err().unwrap();
    assert!(error.contains("no signature of minisign"), "{error}");
}

#[test]
fn unsigned_component_needs_leave() {
    let dist = Dist::new();
    let error = plan(&dist, &pair()).err().unwrap();
    assert!(error.contains("minisign -Sm example.wasm"), "{error}");
    let signers = Signers {
        trusted: &[],
        allow_unsigned: true,
    };
    let lines = Plan::read_component(&dist.folder, &signers)
        .unwrap()
        .lines();
    assert!(
        !lines.iter().any(|line| line.contains("minisig")),
        "{lines:?}"
    );
}

#[test]
fn changed_component_is_refused() {
    let pair = pair();
    let dist = served(&pair);
    fs::write(dist.folder.join("example.wasm"), b"x").unwrap();
    assert!(plan(&dist, &pair).is_err());
}
