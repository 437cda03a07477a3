//! Reproduction of the published files: two clones in folders of different names and lengths, and a second run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::build::Workspace;
use crate::dist;
use crate::process::{Result, run};

/// Each published artifact's folder in `target/dist`, and its file. All others are compared too; these have to be there.
const ARTIFACTS: [(&str, &str); 5] = [
    ("", "tencent_sms_connector.wasm"),
    ("webhook/", "webhook_connector.wasm"),
    ("gateway/", "sms_gateway.wasm"),
    ("gateway/composed/", "tencent_sms_gateway.wasm"),
    ("contract/", "auth_connector.wasm"),
];

/// Cargo's build folder in `target/dist`. It is not published.
const BUILD: &str = "build";

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
    let made = files(&first)?;
    compare(&made, &files(&second)?)?;
    for name in made.keys() {
        let file = first.join(name);
        fs::remove_file(&file).map_err(|error| format!("{}: {error}.", file.display()))?;
    }
    build(&scratch.join("a"), &packaging)?;
    compare(&made, &files(&first)?)?;
    fs::remove_dir_all(&scratch).map_err(|error| format!("{}: {error}.", scratch.display()))?;
    println!("The same bytes from two clones and from two runs:");
    for name in made.keys() {
        println!("  {name}");
    }
    Ok(())
}

fn build(root: &Path, packaging: &Path) -> Result {
    dist::everything(&Workspace::at(root.to_path_buf()), packaging, None).map(drop)
}

/// Files by their names, with their bytes.
type Files = BTreeMap<String, Vec<u8>>;

/// Files published from a folder, which must be the same.
fn files(dist: &Path) -> Result<Files> {
    let mut found = Files::new();
    collect(dist, "", &mut found)?;
    for (folder, file) in ARTIFACTS {
        for name in [file, "oci-config.json", "oci-manifest.json"] {
            let name = format!("{folder}{name}");
            if !found.contains_key(&name) {
                return Err(format!("{}: {name} was not written.", dist.display()));
            }
        }
    }
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Files) -> Result {
    let failed = |error: std::io::Error| format!("{}: {error}.", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let whole = format!("{prefix}{name}");
        if path.is_dir() {
            if whole != BUILD {
                collect(&path, &format!("{whole}/"), found)?;
            }
        } else {
            found.insert(whole, fs::read(&path).map_err(failed)?);
        }
    }
    Ok(())
}

fn compare(one: &Files, other: &Files) -> Result {
    let names = one.keys().chain(other.keys());
    for name in names {
        if one.get(name) != other.get(name) {
            return Err(format!(
                "{name} differs or is missing in one of two builds: the build depends on its folder, its time or its \
                 machine."
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as `cargo xtask dist` leaves it, with as little in it as passes.
    fn dist(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("reproduce-{name}-{}", std::process::id()));
        for (place, file) in ARTIFACTS {
            let place = folder.join(place);
            fs::create_dir_all(&place).unwrap();
            for file in [file, "oci-config.json", "oci-manifest.json"] {
                fs::write(place.join(file), file).unwrap();
            }
        }
        fs::create_dir_all(folder.join(BUILD)).unwrap();
        fs::write(folder.join(BUILD).join("cache"), name).unwrap();
        folder
    }

    #[test]
    fn another_byte_or_file_is_named() {
        let folder = dist("other");
        let made = files(&folder).unwrap();
        assert!(!made.keys().any(|name| name.contains("cache")));
        compare(&made, &made).unwrap();
        for (place, file) in ARTIFACTS {
            let name = format!("{place}{file}");
            let mut other = made.clone();
            other.get_mut(&name).unwrap().push(0);
            assert!(compare(&made, &other).unwrap_err().starts_with(&name));
        }
        let mut other = made.clone();
        other.insert("gateway/more.json".to_owned(), Vec::new());
        assert!(compare(&made, &other).unwrap_err().contains("more.json"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn artifact_that_was_not_written_is_named() {
        let folder = dist("missing");
        for name in ["webhook/oci-manifest.json", "gateway/oci-config.json"] {
            let file = folder.join(name);
            let bytes = fs::read(&file).unwrap();
            fs::remove_file(&file).unwrap();
            let error = files(&folder).unwrap_err();
            assert!(error.contains(name), "{error}");
            fs::write(&file, bytes).unwrap();
        }
        files(&folder).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
