//! `cargo xtask package`: the crates as they would be published, and their compatibility with the last release.
//!
//! A crate has to hold every file that its code reads, and a page that describes it. `cargo package` would build each
//! crate to find a missing file, and Wasmtime with it, so the file list is checked in place of that. The crates without a
//! runtime and without TLS are built, which takes seconds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::build::Workspace;
use crate::process::{Result, output, run};
use crate::sources::{before_tests, tests_begin};
use crate::tools::tool;

/// The crates that are published: name, folder, and whether cargo builds what it packed.
const CRATES: [(&str, &str, bool); 7] = [
    ("auth-connector-phone-number", "phone-number", true),
    ("connector-kit", "kit", true),
    ("auth-connector-egress", "egress", false),
    ("auth-connector-package", "plugin-package", false),
    ("auth-connector-redaction", "redaction", true),
    ("auth-connector-host", "host", false),
    ("tencent-sms-simulator", "simulator", false),
];

/// The version of cargo-semver-checks. It is compiled when there is a release to compare with.
const SEMVER_CHECKS: &str = "0.51.0";

/// Fields of `Cargo.toml` that a registry's page shows.
const PAGE: [&str; 6] = [
    "description",
    "license",
    "readme",
    "keywords",
    "categories",
    "version",
];

/// Result of the check.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The crates' public items, with those of the last release.
    WithRelease,
    /// Nothing, because there is no release.
    Nothing,
}

/// The command.
pub fn run_all() -> Result {
    check(&Workspace::open()?).map(drop)
}

/// Packs each crate and compares it with the last release.
pub fn check(workspace: &Workspace) -> Result<Compared> {
    for (name, folder, _) in CRATES {
        let files = files(workspace, name)?;
        complete(&workspace.root.join(folder), &files)?;
        println!("   {name}: {} files", files.len());
    }
    // All in one command: cargo then finds those that depend on each other before a registry has them.
    pack(workspace, false)?;
    pack(workspace, true)?;
    match last_release(&workspace.root)? {
        Some(tag) => {
            compare(workspace, &tag)?;
            Ok(Compared::WithRelease)
        }
        None => {
            println!(
                "   The public items were compared with nothing: there is no tag of a release (v1.2.3) yet."
            );
            Ok(Compared::Nothing)
        }
    }
}

/// Packs all crates, or packs and builds those that cargo builds.
fn pack(workspace: &Workspace, builds: bool) -> Result {
    let mut cargo = workspace.cargo();
    // Changes that are not committed yet are checked as well.
    cargo.args(["package", "--quiet", "--locked", "--allow-dirty"]);
    if !builds {
        cargo.arg("--no-verify");
    }
    for (name, ..) in CRATES.iter().filter(|(.., built)| *built || !builds) {
        cargo.args(["--package", name]);
    }
    run(&mut cargo)
}

/// The files of a crate, by their paths in it.
fn files(workspace: &Workspace, name: &str) -> Result<BTreeSet<PathBuf>> {
    let listed = output(workspace.cargo().args([
        "package",
        "--quiet",
        "--locked",
        "--allow-dirty",
        "--list",
        "--package",
        name,
    ]))?;
    Ok(listed.lines().map(PathBuf::from).collect())
}

/// Checks that a crate has its page and every file that its code reads when it is compiled.
fn complete(folder: &Path, files: &BTreeSet<PathBuf>) -> Result {
    let manifest = read(&folder.join("Cargo.toml"))?;
    let is_set = |key: &&str| {
        manifest.lines().any(|line| {
            line.strip_prefix(*key)
                .is_some_and(|rest| rest.starts_with([' ', '.']))
        })
    };
    if let Some(key) = PAGE.iter().find(|key| !is_set(key)) {
        return Err(format!(
            "{}/Cargo.toml: `{key}` is missing.",
            folder.display()
        ));
    }
    for file in ["README.md", "LICENSE", "src/lib.rs"] {
        has(folder, files, Path::new(file), "the manifest")?;
    }
    for source in files
        .iter()
        .filter(|file| file.extension().is_some_and(|end| end == "rs"))
    {
        let text = read(&folder.join(source))?;
        let parent = source.parent().unwrap_or(Path::new(""));
        for path in included(&text) {
            has(
                folder,
                files,
                &normal(&parent.join(path)),
                &source.display().to_string(),
            )?;
        }
        // Both generators read a folder of WIT, by a path in the crate.
        let generates = ["wit_bindgen::generate!({", "component::bindgen!({"];
        let generated = generates.iter().find_map(|start| text.split_once(start));
        for path in generated
            .iter()
            .flat_map(|(_, call)| quoted_after(call, "path: \"").take(1))
        {
            for file in ["world.wit", "sms.wit", "deps/wasi-http/types.wit"] {
                let file = normal(&Path::new(path).join(file));
                has(folder, files, &file, &source.display().to_string())?;
            }
        }
    }
    Ok(())
}

fn has(folder: &Path, files: &BTreeSet<PathBuf>, file: &Path, by: &str) -> Result {
    if files.contains(file) {
        return Ok(());
    }
    Err(format!(
        "{}: `{}` is not in the package, and {by} needs it. Add it to `include` in Cargo.toml.",
        folder.display(),
        file.display()
    ))
}

