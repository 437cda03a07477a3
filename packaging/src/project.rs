//! Facts about a connector's package that are published: from `Cargo.toml`, `Cargo.lock`, git and rustc.

use crate::Result;
use crate::command::output;
use crate::linked::{Crate, TARGET};
use crate::repository::Repository;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The table of a plugin in `[package.metadata]`.
pub const TABLE: &str = "auth-connector";

/// A connector's package.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The package's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line about it.
    pub description: Option<String>,
    /// An SPDX expression.
    pub license: Option<String>,
    /// Its authors.
    pub authors: Vec<String>,
    /// Address of the source: the key `repository` of `Cargo.toml`. The address of a clone's remote is not used,
    /// because it may be a folder, and differs between clones.
    pub source: Option<String>,
    /// Address of its home page.
    pub homepage: Option<String>,
    /// The table of a plugin, if the package is one.
    pub plugin: Option<Value>,
    /// The commit and its date.
    pub repository: Repository,
    /// Licences of the crates in the lock file, as SPDX expressions.
    pub licenses: BTreeMap<Crate, String>,
    /// SHA-256 of the crates that come from a registry, from `Cargo.lock`.
    pub checksums: BTreeMap<Crate, String>,
    /// The compiler: its release and its commit.
    pub compiler: Compiler,
}

/// The compiler.
#[derive(Clone, Debug, Default)]
pub struct Compiler {
    /// `1.95.0`
    pub release: String,
    /// The commit in Rust's repository.
    pub commit: String,
}

impl Project {
    /// Reads the facts of a package in the workspace at `root`.
    ///
    /// # Errors
    ///
    /// When cargo or rustc fail, or there is no such package.
    pub fn read(root: &Path, package: &str) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let printed = output(Command::new(cargo).current_dir(root).args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            TARGET,
        ]))?;
        let printed: Value = serde_json::from_str(&printed)
            .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
        let packages = printed
            .get("packages")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);

        let found = packages
            .iter()
            .find(|found| found["name"] == package && found["source"].is_null())
            .ok_or_else(|| format!("there is no package `{package}` in this workspace."))?;
        let lock = printed
            .get("workspace_root")
            .and_then(Value::as_str)
            .unwrap_or(".");
        let lock = Path::new(lock).join("Cargo.lock");
        let lock = std::fs::read_to_string(&lock)
            .map_err(|error| format!("{}: {error}.", lock.display()))?;
        let authors = found["authors"].as_array().map_or(&[][..], Vec::as_slice);
        Ok(Self {
            name: package.to_owned(),
            version: text(found, "version").unwrap_or_default(),
            description: text(found, "description"),
            license: text(found, "license"),
            authors: authors
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            source: text(found, "repository"),
            homepage: text(found, "homepage"),
            plugin: found["metadata"].get(TABLE).cloned(),
            repository: Repository::read(root)?,
            licenses: packages.iter().filter_map(license).collect(),
            checksums: checksums(&lock),
            compiler: compiler(root)?,
        })
    }

    /// Its own name and version.
    pub fn itself(&self) -> Crate {
        Crate {
            name: self.name.clone(),
            version: self.version.clone(),
        }
    }
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key)?.as_str().map(str::to_owned)
}

/// A crate's licence. Before SPDX expressions crates wrote `MIT/Apache-2.0` for a choice.
fn license(package: &Value) -> Option<(Crate, String)> {
    let of = Crate {
        name: text(package, "name")?,
        version: text(package, "version")?,
    };
    Some((of, text(package, "license")?.replace('/', " OR ")))
}

/// The checksums of a lock file, which cargo writes with one key on a line.
fn checksums(lock: &str) -> BTreeMap<Crate, String> {
    let entry = |block: &str| {
        let value = |key: &str| {
            block.lines().find_map(|line| {
                let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
                rest.strip_suffix('"').map(str::to_owned)
            })
        };
        let of = Crate {
            name: value("name")?,
            version: value("version")?,
        };
        Some((of, value("checksum")?))
    };
    lock.split("[[package]]").filter_map(entry).collect()
}

fn compiler(root: &Path) -> Result<Compiler> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = output(Command::new(rustc).current_dir(root).arg("-vV"))?;
    let value = |key: &str| {
        printed
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(|value| value.trim().to_owned())
            .ok_or_else(|| format!("`rustc -vV` did not print its {key}."))
    };
    Ok(Compiler {
        release: value("release:")?,
        commit: value("commit-hash:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_of_registry_crates_alone() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n\
                    checksum = \"ab\"\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n";
        let found = checksums(lock);
        let shown: Vec<String> = found
            .iter()
            .map(|(of, sum)| format!("{of} {sum}"))
            .collect();
        assert_eq!(shown, ["a@1.0.0 ab"]);
    }
}
