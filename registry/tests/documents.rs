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

/// A host that looks for the newest version goes by the tag, and reads the manifest's.
#[test]
fn tag_of_another_version_is_refused() {
    let dist = Dist::new();
    let key = dist.folder.join("minisign.pub");
    fs::write(&key, &dist.public_key).unwrap();
    let layout = scratch("tags");
    let publish = |rest: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auth-connector-publish"));
        command.arg(format!("oci-layout:{}{rest}", layout.display()));
        command.arg("--folder").arg(&dist.folder);
        command.arg("--trust").arg(&key).args(more);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), said)
    };
    for (tag, more) in [
        (":9.9.9", ""),
        (":v1.4.1", "--replace"),
        (":1.4.0-rc.1", "--dry-run"),
        (":2.0", ""),
        (":v2", ""),
        (":1.5", ""),
        (":1.40", ""),
        (":1.4.0.1", ""),
    ] {
        let more: Vec<&str> = [more].into_iter().filter(|word| !word.is_empty()).collect();
        let (is_done, said) = publish(tag, &more);
        let names_both = said.contains(&tag[1..]) && said.contains("of version 1.4.0");
        assert!(!is_done && names_both, "{tag}: {said}");
    }
    let digest = format!("@{}", dist.digest());
    for reference in [digest.as_str(), &format!(":1.4.0{digest}")] {
        let (is_done, said) = publish(reference, &[]);
        assert!(!is_done && said.contains("Name a tag alone"), "{said}");
    }
    assert!(!layout.exists(), "nothing is written");
    for tag in [
        ":1.4.0",
        ":v1.4.0",
        ":1.4",
        ":v1",
        ":latest",
        ":sms-9.9.9",
        ":v",
    ] {
        let (is_done, said) = publish(tag, &[]);
        assert!(is_done, "{tag}: {said}");
    }
    fs::remove_dir_all(layout).unwrap();
}
