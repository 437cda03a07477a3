//! `cargo xtask dist`: the two connectors of this repository with their manifests and the documents beside them, to be
//! signed and published, and the gateway, alone and composed with the Tencent connector.
//!
//! Plain cargo's build, with the registry's paths remapped: panic locations name source files, and would make the
//! digest depend on the machine. `packaging/` writes metadata, SBOM, OCI documents and provenance; `docs/publishing.md`
//! has the next steps.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::build::Workspace;
use crate::contract;
use crate::process::{Result, output, run};
use crate::{component, gateway};

/// A connector that is published: a package of this workspace with a table `[package.metadata.auth-connector]`.
struct Connector {
    /// Its folder in the repository.
    folder: String,
    /// Its package.
    package: String,
    /// Its folder in `target`.
    dist: String,
    /// The component's file name.
    file: String,
}

/// Names in `target/dist` that are no connector's.
const TAKEN: [&str; 4] = ["build", "contract", "gateway", "guides"];

impl Connector {
    /// Reads an entry of `cargo metadata`. `None` if the package has no such table.
    fn read(package: &Value, root: &Path) -> Result<Option<Self>> {
        if package.pointer("/metadata/auth-connector").is_none() {
            return Ok(None);
        }
        let text = |key: &str| package.get(key).and_then(Value::as_str);
        let (Some(name), Some(manifest)) = (text("name"), text("manifest_path")) else {
            return Err("`cargo metadata` names a package without its name or place.".to_owned());
        };
        let folder = Path::new(manifest).parent().unwrap_or(root);
        let folder = folder.strip_prefix(root).unwrap_or(folder);
        let dist = match folder.file_name() {
            None => "dist".to_owned(),
            Some(last) if TAKEN.iter().any(|taken| last == *taken) => {
                return Err(format!(
                    "{} cannot be published: target/dist/{} holds something else. Give its folder another name.",
                    folder.display(),
                    last.display()
                ));
            }
            Some(last) => format!("dist/{}", last.display()),
        };
        let file = format!("{}.wasm", name.replace('-', "_"));
        Ok(Some(Self {
            folder: folder.display().to_string(),
            package: name.to_owned(),
            dist,
            file,
        }))
    }
}

/// The connectors of a workspace, the one at its root first.
fn connectors(workspace: &Workspace) -> Result<Vec<Connector>> {
    let metadata = output(workspace.cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--no-deps",
        "--locked",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
    // Cargo's own spelling of the root, by which its other paths begin.
    let root = metadata.get("workspace_root").and_then(Value::as_str);
    let root = root.map_or(workspace.root.as_path(), Path::new);
    let packages = metadata.get("packages").and_then(Value::as_array);
    let found = packages
        .into_iter()
        .flatten()
        .map(|package| Connector::read(package, root));
    let mut found: Vec<Connector> = found.filter_map(Result::transpose).collect::<Result<_>>()?;
    found.sort_by(|one, other| one.dist.cmp(&other.dist));
    let mut pairs = found.iter().zip(found.iter().skip(1));
    match pairs.find(|(one, other)| one.dist == other.dist) {
        None => Ok(found),
        Some((one, other)) => Err(format!(
            "{} and {} would both be written into target/{}. Give one of the folders another name.",
            one.folder, other.folder, one.dist
        )),
    }
}

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
    for connector in connectors(workspace)? {
        let file = publishable(workspace, packaging, &connector, key)?;
        let has_guides = file.with_file_name("guides").exists();
        let guides = if has_guides { "guides, logo.svg, " } else { "" };
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
        .args([&workspace.root.join("wit"), &folder]))?;
    Ok(Made {
        file: folder.join("auth_connector.wasm"),
        beside: "oci-config.json, oci-manifest.json".to_owned(),
        has_provenance: false,
    })
}

/// Builds the Tencent connector, writes what stands beside it, and returns the component's path.
pub fn component(workspace: &Workspace) -> Result<PathBuf> {
    let connectors = connectors(workspace)?;
    let first = connectors.first().filter(|first| first.folder.is_empty());
    let first = first.ok_or("the package at the root is no connector.")?;
    publishable(workspace, &workspace.packaging()?, first, None)
}

fn publishable(
    workspace: &Workspace,
    packaging: &Path,
    connector: &Connector,
    key: Option<&Path>,
) -> Result<PathBuf> {
    let file = workspace.scratch(&connector.dist).join(&connector.file);
    let root = workspace.root.join(&connector.folder);
    let place = (connector.folder.as_str(), connector.package.as_str());
    component::embedded(workspace, packaging, place, &file)?;
    run(Command::new(packaging)
        .current_dir(&root)
        .arg("documents")
        .arg(&root)
        .args([connector.package.as_ref(), file.as_os_str()])
        .args(key))?;
    Ok(file)
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn connectors_are_the_packages_with_the_table() {
        let found = connectors(&Workspace::at(root().to_path_buf())).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|one| (one.folder.as_str(), one.dist.as_str(), one.file.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                ("", "dist", "tencent_sms_connector.wasm"),
                ("examples/webhook", "dist/webhook", "webhook_connector.wasm"),
            ]
        );
    }

    #[test]
    fn folder_that_dist_uses_is_refused() {
        let package = |folder: &str| {
            json!({
                "name": "acme-sms", "manifest_path": format!("/r/{folder}/Cargo.toml"),
                "metadata": {"auth-connector": {}},
            })
        };
        let read = |folder: &str| Connector::read(&package(folder), Path::new("/r"));
        let found = read("examples/acme").unwrap().unwrap();
        assert_eq!(found.dist, "dist/acme");
        let error = read("examples/gateway").err().unwrap();
        assert!(error.contains("another name"), "{error}");
        let plain = json!({"name": "kit", "manifest_path": "/r/kit/Cargo.toml", "metadata": null});
        assert!(Connector::read(&plain, Path::new("/r")).unwrap().is_none());
    }

    /// Hosts know a plugin by both, the manifest's before it is loaded.
    #[test]
    fn manifest_id_is_the_components_own() {
        for (table, file) in [
            ("Cargo.toml", "src/metadata.rs"),
            ("examples/webhook/Cargo.toml", "examples/webhook/src/lib.rs"),
            (
                "xtask/templates/connector/Cargo.toml.template",
                "xtask/templates/connector/lib.rs",
            ),
        ] {
            let [table, metadata] =
                [table, file].map(|file| fs::read_to_string(root().join(file)).unwrap());
            let id = table.lines().find_map(|line| line.strip_prefix("id = "));
            assert!(metadata.contains(&format!("id: {}", id.unwrap())), "{file}");
        }
    }
}
