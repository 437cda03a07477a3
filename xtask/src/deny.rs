//! `cargo xtask deny`: licences, banned crates, sources and advisories of everything that is built here.
//!
//! The rules are in `deny.toml`. The first three need nothing but the lock file and the crates, so `test --full`
//! runs them. Advisories are RustSec's, fetched from GitHub: what could not be fetched was not checked, and that
//! is a failure with its own words, never a pass.

use std::path::PathBuf;
use std::process::Command;

use crate::build::Workspace;
use crate::process::{Result, run};
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
    let program = installed(workspace)?;
    run(deny(workspace, &program).args(["check", "bans", "licenses", "sources"]))
}

fn advisories(workspace: &Workspace) -> Result {
    let program = installed(workspace)?;
    run(deny(workspace, &program).args(["fetch", "db"])).map_err(|error| {
        format!(
            "the advisories were NOT checked, because RustSec's database could not be fetched: {error}\n\
             It comes from https://github.com/RustSec/advisory-db by git. Run this again where that can be reached; \
             until then nobody knows whether a dependency has an advisory."
        )
    })?;
    // Against what was fetched just now, so a second, silent fetch cannot change what is said.
    run(deny(workspace, &program).args(["--offline", "check", "advisories"]))
}

fn installed(workspace: &Workspace) -> Result<PathBuf> {
    tool(workspace, "cargo-deny", VERSION, LIGHT_BUILD)
}

fn deny(workspace: &Workspace, program: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(&workspace.root)
        .args(["--workspace", "--locked"]);
    command
}
