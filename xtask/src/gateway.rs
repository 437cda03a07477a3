//! The gateway's part of `cargo xtask dist`: the component for engines that link, and one composed with the Tencent
//! connector for engines that serve a single file.
//!
//! Neither is a plugin, so neither has a manifest: `docs/engines.md` explains how they are published.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::Workspace;
use crate::component;
use crate::process::{Result, run};

/// Folder and package of the gateway.
const GATEWAY: (&str, &str) = ("deploy/gateway", "sms-gateway");
/// Folder and package of the connector that it is composed with.
pub const CONNECTOR: (&str, &str) = (".", "tencent-sms-connector");

/// Builds both, after the connector, and writes the documents beside them. Returns their paths.
pub fn make(workspace: &Workspace, packaging: &Path, key: Option<&Path>) -> Result<[PathBuf; 2]> {
    let folder = workspace.scratch("dist").join("gateway");
    let gateway = folder.join("sms_gateway.wasm");
    let composed = folder.join("composed").join("tencent_sms_gateway.wasm");
    fs::create_dir_all(folder.join("composed"))
        .map_err(|error| format!("{}: {error}.", folder.display()))?;
    component::embedded(workspace, packaging, GATEWAY, &gateway)?;
    let connector = workspace.scratch("dist").join("tencent_sms_connector.wasm");
    compose(packaging, &gateway, &connector, &composed)?;
    let [root, other] = [GATEWAY, CONNECTOR].map(|(folder, _)| workspace.root.join(folder));
    let package = |command: &str| {
        let mut packaging = Command::new(packaging);
        packaging
            .current_dir(&root)
            .arg(command)
            .arg(&root)
            .arg(GATEWAY.1);
        packaging
    };
    run(package("documents").arg(&gateway).args(key))?;
    // Its metadata is the gateway's: composing does not take it over.
    run(package("embed").args([&composed, &composed]))?;
    run(package("documents")
        .arg(&composed)
        .arg("--with")
        .arg(&other)
        .arg(CONNECTOR.1)
        .args(key))?;
    Ok([gateway, composed])
}

/// Composes a gateway with a connector.
fn compose(packaging: &Path, gateway: &Path, connector: &Path, out: &Path) -> Result {
    run(Command::new(packaging)
        .arg("compose")
        .args([gateway, connector, out]))
}
