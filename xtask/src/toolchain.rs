//! The toolchain: target and components of rustup, installed where they are missing.

use std::path::Path;
use std::process::Command;

use crate::process::{Result, output, run};

/// The component's target.
pub const TARGET: &str = "wasm32-wasip2";

/// Makes sure that the toolchain of `rust-toolchain.toml` has the target and the components that it lists.
///
/// rustup usually does that by itself. It does not if automatic installation is switched off, or if the toolchain
/// was installed before the file listed them.
pub fn ensure(root: &Path) -> Result {
    let rustup = || {
        let mut command = Command::new("rustup");
        command.current_dir(root);
        command
    };
    let installed = output(rustup().args(["target", "list", "--installed"])).map_err(|error| {
        format!("rustup is needed to install the {TARGET} target, and did not run: {error}\nInstall it from https://rustup.rs and try again.")
    })?;
    if !installed.lines().any(|line| line.trim() == TARGET) {
        println!("Installing the {TARGET} target.");
        run(rustup().args(["target", "add", TARGET]))?;
    }
    let installed = output(rustup().args(["component", "list", "--installed"]))?;
    for component in ["rustfmt", "clippy"] {
        if !installed.lines().any(|line| line.starts_with(component)) {
            println!("Installing {component}.");
            run(rustup().args(["component", "add", component]))?;
        }
    }
    Ok(())
}
