//! Checks the contract's files: vendored ones against their digests, the contract against its released copy.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::process::Result;

/// Digests of the vendored WIT, in the format of `sha256sum`.
const LOCK: &str = "deps.sha256";

/// Fails when a vendored file differs from its recorded digest, or when the contract differs from the released
/// copy of its own version. Returns what was compared, in one line.
pub fn check(root: &Path) -> Result<String> {
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

fn check_released(wit: &Path) -> Result<String> {
    let contract = read(&wit.join("sms.wit"))?;
    let version = contract
        .lines()
        .find_map(|line| {
            line.strip_prefix("package auth:connector@")?
                .strip_suffix(';')
        })
        .ok_or("wit/sms.wit: expected a line `package auth:connector@x.y.z;`.")?;
    let released = wit.join("released").join(version);
    // The folder comes with the first release. An empty one is a mistake: it would compare nothing for ever.
    if !released.exists() {
        return Ok(format!(
            "auth:connector@{version} was not released yet, so it was compared with nothing."
        ));
    }
    let frozen = own_files(&released)?;
    if frozen.is_empty() {
        return Err(format!(
            "wit/released/{version} holds no WIT. Copy the contract there when it is released."
        ));
    }
    for name in own_files(wit)?.iter().chain(&frozen) {
        let [was, is] = [&released, wit].map(|folder| read(&folder.join(name)));
        if was.is_err() || is.is_err() || was? != is? {
            return Err(format!(
                "wit/{} differs from the released {version}. A released contract is frozen, because compiled \
                 connectors and hosts depend on it: give the package a new version.",
                name.display()
            ));
        }
    }
    let files = frozen.len();
    Ok(format!(
        "auth:connector@{version} is the released one, in {files} files."
    ))
}

/// The WIT files of a folder itself, by name.
fn own_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let all = files(folder)?.into_iter();
    Ok(all
        .filter(|file| file.parent() == Some(folder))
        .filter(|file| file.extension().is_some_and(|extension| extension == "wit"))
        .filter_map(|file| file.file_name().map(PathBuf::from))
        .collect())
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

    /// Releases the contract as it stands.
    fn release(root: &Path) -> PathBuf {
        let wit = root.join("wit");
        let released = wit.join("released/0.1.0");
        fs::create_dir_all(&released).unwrap();
        for name in own_files(&wit).unwrap() {
            fs::copy(wit.join(&name), released.join(&name)).unwrap();
        }
        released
    }

    /// The check reports it.
    #[test]
    fn unreleased_contract_is_compared_with_nothing() {
        let root = copy("before");
        let _ = fs::remove_dir_all(root.join("wit/released"));
        append(&root, "sms.wit");
        assert!(check(&root).unwrap().contains("was not released yet"));
        fs::create_dir_all(root.join("wit/released/0.1.0")).unwrap();
        assert!(check(&root).unwrap_err().contains("holds no WIT"));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn contract_of_this_repository_is_frozen() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let said = check(root).unwrap();
        assert!(said.contains("is the released one, in 4 files"), "{said}");
    }

    #[test]
    fn contract_that_is_its_released_copy_passes() {
        let root = copy("whole");
        let files = fs::read_dir(release(&root)).unwrap().count();
        assert!(files >= 4);
        assert!(check(&root).unwrap().contains(&format!("in {files} files")));
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_changed_added_or_missing_file_is_named() {
        for file in [
            "deps/wasi-io/streams.wit",
            "deps/wasi-new/new.wit",
            "sms.wit",
            "world.wit",
            "new.wit",
            "released/0.1.0/gone.wit",
        ] {
            let root = copy(&file.replace('/', "-"));
            release(&root);
            append(&root, file);
            let message = check(&root).expect_err(file);
            let name = file.rsplit('/').next().unwrap();
            assert!(message.contains(name), "{message}");
            fs::remove_dir_all(root).unwrap();
        }
    }
}
