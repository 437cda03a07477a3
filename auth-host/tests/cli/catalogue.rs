//! The catalogue that the command makes of published plugins, judged by its schema and an independent validator.

use super::published::{Dist, requirements, scratch};
use auth_connector_registry::Layout;
use auth_connector_registry::plan::Plan;
use minisign::KeyPair;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with versions in OCI's layout, the list of them, and the key.
struct Shelf {
    folder: PathBuf,
    pair: KeyPair,
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // A folder that stays behind is the next cleaning's.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Shelf {
    fn new() -> Self {
        let shelf = Self {
            folder: scratch("catalogue"),
            pair: KeyPair::generate_unencrypted_keypair().unwrap(),
        };
        std::fs::create_dir_all(&shelf.folder).unwrap();
        std::fs::write(shelf.file("key.pub"), shelf.pair.pk.to_base64()).unwrap();
        shelf
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn publish(&self, version: &str, replaced: (&str, &str)) {
        let dist = Dist::signed(version, &self.pair, |folder: &Path| {
            let file = folder.join("manifest.json");
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(text.contains(replaced.0));
            std::fs::write(file, text.replace(replaced.0, replaced.1)).unwrap();
        });
        let plan = Plan::read(&dist.folder, &requirements(&dist.public_key)).unwrap();
        plan.write(&Layout::new(self.file("layout")), version, false)
            .unwrap();
        std::fs::write(self.file("provenance.pub"), &dist.provenance_key).unwrap();
    }

    fn make(&self, versions: &[&str], more: &[&str]) -> Result<Value, String> {
        let layout = self.file("layout");
        let lines = versions
            .iter()
            .map(|version| format!("oci-layout:{}:{version}\n", layout.display()));
        let list = format!("# Ours\n\n{}", lines.collect::<String>());
        std::fs::write(self.file("list"), list).unwrap();
        self.run("list", more)
    }

    fn run(&self, list: &str, more: &[&str]) -> Result<Value, String> {
        let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .args(["catalogue", list])
            .args(more)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8(output.stderr).unwrap());
        }
        let text = std::fs::read(self.file("catalogue.json")).unwrap();
        Ok(serde_json::from_slice(&text).unwrap())
    }
}

fn schema() -> jsonschema::Validator {
    let schema = include_str!("../../../docs/catalogue.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

#[test]
fn catalogue_of_published_plugins_fits_its_schema() {
    let shelf = Shelf::new();
    let origin = "\"https://sms.example.com\"";
    shelf.publish("1.4.0", ("\"format\"", "\"license\": \"MIT\", \"format\""));
    shelf.publish("1.10.0", (origin, "\"https://other.example.com\""));
    let keys = ["--trust", "key.pub", "--provenance-key", "provenance.pub"];
    let made = shelf.make(&["1.4.0", "1.10.0"], &keys).unwrap();
    let errors: Vec<String> = schema()
        .iter_errors(&made)
        .map(|e| format!("{} {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let versions = &made["plugins"][0]["versions"];
    assert_eq!(
        (&versions[0]["version"], &versions[1]["version"]),
        (&json!("1.10.0"), &json!("1.4.0"))
    );
    assert_eq!(
        versions[0]["signer"]["key"],
        shelf.pair.pk.to_base64().as_str()
    );
    assert_eq!(versions[0]["provenance"]["is_verified"], true);
    let revision = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(versions[0]["provenance"]["revision"], revision);
    assert_eq!(versions[0]["sbom"]["is_about_it"], true);
    assert!(
        versions[0]["authority"]
            .to_string()
            .contains("send HTTP requests")
    );
    let changed: Vec<&str> = versions[0]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["what"].as_str().unwrap())
        .collect();
    assert_eq!(changed, ["version", "origin", "origin", "licence"]);
    for (pointer, value) in [
        ("/format", json!(2)),
        ("/plugins/0/id", json!("Not an id")),
        ("/plugins/0/versions", json!([])),
        ("/plugins/0/versions/0/sha256", json!("ab")),
        ("/plugins/0/versions/0/reference", json!("oci://r.test/a:1")),
        ("/plugins/0/versions/0/limits", json!({"requests": -1})),
        ("/plugins/0/versions/0/signer", json!({})),
        ("/plugins/0/versions/0/sbom", json!(1)),
    ] {
        let mut broken = made.clone();
        *broken.pointer_mut(pointer).unwrap() = value;
        assert!(!schema().is_valid(&broken), "{pointer}");
    }
}

#[test]
fn plugin_that_fails_a_check_makes_no_catalogue() {
    let shelf = Shelf::new();
    shelf.publish("1.4.0", ("\"format\"", "\"format\""));
    let error = shelf.make(&["1.4.0"], &[]).unwrap_err();
    assert!(error.contains("is not trusted"), "{error}");
    let error = shelf
        .make(&["1.4.0", "1.4.0"], &["--trust", "key.pub"])
        .unwrap_err();
    assert!(error.contains("listed twice"), "{error}");
    let error = shelf.make(&["1.5.0"], &["--trust", "key.pub"]).unwrap_err();
    assert!(error.contains("not in the registry"), "{error}");
    // The list begins with a comment and an empty line.
    let error = shelf
        .make(&["1.4.0", "1.5.0"], &["--trust", "key.pub"])
        .unwrap_err();
    let line = format!(
        "line 4 of the list, oci-layout:{}:1.5.0: ",
        shelf.file("layout").display()
    );
    assert!(error.contains(&line), "{error}");
    let text = "\u{feff}# Ours\noci://r.test/secret:TOKEN@x\n";
    std::fs::write(shelf.file("other"), text).unwrap();
    let error = shelf.run("other", &["--trust", "key.pub"]).unwrap_err();
    assert!(error.contains("line 2 of the list: "), "{error}");
    assert!(!error.contains("TOKEN"), "{error}");
    assert!(!shelf.file("catalogue.json").exists());
    let made = shelf.make(&["1.4.0"], &["--unsigned"]).unwrap();
    assert_eq!(made["plugins"][0]["versions"][0]["signer"], Value::Null);
}
