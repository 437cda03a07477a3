//! Checks of the contract's files: vendored files are unchanged, released ones are frozen.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Result;

/// Digests of the vendored WIT, in the format of `sha256sum`.
const LOCK: &str = "deps.sha256";

/// Fails when a vendored file differs from its recorded digest, or when the contract differs from the released
/// copy of its own version in `wit/released/`.
pub fn check(root: &Path) -> Result {
    let wit = root.join("wit");
    check_vendored(&wit)?;
    check_released(&wit)
}

fn check_vendored(wit: &Path) -> Result {
    let lock = read(&wit.join(LOCK))?;
    let mut recorded = Vec::new();
    for line in lock.lines() {
        let (digest, name) = line.split_once("  ").ok_or_else(|| {
            format!("wit/{LOCK}: expected `digest  path`, as sha256sum prints it.")
        })?;
        let found = hex::encode(Sha256::digest(read(&wit.join(name))?));
        if found != digest {
            return Err(format!(
                "wit/{name} differs from its digest in wit/{LOCK}. Vendored files are upstream's; restore it, or \
                 vendor a new version of all and record it with `cd wit && find deps -name '*.wit' | sort | xargs \
                 sha256sum > {LOCK}`."
            ));
        }
        recorded.push(wit.join(name));
    }
    for file in files(&wit.join("deps"))? {
        if !recorded.contains(&file) {
            return Err(format!(
                "{} has no digest in wit/{LOCK}. Record it.",
                file.display()
            ));
        }
    }
    Ok(())
}

fn check_released(wit: &Path) -> Result {
    let contract = read(&wit.join("sms.wit"))?;
    let version = contract
        .lines()
        .find_map(|line| {
            line.strip_prefix("package auth:connector@")?
                .strip_suffix(';')
        })
        .ok_or("wit/sms.wit: expected a line `package auth:connector@x.y.z;`.")?;
    let released = wit.join("released").join(version);
    if !released.exists() {
        println!(
            "auth:connector@{version} was not released, so its files were compared with nothing."
        );
        return Ok(());
    }
    let mut names = Vec::new();
    for file in files(&released)? {
        let name = file.strip_prefix(&released).unwrap_or(&file).to_path_buf();
        if read(&file)? != read(&wit.join(&name))? {
            return Err(format!(
                "wit/{} differs from the released {version}. A released contract is frozen, because compiled \
                 connectors and hosts depend on it: give the package a new version.",
                name.display()
            ));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(format!(
            "wit/released/{version} holds no file. Copy the contract there when it is released."
        ));
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}.", path.display()))
}

/// All files below a directory, sorted.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(directory).map_err(|error| format!("{}: {error}.", directory.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .map_err(|error| format!("{}: {error}.", directory.display()))?
            .path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of the contract's files to spoil.
    fn copy(name: &str) -> PathBuf {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("wit");
        let to = std::env::temp_dir().join(format!("xtask-contract-{}-{name}", std::process::id()));
        for file in files(&from).unwrap() {
            let target = to.join("wit").join(file.strip_prefix(&from).unwrap());
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(file, target).unwrap();
        }
        to
    }

    fn append(root: &Path, file: &str) {
        let path = root.join("wit").join(file);
        let text = fs::read_to_string(&path).unwrap_or_default();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text + "// changed\n").unwrap();
    }

    /// Copies the contract as its own release.
    fn release(root: &Path) {
        let contract = fs::read_to_string(root.join("wit/sms.wit")).unwrap();
        let version = contract.lines().find_map(|line| {
            line.strip_prefix("package auth:connector@")?
                .strip_suffix(';')
        });
        let released = root.join("wit/released").join(version.unwrap());
        fs::create_dir_all(&released).unwrap();
        for name in ["sms.wit", "world.wit"] {
            fs::copy(root.join("wit").join(name), released.join(name)).unwrap();
        }
    }

    #[test]
    fn unchanged_contract_passes() {
        let root = copy("whole");
        assert_eq!(check(&root), Ok(()));
        release(&root);
        assert_eq!(check(&root), Ok(()));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn unreleased_contract_may_change() {
        let root = copy("unreleased");
        append(&root, "sms.wit");
        assert_eq!(check(&root), Ok(()));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn changed_file_is_named() {
        for file in [
            "deps/wasi-io/streams.wit",
            "deps/wasi-new/new.wit",
            "sms.wit",
            "world.wit",
        ] {
            let root = copy(&file.replace('/', "-"));
            release(&root);
            append(&root, file);
            let message = check(&root).expect_err(file);
            assert!(message.contains(file), "{message}");
            fs::remove_dir_all(root).unwrap();
        }
    }

    #[test]
    fn empty_release_is_an_error() {
        let root = copy("empty");
        release(&root);
        let released = root.join("wit/released");
        let version = fs::read_dir(&released).unwrap().next().unwrap().unwrap();
        fs::remove_dir_all(version.path()).unwrap();
        fs::create_dir_all(version.path()).unwrap();
        assert!(check(&root).unwrap_err().contains("holds no file"));
        fs::remove_dir_all(root).unwrap();
    }
}
