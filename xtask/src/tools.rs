//! Tools of cargo, installed on first use.

use std::path::PathBuf;

use crate::build::Workspace;
use crate::process::{Result, run};

/// One of cargo's tools in this version, from crates.io on first use. `settings` are environment variables for
/// its build.
pub fn tool(
    workspace: &Workspace,
    name: &str,
    version: &str,
    settings: &[(&str, &str)],
) -> Result<PathBuf> {
    let folder = workspace.scratch("tools").join(format!("{name}-{version}"));
    let program = folder
        .join("bin")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        println!("Installing {name} {version}.");
        run(workspace
            .cargo()
            .args(["install", "--locked", "--version", version, name, "--root"])
            .arg(&folder)
            .envs(settings.iter().copied()))?;
    }
    Ok(program)
}
