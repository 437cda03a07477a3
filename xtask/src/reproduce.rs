//! Reproduction of the published files: two clones in folders of different names and lengths, and a second run.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::build::Workspace;
use crate::dist;
use crate::process::{Result, run};

/// What has to be the same bytes. Provenance has the time of the build and is left out, as signatures are.
const FILES: [&str; 5] = [
    "tencent_sms_connector.wasm",
    "manifest.json",
    "sbom.cdx.json",
    "oci-config.json",
    "oci-manifest.json",
];

/// Builds the last commit three times and compares.
pub fn check(workspace: &Workspace) -> Result {
    let packaging = workspace.packaging()?;
    // Not below this workspace, whose `.cargo/config.toml` cargo would read as well.
    let scratch = std::env::temp_dir().join(format!("reproduce-{}", std::process::id()));
    let names = ["a", "a-folder-of-another-name/b"];
    for name in names {
        let root = scratch.join(name);
        run(Command::new("git")
            .args(["clone", "--quiet"])
            .arg(&workspace.root)
            .arg(&root))?;
        build(&root, &packaging)?;
    }
    let [first, second] = names.map(|name| scratch.join(name).join("target/dist"));
    compare(&first, &second)?;
    fs::rename(&first, scratch.join("first"))
        .map_err(|error| format!("{}: {error}.", first.display()))?;
    build(&scratch.join("a"), &packaging)?;
    compare(&first, &scratch.join("first"))?;
    fs::remove_dir_all(&scratch).map_err(|error| format!("{}: {error}.", scratch.display()))?;
    println!(
        "The same bytes from two clones and from two runs: {}.",
        FILES.join(", ")
    );
    Ok(())
}

fn build(root: &Path, packaging: &Path) -> Result {
    dist::make(&Workspace::at(root.to_path_buf()), packaging, None).map(drop)
}

fn compare(one: &Path, other: &Path) -> Result {
    for file in FILES {
        let read = |folder: &Path| {
            let path = folder.join(file);
            fs::read(&path).map_err(|error| format!("{}: {error}.", path.display()))
        };
        if read(one)? != read(other)? {
            return Err(format!(
                "{file} differs between {} and {}: the build depends on its folder, its time or its machine.",
                one.display(),
                other.display()
            ));
        }
    }
    Ok(())
}
