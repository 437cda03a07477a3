//! `cargo xtask dist`: the component and its manifest, to be signed and published.
//!
//! Plain cargo's build, with the registry's paths remapped: panic locations name source files, and would make the
//! digest depend on the machine. `docs/packages.md` says how to sign the manifest.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::build::Workspace;
use crate::process::{Result, run};
use crate::toolchain::TARGET;

/// The component's file name, in `target/dist`.
const FILE: &str = "tencent_sms_connector.wasm";

/// The id in the component's own metadata.
const ID: &str = "tencent-short-message-service";

/// The service's two public endpoints, which the manifest asks for.
const ORIGINS: [&str; 2] = [
    "https://sms.tencentcloudapi.com",
    "https://sms.intl.tencentcloudapi.com",
];

/// The most requests of one call: a send, and a second one after an expired timestamp.
const REQUESTS: u32 = 2;

/// Builds both and prints their place, size and digest.
pub fn run_all() -> Result {
    let workspace = Workspace::open()?;
    let component = component(&workspace)?;
    let bytes = read(&component)?;
    println!(
        "\n{}\n  {} bytes, sha256 {}\n  manifest.json beside it",
        component.display(),
        bytes.len(),
        digest(&bytes)
    );
    Ok(())
}

/// Builds both and returns the component's path.
pub fn component(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.scratch("dist");
    let sources = registry_sources()?;
    let built = build(workspace, &folder, &sources)?;
    let bytes = read(&built)?;
    if let Some(path) = sources.iter().find(|path| holds(&bytes, path)) {
        return Err(format!(
            "the component names {}, a path of this machine, though it was remapped.",
            path.display()
        ));
    }
    let file = folder.join(FILE);
    write(&file, &bytes)?;
    write(
        &folder.join("manifest.json"),
        manifest(&bytes, version(&workspace.root)?).as_bytes(),
    )?;
    Ok(file)
}

/// Builds in a folder of its own, because cargo rebuilds everything when flags change.
fn build(workspace: &Workspace, folder: &Path, sources: &[PathBuf]) -> Result<PathBuf> {
    let target = folder.join("build");
    let flags: Vec<String> = sources
        .iter()
        .map(|path| format!("\"--remap-path-prefix={}=crates\"", path.display()))
        .collect();
    run(workspace
        .cargo()
        .args(["build", "--locked", "--release", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags=[{}]", flags.join(","))))?;
    Ok(target.join(TARGET).join("release").join(FILE))
}

/// The folders that cargo unpacks crates into, one for each registry.
fn registry_sources() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .ok_or("neither CARGO_HOME nor a home directory is known. Set CARGO_HOME.")?;
    let sources = home.join("registry").join("src");
    let entries =
        fs::read_dir(&sources).map_err(|error| format!("{}: {error}.", sources.display()))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    Ok(found)
}

fn holds(bytes: &[u8], path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    bytes.windows(path.len().max(1)).any(|part| part == path)
}

/// The workspace's version, which the connector inherits.
fn version(root: &Path) -> Result<String> {
    let manifest = fs::read_to_string(root.join("Cargo.toml"))
        .map_err(|error| format!("Cargo.toml: {error}."))?;
    let version = manifest.lines().find_map(|line| {
        line.strip_prefix("version = \"")?
            .strip_suffix('"')
            .map(str::to_owned)
    });
    version.ok_or_else(|| "Cargo.toml: expected a line `version = \"x.y.z\"`.".to_owned())
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn manifest(bytes: &[u8], version: String) -> String {
    let manifest = serde_json::json!({
        "format": 1,
        "id": ID,
        "version": version,
        "contract": "auth:connector@0.1.0",
        "component": {"file": FILE, "sha256": digest(bytes), "size": bytes.len()},
        "origins": ORIGINS,
        "limits": {"requests": REQUESTS},
        "license": "Apache-2.0",
    });
    format!("{manifest:#}\n")
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{}: {error}.", file.display()))
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

    /// The example of `docs/packages.md`, with this component's digest and size.
    #[test]
    fn manifest_is_the_documented_example() {
        let page = fs::read_to_string(root().join("docs/packages.md")).unwrap();
        let block = page.split("```json").nth(1).unwrap();
        let mut documented: serde_json::Value =
            serde_json::from_str(block.split("```").next().unwrap()).unwrap();
        let made: serde_json::Value =
            serde_json::from_str(&manifest(b"component", version(root()).unwrap())).unwrap();
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
        let metadata = fs::read_to_string(root().join("src/metadata.rs")).unwrap();
        assert!(metadata.contains(&format!("id: \"{ID}\"")));
    }

    #[test]
    fn path_in_the_component_is_found() {
        let bytes = b"\0asm/build/a/.cargo/registry/src/x-1/lib.rs";
        assert!(holds(bytes, Path::new("/build/a/.cargo/registry/src/x-1")));
        assert!(!holds(bytes, Path::new("/build/b/.cargo/registry/src/x-1")));
    }
}
