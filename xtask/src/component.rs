//! A component to be published: plain cargo's build with the registry's paths remapped, and metadata in it.
//!
//! Panic locations name source files, and would make the digest depend on the machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::Workspace;
use crate::process::{Result, run};
use crate::toolchain::TARGET;

/// Builds the component of a package, and writes it to `file` with its metadata. Returns its bytes, which name no path
/// of this machine.
pub fn embedded(
    workspace: &Workspace,
    packaging: &Path,
    (folder, package): (&str, &str),
    file: &Path,
) -> Result<Vec<u8>> {
    let root = workspace.root.join(folder);
    let sources = registry_sources()?;
    let built = build(workspace, &root, file, &sources)?;
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}.", parent.display()))?;
    }
    run(Command::new(packaging)
        .current_dir(&root)
        .arg("embed")
        .arg(&root)
        .args([package.as_ref(), built.as_os_str(), file.as_os_str()]))?;
    let bytes = read(file)?;
    match sources.iter().find(|path| holds(&bytes, path)) {
        None => Ok(bytes),
        Some(path) => Err(format!(
            "the component names {}, a path of this machine, though it was remapped.",
            path.display()
        )),
    }
}

/// Builds in a folder of its own, because cargo rebuilds everything when flags change.
fn build(workspace: &Workspace, root: &Path, file: &Path, sources: &[PathBuf]) -> Result<PathBuf> {
    let target = workspace.scratch("dist").join("build");
    let flags: Vec<String> = sources
        .iter()
        .map(|path| format!("\"--remap-path-prefix={}=crates\"", path.display()))
        .collect();
    run(workspace
        .cargo()
        .current_dir(root)
        .args(["build", "--locked", "--release", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags=[{}]", flags.join(","))))?;
    let name = file.file_name().unwrap_or_default();
    Ok(target.join(TARGET).join("release").join(name))
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

/// Reads a file.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{}: {error}.", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_in_the_component_is_found() {
        let bytes = b"\0asm/build/a/.cargo/registry/src/x-1/lib.rs";
        assert!(holds(bytes, Path::new("/build/a/.cargo/registry/src/x-1")));
        assert!(!holds(bytes, Path::new("/build/b/.cargo/registry/src/x-1")));
    }
}