/// The files that a source includes, tests apart: they are not compiled in a dependency.
fn included(text: &str) -> impl Iterator<Item = &str> {
    let is_test = text.contains("use super::*;") && tests_begin(text).is_none();
    let code = if is_test { "" } else { before_tests(text) };
    ["include!(\"", "include_str!(\"", "include_bytes!(\""]
        .into_iter()
        .flat_map(move |start| quoted_after(code, start))
}

fn quoted_after<'t>(text: &'t str, start: &'t str) -> impl Iterator<Item = &'t str> {
    let rests = text.split(start).skip(1);
    rests.filter_map(|rest| rest.split('"').next())
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if normal.pop() => {}
            part => normal.push(part),
        }
    }
    normal
}

/// The newest tag of a release before this commit. The tag of this commit is not one: in the workflow that a tag starts,
/// the release would be compared with itself.
///
/// # Errors
///
/// A clone without the history has no tags, which is not the same as no release.
fn last_release(root: &Path) -> Result<Option<String>> {
    let git = |words: &[&str]| {
        let output = Command::new("git")
            .current_dir(root)
            .args(words)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    if git(&["rev-parse", "--is-shallow-repository"]).is_some_and(|answer| answer == "true") {
        return Err(
            "this clone is shallow, so the last release cannot be found and nothing was compared with it. Fetch the \
             history, by `git fetch --unshallow --tags` or with `fetch-depth: 0` of actions/checkout, and try again."
                .into(),
        );
    }
    let own = git(&["tag", "--points-at", "HEAD"]).unwrap_or_default();
    let excluded: Vec<String> = own.lines().map(|tag| format!("--exclude={tag}")).collect();
    let mut words = vec!["describe", "--tags", "--abbrev=0", "--match=v[0-9]*"];
    words.extend(excluded.iter().map(String::as_str));
    Ok(git(&words).filter(|tag| !tag.is_empty()))
}

fn compare(workspace: &Workspace, tag: &str) -> Result {
    let program = tool(workspace, "cargo-semver-checks", SEMVER_CHECKS, &[])?;
    let mut command = Command::new(program);
    command
        .current_dir(&workspace.root)
        .args(["semver-checks", "--baseline-rev", tag]);
    for (name, ..) in CRATES {
        command.args(["--package", name]);
    }
    run(&mut command)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}.", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes at the end of a test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn git(folder: &Path, words: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        let mut command = Command::new("git");
        command.current_dir(folder).args(identity).args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn last_release_is_not_this_commit_s_tag() {
        let folder = Folder::new("last-release");
        let root = folder.0.join("full");
        fs::create_dir(&root).unwrap();
        git(&root, &["init", "--quiet"]);
        assert_eq!(last_release(&root), Ok(None));
        for tag in ["v0.1.0", "v0.2.0"] {
            git(&root, &["commit", "--quiet", "--allow-empty", "-m", tag]);
            git(&root, &["tag", tag]);
            let before = (tag == "v0.2.0").then(|| "v0.1.0".to_owned());
            assert_eq!(last_release(&root), Ok(before), "{tag}");
        }
        git(&root, &["commit", "--quiet", "--allow-empty", "-m", "next"]);
        assert_eq!(last_release(&root), Ok(Some("v0.2.0".into())));
        let url = format!("file://{}", root.display());
        git(
            &folder.0,
            &["clone", "--quiet", "--depth=1", &url, "shallow"],
        );
        let error = last_release(&folder.0.join("shallow")).unwrap_err();
        assert!(error.contains("this clone is shallow"), "{error}");
    }

    #[test]
    fn file_read_but_not_packaged_is_reported() {
        let folder = Folder::new("package");
        let folder = &folder.0;
        fs::create_dir_all(folder.join("src")).unwrap();
        let keys: String = PAGE.iter().map(|key| format!("{key} = 1\n")).collect();
        fs::write(folder.join("Cargo.toml"), &keys).unwrap();
        fs::write(
            folder.join("src/lib.rs"),
            "const L: &[u8] = &include!(\"../list.in\");\nconst T: &str = include_str!(\"../table.txt\");\n#[cfg(test)]\nmod tests {\nconst U: &str = include_str!(\"../more.txt\");\n}",
        )
        .unwrap();
        let mut files: BTreeSet<PathBuf> = ["README.md", "LICENSE", "src/lib.rs"]
            .map(PathBuf::from)
            .into();
        for file in ["list.in", "table.txt"] {
            let error = complete(folder, &files).unwrap_err();
            let expected = format!("`{file}` is not in the package, and src/lib.rs");
            assert!(error.contains(&expected), "{error}");
            files.insert(file.into());
        }
        assert_eq!(complete(folder, &files), Ok(()));
        fs::write(folder.join("Cargo.toml"), keys.replace("readme", "x")).unwrap();
        assert!(
            complete(folder, &files)
                .unwrap_err()
                .contains("`readme` is missing")
        );
    }
}
