//! `cargo xtask dist`: the two connectors of this repository with their manifests and the documents beside them, to be
//! signed and published, and the gateway, alone and composed with the Tencent connector.
//!
//! Plain cargo's build, with the registry's paths remapped: panic locations name source files, and would make the
//! digest depend on the machine. `packaging/` writes metadata, SBOM, OCI documents and provenance; `docs/publishing.md`
//! has the next steps.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::build::Workspace;
use crate::contract;
use crate::process::{Result, output, run};
use crate::{component, gateway};

/// A connector, and the requests of its manifest.
struct Connector {
    /// Its folder in the repository.
    folder: &'static str,
    /// Its package.
    package: &'static str,
    /// Its folder in `target`.
    dist: &'static str,
    /// The component's file name.
    file: &'static str,
    /// The id in the component's own metadata.
    id: &'static str,
    origins: &'static [&'static str],
    config_origins: &'static [&'static str],
    /// The most requests of one call.
    requests: u32,
    /// The languages of its guides, which stand in `guides` of its folder.
    guides: &'static [&'static str],
    /// Its logo, an SVG in its folder.
    logo: Option<&'static str>,
}

/// A guide's language and its text.
type Guide = (&'static str, Vec<u8>);

/// The service's two public endpoints. A look-up may make sixteen requests (docs/interface.md); a send makes two at
/// most, the second after an expired timestamp.
const TENCENT: Connector = Connector {
    folder: ".",
    package: "tencent-sms-connector",
    dist: "dist",
    file: "tencent_sms_connector.wasm",
    id: "tencent-short-message-service",
    origins: &[
        "https://sms.tencentcloudapi.com",
        "https://sms.intl.tencentcloudapi.com",
    ],
    config_origins: &[],
    requests: 16,
    guides: &["de", "en", "fr", "pt-BR", "zh-CN", "zh-TW"],
    logo: Some("packages/logto-connector/logo.svg"),
};

const WEBHOOK: Connector = Connector {
    folder: "examples/webhook",
    package: "webhook-connector",
    dist: "dist/webhook",
    file: "webhook_connector.wasm",
    id: "webhook-sms",
    origins: &[],
    config_origins: &["/url"],
    requests: 1,
    guides: &[],
    logo: None,
};

/// Every connector that is published. One more needs a table as above, and its place here.
const CONNECTORS: [&Connector; 2] = [&TENCENT, &WEBHOOK];

/// The contract's folder in `target`.
const CONTRACT: &str = "dist/contract";

/// Builds everything that is published, and prints its place, size and digest. `key` is a PEM file that signs the provenance.
pub fn run_all(key: Option<&str>) -> Result {
    let workspace = Workspace::open()?;
    // The commands that sign run in other folders than the caller's.
    let absolute = |key| std::path::absolute(key).map_err(|error| format!("{key}: {error}."));
    let key = key.map(absolute).transpose()?;
    for made in everything(&workspace, &workspace.packaging()?, key.as_deref())? {
        let bytes = component::read(&made.file)?;
        println!(
            "\n{}\n  {} bytes, sha256 {}\n  beside it {}{}",
            made.file.display(),
            bytes.len(),
            digest(&bytes),
            made.beside,
            if key.is_some() && made.has_provenance {
                ", provenance.json, provenance.sigstore.json"
            } else {
                ""
            }
        );
    }
    Ok(())
}

/// A component or the contract, as it was written.
pub struct Made {
    file: PathBuf,
    /// The documents beside it.
    beside: String,
    has_provenance: bool,
}

impl Made {
    fn component(file: PathBuf, further: &str) -> Self {
        Self {
            file,
            beside: format!("{further}sbom.cdx.json, oci-config.json, oci-manifest.json"),
            has_provenance: true,
        }
    }
}

/// Builds everything that is published from `workspace`. `packaging`, the program, writes what stands beside it.
pub fn everything(
    workspace: &Workspace,
    packaging: &Path,
    key: Option<&Path>,
) -> Result<Vec<Made>> {
    let mut all = Vec::new();
    for connector in CONNECTORS {
        let file = publishable(workspace, packaging, connector, key)?;
        let guides = if connector.guides.is_empty() {
            ""
        } else {
            "guides, logo.svg, "
        };
        all.push(Made::component(file, &format!("manifest.json, {guides}")));
    }
    for file in gateway::make(workspace, packaging, key)? {
        all.push(Made::component(file, ""));
    }
    all.push(contract(workspace, packaging)?);
    Ok(all)
}

/// Writes the released contract as a package of WIT. It has to be the one that was released, because hosts and connectors
/// are built against that.
fn contract(workspace: &Workspace, packaging: &Path) -> Result<Made> {
    contract::check(&workspace.root)?;
    let folder = workspace.scratch(CONTRACT);
    run(Command::new(packaging)
        .current_dir(&workspace.root)
        .arg("contract")
        .args([&workspace.root, Path::new(TENCENT.package)])
        .args([&workspace.root.join("wit"), &folder]))?;
    Ok(Made {
        file: folder.join("auth_connector.wasm"),
        beside: "oci-config.json, oci-manifest.json".to_owned(),
        has_provenance: false,
    })
}

/// Builds the Tencent connector, writes what stands beside it, and returns the component's path.
pub fn component(workspace: &Workspace) -> Result<PathBuf> {
    publishable(workspace, &workspace.packaging()?, &TENCENT, None)
}

fn publishable(
    workspace: &Workspace,
    packaging: &Path,
    connector: &Connector,
    key: Option<&Path>,
) -> Result<PathBuf> {
    let folder = workspace.scratch(connector.dist);
    let root = workspace.root.join(connector.folder);
    let file = folder.join(connector.file);
    let place = (connector.folder, connector.package);
    let bytes = component::embedded(workspace, packaging, place, &file)?;
    let guides = guides(connector, &root)?;
    for (language, text) in &guides {
        let place = folder.join("guides");
        fs::create_dir_all(&place).map_err(|error| format!("{}: {error}.", place.display()))?;
        write(&place.join(format!("{language}.md")), text)?;
    }
    let logo = logo(connector, &root)?;
    if let Some(logo) = &logo {
        write(&folder.join("logo.svg"), logo)?;
    }
    let texts = (guides.as_slice(), logo.as_deref());
    let about = About::read(workspace, connector.package)?;
    let manifest = manifest(connector, &bytes, &about, texts);
    write(&folder.join("manifest.json"), manifest.as_bytes())?;
    run(Command::new(packaging)
        .current_dir(&root)
        .arg("documents")
        .arg(&root)
        .args([connector.package.as_ref(), file.as_os_str()])
        .args(key))?;
    Ok(file)
}

/// Fields of a connector's `Cargo.toml` that its manifest repeats.
#[derive(Default)]
struct About {
    version: String,
    description: Option<String>,
    license: Option<String>,
    homepage: Option<String>,
    /// The authors, who count as the publisher: the sources name no other.
    publisher: Option<String>,
}

impl About {
    /// Reads them from cargo, which resolves values that a package inherits from its workspace.
    fn read(workspace: &Workspace, package: &str) -> Result<Self> {
        let metadata = output(workspace.cargo().args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--locked",
        ]))?;
        Self::parse(&metadata, package)
    }

    fn parse(metadata: &str, package: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(metadata)
            .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
        let packages = metadata.get("packages").and_then(Value::as_array);
        let mut packages = packages.into_iter().flatten();
        let found = packages
            .find(|found| found["name"] == package)
            .ok_or_else(|| format!("{package} is no member of this workspace."))?;
        let text = |key: &str| found[key].as_str().map(str::to_owned);
        let authors = found["authors"].as_array().into_iter().flatten();
        let authors: Vec<&str> = authors.filter_map(Value::as_str).collect();
        Ok(Self {
            version: text("version").ok_or("`cargo metadata` names no version.")?,
            description: text("description"),
            license: text("license"),
            homepage: text("homepage"),
            publisher: Some(authors.join(", ")).filter(|authors| !authors.is_empty()),
        })
    }
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The connector's guides, which its package holds and its manifest pins.
fn guides(connector: &Connector, root: &Path) -> Result<Vec<Guide>> {
    let read = |language: &&'static str| {
        let text = component::read(&root.join("guides").join(format!("{language}.md")))?;
        Ok((*language, text))
    };
    connector.guides.iter().map(read).collect()
}

