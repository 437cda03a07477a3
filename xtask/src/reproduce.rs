//! Reproduction of the published files: two clones in folders of different names and lengths, and a second run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::build::Workspace;
use crate::dist;
use crate::process::{Result, run};

/// Each published artifact's folder in `target/dist`, and its file. All others are compared too; these have to be there.
const ARTIFACTS: [(&str, &str); 4] = [
    ("", "tencent_sms_connector.wasm"),
    ("gateway/", "sms_gateway.wasm"),
    ("gateway/composed/", "tencent_sms_gateway.wasm"),
    ("contract/", "auth_connector.wasm"),
];

/// The folders of `target/dist` that are not compared: where cargo builds, and the webhook connector. That is a workspace
/// of its own which depends on `kit/` by a path outside of itself. Cargo hashes such a path whole into the crate's
/// metadata, so symbols are ordered by the folder that the clone stands in.
const LEFT_OUT: [&str; 2] = ["build", "webhook"];

/// Names the time of the build and its machine, so it differs, as signatures do.
const PROVENANCE: &str = "provenance.json";

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
    println!("Not compared: the webhook connector, whose bytes depend on the folder of the clone.");
    Ok(())
}

fn build(root: &Path, packaging: &Path) -> Result {
    dist::everything(&Workspace::at(root.to_path_buf()), packaging, None).map(drop)
}

/// Files by their names, with their bytes.
type Files = BTreeMap<String, Vec<u8>>;

/// What is published from a folder and has to be the same.
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
            if !LEFT_OUT.contains(&whole.as_str()) {
                collect(&path, &format!("{whole}/"), found)?;
            }
        } else if name != PROVENANCE {
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
            for file in [file, "oci-config.json", "oci-manifest.json", PROVENANCE] {
                fs::write(place.join(file), file).unwrap();
            }
        }
        for left_out in LEFT_OUT {
            fs::create_dir_all(folder.join(left_out)).unwrap();
            fs::write(folder.join(left_out).join("cache"), name).unwrap();
        }
        folder
    }

    #[test]
    fn another_byte_or_file_of_the_gateway_is_named() {
        let folder = dist("other");
        let made = files(&folder).unwrap();
        assert!(!made.keys().any(|name| name.contains("provenance")));
        assert!(!made.keys().any(|name| name.contains("cache")));
        compare(&made, &made).unwrap();
        let composed = "gateway/composed/tencent_sms_gateway.wasm";
        let mut other = made.clone();
        other.get_mut(composed).unwrap().push(0);
        assert!(compare(&made, &other).unwrap_err().contains(composed));
        other = made.clone();
        other.insert("gateway/more.json".to_owned(), Vec::new());
        assert!(compare(&made, &other).unwrap_err().contains("more.json"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn artifact_that_was_not_written_is_named() {
        let folder = dist("missing");
        fs::remove_file(folder.join("gateway/oci-config.json")).unwrap();
        let error = files(&folder).unwrap_err();
        assert!(error.contains("gateway/oci-config.json"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
