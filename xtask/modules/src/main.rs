//! Module cycles: finds modules of a crate that depend on each other in a circle. `cargo xtask modules` runs it.
//!
//! An own program over `syn`, because no maintained tool checks this rule: `cargo-modules` draws the graph through
//! rust-analyzer, which is compiled for minutes and analyses one crate at a time, and its `--acyclic` takes a parent and
//! a child that re-exports through it for a cycle.
//!
//! A module depends on another one where a path in it, in a `use` or inline, leads to an item that the other one defines.
//! Re-exports are followed, so a path through a parent's `pub use` counts for the module that defines the item. Code
//! under `#[cfg(test)]` does not count, nor do the names of traits' methods, which no path spells out.
//!
//! Two rules hold: no module depends on itself through others, and of the modules in one folder, each taken with all
//! that lies below it, none does.

mod graph;
mod paths;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use serde_json::Value;

use self::graph::{Graph, Result};

/// Checks every crate of the workspace, and returns what was checked.
fn check(root: &Path) -> Result<String> {
    let mut complaints = Vec::new();
    let (mut crates, mut modules) = (0, 0);
    for (package, entry) in roots(root)? {
        let graph = Graph::read(&entry)?;
        crates += 1;
        modules += graph.modules.len();
        for cycle in graph.cycles() {
            complaints.push(format!(
                "{package} has a cycle of modules:\n{}",
                cycle.shown()
            ));
        }
    }
    if complaints.is_empty() {
        return Ok(format!(
            "{modules} modules of {crates} crates; none depends on itself."
        ));
    }
    complaints.push("Move what both modules need into one that both may use.".to_owned());
    Err(complaints.join("\n"))
}

/// The packages of the workspace, each with the root files of its libraries and programs.
fn roots(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let metadata = Command::new("cargo")
        .current_dir(root)
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`cargo metadata` did not start: {error}."))?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)
        .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
    let list = |value: &Value, key: &str| -> Vec<Value> {
        let list = value.get(key).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let text = |value: &Value, key: &str| -> String {
        let text = value.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let is_code = |kind: &Value| {
        ["lib", "rlib", "cdylib", "bin"]
            .iter()
            .any(|code| kind == code)
    };
    let mut roots = Vec::new();
    for package in list(&metadata, "packages") {
        for target in list(&package, "targets") {
            if list(&target, "kind").iter().any(is_code) {
                roots.push((text(&package, "name"), text(&target, "src_path").into()));
            }
        }
    }
    Ok(roots)
}

fn main() -> ExitCode {
    match check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")) {
        Ok(checked) => {
            println!("{checked}");
            ExitCode::SUCCESS
        }
        Err(complaints) => {
            eprintln!("{complaints}");
            ExitCode::FAILURE
        }
    }
}