/// The connector's logo, which its package holds and its manifest pins.
fn logo(connector: &Connector, root: &Path) -> Result<Option<Vec<u8>>> {
    let read = |file: &str| component::read(&root.join(file));
    connector.logo.map(read).transpose()
}

/// The manifest, with sorted keys: whether `json!` keeps their order depends on which crates are built with this one.
fn manifest(
    connector: &Connector,
    bytes: &[u8],
    about: &About,
    (guides, logo): (&[Guide], Option<&[u8]>),
) -> String {
    let component: BTreeMap<&str, Value> = [
        ("file", connector.file.into()),
        ("sha256", digest(bytes).into()),
        ("size", bytes.len().into()),
    ]
    .into();
    let mut manifest: BTreeMap<&str, Value> = [
        ("format", 1.into()),
        ("id", connector.id.into()),
        ("version", about.version.as_str().into()),
        ("contract", "auth:connector@0.1.0".into()),
        ("component", json!(component)),
        ("origins", json!(connector.origins)),
        ("limits", json!({"requests": connector.requests})),
    ]
    .into();
    if let Some(description) = &about.description {
        manifest.insert("description", description.as_str().into());
    }
    if let Some(license) = &about.license {
        manifest.insert("license", license.as_str().into());
    }
    if let Some(homepage) = &about.homepage {
        manifest.insert("homepage", homepage.as_str().into());
    }
    if !connector.config_origins.is_empty() {
        manifest.insert("configOrigins", json!(connector.config_origins));
    }
    let pins = guides.iter().map(|(language, text)| {
        let key = format!("guide.{}", language.to_ascii_lowercase());
        (key, digest(text))
    });
    let mut annotations: BTreeMap<String, String> = pins.collect();
    annotations.extend(logo.map(|logo| ("logo".to_owned(), digest(logo))));
    if let Some(publisher) = &about.publisher {
        annotations.insert("publisher".to_owned(), publisher.clone());
    }
    if !annotations.is_empty() {
        manifest.insert("annotations", json!(annotations));
    }
    format!("{:#}\n", json!(manifest))
}

