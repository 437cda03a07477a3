use super::*;
use std::path::PathBuf;

const BYTES: (&str, &[u8]) = ("acme_sms.wasm", b"component");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn project(table: Value) -> Project {
    Project {
        name: "acme-sms".into(),
        version: "1.2.3".into(),
        plugin: Some(table),
        ..Project::default()
    }
}

fn manifest(project: &Project, root: &Path) -> Result<Value> {
    let plugin = Plugin::read(project, root)?.ok_or("there is no table")?;
    let bytes = plugin.manifest(project, BYTES)?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

/// The example of `docs/packages.md`, with this component's digest and size, and every guide.
#[test]
fn manifest_is_the_documented_example() {
    let page = fs::read_to_string(root().join("docs/packages.md")).unwrap();
    let block = page.split("```json").nth(1).unwrap();
    let mut documented: Value = serde_json::from_str(block.split("```").next().unwrap()).unwrap();
    let table = page.split("```toml").nth(1).unwrap();
    let sources = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(sources.contains(table.split("```").next().unwrap()));
    let project = Project::read(&root(), "tencent-sms-connector").unwrap();
    let made = manifest(&project, &root()).unwrap();
    let pins = made["annotations"].as_object().unwrap();
    let languages = fs::read_dir(root().join("guides")).unwrap().count();
    assert_eq!(pins.len(), languages + 1);
    let logo = fs::read(root().join("packages/logto-connector/logo.svg")).unwrap();
    assert_eq!(pins["logo"], sha256(&logo));
    let guide = fs::read(root().join("guides/zh-CN.md")).unwrap();
    assert_eq!(pins["guide.zh-cn"], sha256(&guide));
    documented["annotations"] = made["annotations"].clone();
    documented["component"] = json!({
        "file": "acme_sms.wasm", "size": 9,
        "sha256": "6985ca1f4daa5a584a28eae043a239cb96689af1337ea13afb63e00c2bf512fa",
    });
    assert_eq!(made, documented);
}

#[test]
fn manifest_of_the_webhook_connector_names_the_url() {
    let folder = root().join("examples/webhook");
    let project = Project::read(&folder, "webhook-connector").unwrap();
    let made = manifest(&project, &folder).unwrap();
    assert_eq!(made["configOrigins"], json!(["/url"]));
    assert_eq!(made["origins"], json!([]));
    assert_eq!(made.get("annotations"), None);
}

#[test]
fn cargos_own_keys_are_taken_over() {
    let table = json!({"id": "acme-sms", "origins": [], "annotations": {"region": "eu"}});
    let full = Project {
        description: Some("Sends".into()),
        license: Some("MIT".into()),
        homepage: Some("https://example.com".into()),
        authors: vec!["Acme <a@example.com>".into(), "B".into()],
        ..project(table)
    };
    let made = manifest(&full, &root()).unwrap();
    let expected = json!({
        "format": 1, "id": "acme-sms", "version": "1.2.3", "contract": CONTRACT, "origins": [],
        "component": made["component"], "description": "Sends", "license": "MIT", "homepage": "https://example.com",
        "annotations": {"publisher": "Acme <a@example.com>, B", "region": "eu"},
    });
    assert_eq!(made, expected);
    let bare = manifest(&project(json!({"id": "acme-sms", "origins": []})), &root()).unwrap();
    for member in ["description", "license", "homepage", "annotations"] {
        assert_eq!(bare.get(member), None);
    }
}

/// The author learns it from `cargo xtask dist`, and not from the host that refuses the plugin.
#[test]
fn table_that_makes_no_manifest_is_refused() {
    for (table, why) in [
        (json!("x"), "it is no table"),
        (json!({"id": "acme-sms"}), "origins"),
        (
            json!({"id": "acme-sms", "orgins": []}),
            "unknown field `orgins`",
        ),
        (
            json!({"id": "acme-sms", "origins": ["sms.example.com"]}),
            "/origins/0",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "version": "9.0.0"}),
            "version comes from cargo's own keys",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "guides": 1}),
            "guides is no text",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "guides": "nothing"}),
            "guides: ",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "guides": "wit"}),
            "is not named by a language",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "logo": "nothing.svg"}),
            "nothing.svg",
        ),
        (
            json!({"id": "acme-sms", "origins": [], "annotations": []}),
            "annotations is no table",
        ),
    ] {
        let error = manifest(&project(table), &root()).unwrap_err();
        let is_placed = error.contains("[package.metadata.auth-connector]");
        assert!(is_placed && error.contains(why), "{error}");
    }
}

#[test]
fn package_without_the_table_is_no_plugin() {
    let gateway = Project {
        plugin: None,
        ..project(Value::Null)
    };
    assert!(Plugin::read(&gateway, &root()).unwrap().is_none());
}

#[test]
fn guides_and_logo_are_written_beside_the_manifest() {
    let folder = std::env::temp_dir().join(format!("manifest-{}", std::process::id()));
    let project = Project::read(&root(), "tencent-sms-connector").unwrap();
    let plugin = Plugin::read(&project, &root()).unwrap().unwrap();
    plugin.write(&project, BYTES, &folder).unwrap();
    for (made, source) in [
        ("guides/de.md", "guides/de.md"),
        ("logo.svg", "packages/logto-connector/logo.svg"),
    ] {
        let [made, source] = [folder.join(made), root().join(source)].map(fs::read);
        assert_eq!(made.unwrap(), source.unwrap());
    }
    assert!(folder.join(FILE).is_file());
    fs::remove_dir_all(folder).unwrap();
}
