//! A publication's documents are about its component, and its signature is verified.

use crate::support::component::component;
use crate::support::dist::scratch;
use crate::support::{Dist, trusting};
use auth_connector_registry::plan::Plan;
use std::fs;
use std::path::Path;
use std::process::Command;

fn refused(change: impl FnOnce(&Path)) -> String {
    let dist = Dist::with(change);
    match Plan::read(&dist.folder, &trusting(&dist)) {
        Ok(_) => panic!("it is taken"),
        Err(error) => error.to_string(),
    }
}

/// Hosts would report it as not verified for ever.
#[test]
fn document_about_another_component_is_refused() {
    let of_another = |name: &'static str| {
        move |folder: &Path| {
            let bytes = fs::read(folder.join("example.wasm")).unwrap();
            let digest = connector_packaging::sha256(&bytes);
            let text = fs::read_to_string(folder.join(name)).unwrap();
            assert!(text.contains(&digest), "{name}");
            fs::write(folder.join(name), text.replace(&digest, &"0".repeat(64))).unwrap();
        }
    };
    let error = refused(of_another("sbom.cdx.json"));
    assert!(error.contains("does not name this component"), "{error}");
    // An empty custom section makes it another component.
    let component = [component().as_slice(), &[0, 2, 1, b'x']].concat();
    let other = Dist::of(component, "1.4.0", &pair(), |_| {});
    let bundle = fs::read(other.folder.join("provenance.sigstore.json")).unwrap();
    let error =
        refused(|folder| fs::write(folder.join("provenance.sigstore.json"), bundle).unwrap());
    assert!(error.contains("about another component"), "{error}");
    for (name, bytes, why) in [
        ("sbom.cdx.json", "{}", "no CycloneDX"),
        ("provenance.sigstore.json", "garbage", "not JSON"),
        ("provenance.sigstore.json", "{}", "the bundle is not"),
    ] {
        let error = refused(|folder| fs::write(folder.join(name), bytes).unwrap());
        assert!(error.contains(name) && error.contains(why), "{error}");
    }
    let missing = Dist::with(|folder| fs::remove_file(folder.join("sbom.cdx.json")).unwrap());
    assert!(Plan::read(&missing.folder, &trusting(&missing)).is_ok());
}

fn pair() -> minisign::KeyPair {
    minisign::KeyPair::generate_unencrypted_keypair().unwrap()
}

#[test]
fn manifest_of_another_version_than_the_artifact_is_refused() {
    let error = refused(|folder| {
        let file = folder.join("manifest.json");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(file, text.replace("\"1.4.0\"", "\"0.9.0\"")).unwrap();
    });
    assert!(
        error.contains("0.9.0") && error.contains("1.4.0"),
        "{error}"
    );
}

/// A signature does not contain the key that verifies it.
#[test]
fn publisher_names_the_key_or_that_there_is_none() {
    let dist = Dist::new();
    let manifest = dist.folder.join("manifest.json");
    let place = format!("oci-layout:{}:1.4.0", scratch("unverified").display());
    let key = dist.folder.join("minisign.pub");
    fs::write(&key, &dist.public_key).unwrap();
    let publish = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-connector-publish"));
        command
            .args([&place, "--dry-run", "--folder"])
            .arg(&dist.folder);
        let output = command.args(more).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), said)
    };
    let (is_done, said) = publish(&[]);
    assert!(!is_done && said.contains("--trust minisign.pub"), "{said}");
    let trust = ["--trust", key.to_str().unwrap()];
    assert!(publish(&trust).0 && publish(&["--unsigned"]).0);
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, format!("{text} ")).unwrap();
    let (is_done, said) = publish(&trust);
    assert!(
        !is_done && said.contains("does not fit its signature"),
        "{said}"
    );
    let (is_done, said) = publish(&[&trust[..], &["--unsigned"]].concat());
    assert!(
        !is_done && said.contains("does not fit its signature"),
        "{said}"
    );
}