fn write(file: &Path, bytes: &[u8]) -> Result {
    fs::write(file, bytes).map_err(|error| format!("{}: {error}.", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    fn about(package: &str) -> About {
        About::read(&Workspace::at(root().to_path_buf()), package).unwrap()
    }

    /// The example of `docs/packages.md`, with this component's digest and size.
    #[test]
    fn manifest_is_the_documented_example() {
        let page = fs::read_to_string(root().join("docs/packages.md")).unwrap();
        let block = page.split("```json").nth(1).unwrap();
        let mut documented: serde_json::Value =
            serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        let guides = [("en", b"guide".to_vec())];
        let made = manifest(
            &TENCENT,
            b"component",
            &about(TENCENT.package),
            (&guides, Some(b"<svg/>")),
        );
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(
            made["annotations"]["guide.en"],
            "83ca68be6227af2feb15f227485ed18aff8ecae99416a4bd6df3be1b5e8059b4"
        );
        assert_eq!(
            made["annotations"]["logo"],
            "d4dc56669143034f31aa309635d4113d9ad76a02b1739da22c965ed2049be9e6"
        );
        documented["annotations"] = made["annotations"].clone();
        assert_eq!(made["component"]["size"], 9);
        assert_eq!(
            made["component"]["sha256"],
            "6985ca1f4daa5a584a28eae043a239cb96689af1337ea13afb63e00c2bf512fa"
        );
        documented["component"]["sha256"] = made["component"]["sha256"].clone();
        documented["component"]["size"] = made["component"]["size"].clone();
        assert_eq!(made, documented);
    }

    #[test]
    fn manifest_id_is_the_components_own() {
        for (file, connector) in [
            ("src/metadata.rs", TENCENT),
            ("examples/webhook/src/lib.rs", WEBHOOK),
        ] {
            let metadata = fs::read_to_string(root().join(file)).unwrap();
            assert!(
                metadata.contains(&format!("id: \"{}\"", connector.id)),
                "{file}"
            );
        }
    }

    #[test]
    fn manifest_of_the_webhook_connector_names_the_url() {
        let made = manifest(&WEBHOOK, b"component", &about(WEBHOOK.package), (&[], None));
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(made["configOrigins"], serde_json::json!(["/url"]));
        assert_eq!(made["origins"], serde_json::json!([]));
        assert_eq!(made["version"], "0.1.0");
        assert_eq!(made.get("annotations"), None);
    }

    #[test]
    fn description_license_homepage_and_publisher_come_from_cargo() {
        let parse = |package: Value| {
            let metadata = json!({"packages": [{"name": "other"}, package]});
            About::parse(&metadata.to_string(), "acme-sms")
        };
        let about = parse(json!({
            "name": "acme-sms", "version": "1.2.3", "license": "MIT", "homepage": "https://example.com", "description": "Sends",
            "authors": ["Acme <a@example.com>", "B"],
        }));
        let made = manifest(&TENCENT, b"component", &about.unwrap(), (&[], None));
        let made: Value = serde_json::from_str(&made).unwrap();
        assert_eq!(
            (&made["version"], &made["license"], &made["homepage"]),
            (
                &json!("1.2.3"),
                &json!("MIT"),
                &json!("https://example.com")
            )
        );
        assert_eq!(made["description"], "Sends");
        assert_eq!(made["annotations"]["publisher"], "Acme <a@example.com>, B");
        let bare = parse(json!({
            "name": "acme-sms", "version": "1.2.3", "license": null, "homepage": null, "authors": [],
        }));
        let made = manifest(&TENCENT, b"component", &bare.unwrap(), (&[], None));
        let made: Value = serde_json::from_str(&made).unwrap();
        for member in ["description", "license", "homepage", "annotations"] {
            assert_eq!(made.get(member), None);
        }
        assert!(parse(json!({"name": "another"})).is_err());
    }

    #[test]
    fn every_guide_of_the_repository_is_packed() {
        let files = fs::read_dir(root().join("guides")).unwrap();
        let mut found: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        let packed = TENCENT
            .guides
            .iter()
            .map(|language| format!("{language}.md"));
        assert_eq!(found, packed.collect::<Vec<_>>());
        assert_eq!(guides(&TENCENT, root()).unwrap().len(), found.len());
    }
}
