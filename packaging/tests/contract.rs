//! Command `connector-packaging contract`: the artifact follows from the WIT alone.

#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository with one commit, whose date is `epoch`, and a copy of the contract in its folder `wit`.
fn repository(name: &str, epoch: &str) -> PathBuf {
    let root = std::env::temp_dir().join(format!("contract-{name}-{}", std::process::id()));
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    copy(&wit, &root.join("wit"));
    let package = format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nauthors = [\"{name}\"]\nhomepage = \"https://{name}.example\"\n"
    );
    fs::write(root.join("Cargo.toml"), package).unwrap();
    for words in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "--quiet", "-m", name],
    ] {
        let mut git = Command::new("git");
        git.current_dir(&root)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(words)
            .env("GIT_COMMITTER_DATE", format!("{epoch} +0000"));
        assert!(git.status().unwrap().success());
    }
    root
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// The files that the command writes in a repository.
fn made(root: &Path, epoch: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connector-packaging"));
    command
        .current_dir(root)
        .args(["contract", "wit", "out"])
        .env("SOURCE_DATE_EPOCH", epoch);
    assert!(command.status().unwrap().success());
    let files = [
        "auth_connector.wasm",
        "oci-config.json",
        "oci-manifest.json",
    ];
    let read = |name| (name, fs::read(root.join("out").join(name)).unwrap());
    files.map(read).to_vec()
}

/// A later release publishes the contract once more, under the same tag.
#[test]
fn contract_of_another_commit_is_the_same_artifact() {
    let [first, second] =
        [("first", "1700000000"), ("second", "1800000000")].map(|(name, epoch)| {
            let root = repository(name, epoch);
            let files = made(&root, epoch);
            fs::remove_dir_all(root).unwrap();
            files
        });
    assert_eq!(first, second);
}
