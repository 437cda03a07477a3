//! How good the tests are, `cargo xtask coverage` and `cargo xtask mutants`; and how much stack is left,
//! `cargo xtask stack`.
//!
//! The first two look at the connector's pure rooms, which is everything in `src/` but `component/` and everything in
//! `hot/`, through their native tests. What runs in the component is held by `tests/`, through the component.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::build::Workspace;
use crate::process::{output, run};
use crate::toolchain::tool;

/// The share of lines that the tests must reach.
const TO_REACH: f64 = 95.0;

/// The packages of the pure rooms, as arguments.
const PACKAGES: [&str; 4] = [
    "--package",
    "tencent-sms-connector",
    "--package",
    "connector-hot",
];

/// Line coverage of the pure rooms, each file's and the whole, and a failure where the whole is too small.
pub fn coverage() -> Result {
    let workspace = Workspace::open()?;
    let tool = tool(&workspace, "cargo-llvm-cov", "0.9.1", &[])?;
    let installed = output(rustup(&workspace).args(["component", "list", "--installed"]))?;
    if !installed.lines().any(|line| line.starts_with("llvm-tools")) {
        println!("Installing llvm-tools.");
        run(rustup(&workspace).args(["component", "add", "llvm-tools"]))?;
    }
    let report = workspace.scratch("coverage.lcov");
    run(Command::new(tool)
        .current_dir(&workspace.root)
        .args(["llvm-cov", "--locked", "--lib"])
        .args(PACKAGES)
        .args(["--lcov", "--output-path"])
        .arg(&report))?;
    let files = read(&workspace.root, &file(&report)?)?;
    let (mut reached, mut lines) = (0, 0);
    println!(
        "\n{:<26} {:>6} {:>8}  not reached",
        "file", "lines", "reached"
    );
    for (name, hits) in &files {
        let missed: Vec<String> = hits
            .iter()
            .filter(|(_, hits)| **hits == 0)
            .map(|(line, _)| line.to_string())
            .collect();
        let hit = hits.len() - missed.len();
        println!(
            "{name:<26} {:>6} {:>6.1} %  {}",
            hits.len(),
            percent(hit, hits.len()),
            missed.join(" ")
        );
        reached += hit;
        lines += hits.len();
    }
    let share = percent(reached, lines);
    println!("{:<26} {lines:>6} {share:>6.1} %", "all");
    if share < TO_REACH {
        return Err(format!(
            "the tests reach {share:.1} % of the lines, and {TO_REACH} % are wanted. Test what is not reached, or remove it."
        ));
    }
    Ok(())
}

/// Changes the code in every way that cargo-mutants knows, and fails where no test notices. Which files, and which
/// changes mean nothing, stands in `.cargo/mutants.toml`.
pub fn mutants() -> Result {
    let workspace = Workspace::open()?;
    let tool = tool(&workspace, "cargo-mutants", "27.1.0", &[])?;
    run(Command::new(tool)
        .current_dir(&workspace.root)
        .args(["mutants", "--jobs", "1", "--no-shuffle"])
        .args(PACKAGES)
        .arg("--output")
        .arg(workspace.scratch("mutants"))
        .env("CARGO_TARGET_DIR", workspace.scratch("mutants-target")))
}

/// How deep the component's stack gets, by giving it less until it traps.
pub fn stack() -> Result {
    let workspace = Workspace::open()?;
    workspace.build_component()?;
    run(workspace
        .cargo()
        .args(["test", "--locked", "--profile", "host", "--workspace"])
        .args(["--test", "connector", "--", "--nocapture", "stack::"])
        .env("CONNECTOR_WASM", workspace.component()))
}

/// The lines of each pure room with how often each ran, without the tests at a file's end.
fn read(root: &Path, report: &str) -> Result<BTreeMap<String, BTreeMap<usize, u64>>> {
    let sources = [(root.join("src"), ""), (root.join("hot/src"), "hot/")];
    let mut files: BTreeMap<String, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut current: Option<(String, usize)> = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path);
            let room = sources.iter().find_map(|(source, shown)| {
                let name = path.strip_prefix(source).ok()?;
                is_room(name).then(|| format!("{shown}{}", name.display()))
            });
            current = match room {
                Some(name) => {
                    let text = file(path)?;
                    let tests = text.lines().position(|line| line.trim() == "#[cfg(test)]");
                    Some((name, tests.unwrap_or(usize::MAX)))
                }
                None => None,
            };
        } else if let (Some((name, tests)), Some(data)) = (&current, line.strip_prefix("DA:")) {
            let mut numbers = data.split(',').map(str::parse::<u64>);
            let (Some(Ok(line)), Some(Ok(hits))) = (numbers.next(), numbers.next()) else {
                return Err(format!(
                    "the coverage report has a line that cannot be read: {data}"
                ));
            };
            let line = usize::try_from(line).unwrap_or(usize::MAX);
            if line <= *tests {
                *files
                    .entry(name.clone())
                    .or_default()
                    .entry(line)
                    .or_default() += hits;
            }
        }
    }
    if files.is_empty() {
        return Err("the coverage report names no file of src/.".into());
    }
    Ok(files)
}

/// Not the component's own room, which is WebAssembly only, and not tests.
fn is_room(name: &Path) -> bool {
    !name.starts_with("component")
        && !name.starts_with("fuzzing")
        && name != Path::new("fuzzing.rs")
        && name
            .file_name()
            .is_none_or(|name| name != "tests.rs" && name != "scripted.rs")
        && !name.components().any(|part| part.as_os_str() == "tests")
}

#[allow(clippy::cast_precision_loss, reason = "a few thousand lines")]
fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

fn file(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {error}.", path.display()))
}

fn rustup(workspace: &Workspace) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(&workspace.root);
    command
}
