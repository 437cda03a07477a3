//! `cargo xtask deny`: licences, banned crates, sources and advisories of everything that is built here.
//!
//! The rules are in `deny.toml`. The first three need nothing but the lock file and the crates, so `test --full`
//! runs them. Advisories are RustSec's, fetched from GitHub: a failed fetch is a failure with a message of its own,
//! never a pass. The licences of npm packages, which `cargo-deny` does not check, are read from the lock files.

use std::path::PathBuf;
use std::process::Command;

use crate::build::Workspace;
use crate::process::{Result, output, run};
use crate::tools::tool;

/// The version that the rules were written for.
const VERSION: &str = "0.20.2";

/// cargo-deny reads a few hundred small files: unoptimised it takes seconds for that, and is built in about 90 s of
/// processor time where its release profile takes many minutes.
const LIGHT_BUILD: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
];

/// The command: everything, advisories included.
pub fn run_all() -> Result {
    let workspace = Workspace::open()?;
    rules(&workspace)?;
    advisories(&workspace)?;
    println!("\nLicences, bans, sources and advisories are in order.");
    Ok(())
}

/// Licences, bans and sources: what needs no database.
pub fn rules(workspace: &Workspace) -> Result {
    npm_licences(workspace)?;
    let program = installed(workspace)?;
    for manifest in manifests(workspace)? {
        println!("{manifest}");
        let mut command = deny(workspace, &program, &manifest);
        command.args(["check", "--allow", "license-exception-not-encountered"]);
        if manifest != ROOT {
            // Fewer crates have fewer licences. That each entry is needed is a question for the root.
            command.args(["--allow", "license-not-encountered"]);
        }
        run(command.args(["bans", "licenses", "sources"]))?;
    }
    Ok(())
}

/// The manifest of the workspace that has almost everything.
const ROOT: &str = "Cargo.toml";

/// The manifests of all workspaces: each has a lock file. The gateway, the fuzz targets, the plugins that attack the
/// host and the bench's peer are workspaces of their own.
fn manifests(workspace: &Workspace) -> Result<Vec<String>> {
    let manifests: Vec<String> = tracked(workspace, "*Cargo.lock")?
        .iter()
        .map(|lock| lock.replace("Cargo.lock", ROOT))
        .collect();
    match manifests.iter().any(|manifest| manifest == ROOT) {
        true => Ok(manifests),
        false => Err(
            "git lists no Cargo.lock at the root; nothing was checked. Run this in a clone."
                .to_owned(),
        ),
    }
}

/// Files that git has, by a pattern.
fn tracked(workspace: &Workspace, pattern: &str) -> Result<Vec<String>> {
    let listed = output(
        Command::new("git")
            .args(["ls-files", pattern])
            .current_dir(&workspace.root),
    )?;
    Ok(listed.lines().map(str::to_owned).collect())
}

/// The licences of every package in every npm lock file.
fn npm_licences(workspace: &Workspace) -> Result {
    const ALLOWED: [&str; 11] = [
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BlueOak-1.0.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "Unlicense",
        "Zlib",
    ];
    // The package for Logto is loaded by Logto, which is under this licence itself; everything else is tests and benches.
    const MPL_MAY_STAND_IN: [&str; 3] = ["tests/", "benches/", "packages/logto-connector/"];
    // Their package.json has no licence; the repository has Apache-2.0 WITH LLVM-exception.
    const WITHOUT: &str = "node_modules/@bytecodealliance/componentize-js";
    let mut wrong = Vec::new();
    let mut count = 0;
    for file in tracked(workspace, "*package-lock.json")? {
        let text = std::fs::read_to_string(workspace.root.join(&file))
            .map_err(|error| format!("{file}: {error}"))?;
        let lock: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        let packages = lock.get("packages").and_then(|found| found.as_object());
        for (name, package) in packages
            .into_iter()
            .flatten()
            .filter(|(name, _)| !name.is_empty())
        {
            count += 1;
            let licence = package.get("license").and_then(|licence| licence.as_str());
            let may_be_mpl = MPL_MAY_STAND_IN
                .iter()
                .any(|folder| file.starts_with(folder));
            let is_fine = |one: &str| ALLOWED.contains(&one) || (one == "MPL-2.0" && may_be_mpl);
            let is_fine = match licence {
                Some(text) => permits(text, is_fine),
                None => name.starts_with(WITHOUT),
            };
            if !is_fine {
                wrong.push(format!(
                    "{file}: {name}: {}",
                    licence.unwrap_or("no licence")
                ));
            }
        }
    }
    if count == 0 {
        return Err("no npm package was found in any lock file; nothing was checked".to_owned());
    }
    if wrong.is_empty() {
        println!("licences of {count} npm packages ok");
        return Ok(());
    }
    Err(format!(
        "npm packages with licences that deny.rs does not allow:\n{}",
        wrong.join("\n")
    ))
}

/// Returns true if a licence expression leaves a choice of allowed licences only. It splits at `AND` first, which can
/// refuse an expression that nests them the other way round, and accepts none that it should not.
fn permits(expression: &str, is_fine: impl Fn(&str) -> bool) -> bool {
    expression.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|one| is_fine(one.trim_matches(['(', ')', ' '])))
    })
}

fn advisories(workspace: &Workspace) -> Result {
    let program = installed(workspace)?;
    run(deny(workspace, &program, ROOT).args(["fetch", "db"])).map_err(|error| {
        format!(
            "the advisories were NOT checked, because RustSec's database could not be fetched: {error}\n\
             It comes from https://github.com/RustSec/advisory-db by git. Run this again where that can be reached; \
             until then nobody knows whether a dependency has an advisory."
        )
    })?;
    // Against the copy fetched just now, so a second, silent fetch cannot change the result.
    for manifest in manifests(workspace)? {
        println!("{manifest}");
        run(deny(workspace, &program, &manifest).args(["--offline", "check", "advisories"]))?;
    }
    Ok(())
}

fn installed(workspace: &Workspace) -> Result<PathBuf> {
    tool(workspace, "cargo-deny", VERSION, LIGHT_BUILD)
}

/// cargo-deny for one workspace, with the rules of the root.
fn deny(workspace: &Workspace, program: &PathBuf, manifest: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(&workspace.root)
        .args(["--workspace", "--locked", "--manifest-path", manifest])
        .args(["--config", "deny.toml"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expression_with_a_forbidden_part_is_refused() {
        let is_fine = |one: &str| ["MIT", "ISC"].contains(&one);
        for fine in [
            "MIT",
            "(MIT OR GPL-3.0)",
            "MIT AND ISC",
            "(MIT OR GPL-3.0) AND ISC",
        ] {
            assert!(permits(fine, is_fine), "{fine}");
        }
        for wrong in [
            "GPL-3.0",
            "(MIT OR Apache-2.0) AND GPL-3.0",
            "GPL-3.0 AND (MIT OR ISC)",
            "(MIT AND GPL-3.0) OR (ISC AND GPL-3.0)",
            "",
        ] {
            assert!(!permits(wrong, is_fine), "{wrong}");
        }
    }

    #[test]
    fn every_workspace_is_checked() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let found = manifests(&Workspace::at(root)).unwrap();
        for manifest in [ROOT, "deploy/gateway/Cargo.toml", "fuzz/Cargo.toml"] {
            assert!(found.iter().any(|found| found == manifest), "{manifest}");
        }
    }
}
