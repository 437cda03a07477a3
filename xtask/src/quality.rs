//! `cargo xtask coverage` and `cargo xtask mutants`: checks of the unit tests of `src/`, `kit/` and
//! `phone-number/`.
//!
//! Code that runs in the component alone is left out: WASI, allocator, generated exports. `tests/` covers it through
//! the component.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::build::Workspace;
use crate::process::{Result, output, run};
use crate::sources::tests_begin;
use crate::tools::tool;

/// The share of lines that the tests must reach.
const TO_REACH: f64 = 95.0;

/// The connector, the kit and the phone numbers, as arguments. The connector switches on all of the kit's features.
const PACKAGES: [&str; 6] = [
    "--package",
    "tencent-sms-connector",
    "--package",
    "connector-kit",
    "--package",
    "auth-connector-phone-number",
];

/// The kit's files that are compiled for the component, or do nothing outside of it.
const COMPONENT_ONLY: [&str; 4] = ["bindings.rs", "exports.rs", "http/wasi.rs", "runtime.rs"];

/// Prints the line coverage of each file and of all, and fails where the latter is too small.
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
        "\n{:<32} {:>6} {:>8}  not reached",
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
            "{name:<32} {:>6} {:>6.1} %  {}",
            hits.len(),
            percent(hit, hits.len()),
            missed.join(" ")
        );
        reached += hit;
        lines += hits.len();
    }
    let share = percent(reached, lines);
    println!("{:<32} {lines:>6} {share:>6.1} %", "all");
    if share < TO_REACH {
        return Err(format!(
            "the unit tests reach {share:.1} % of the lines, and {TO_REACH} % are required. Test the missed lines, or remove them."
        ));
    }
    Ok(())
}

/// Changes the code in every way that cargo-mutants offers, and fails where no test fails. `.cargo/mutants.toml` lists
/// the files.
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

/// The lines of each file with how often each ran, without the tests at a file's end.
fn read(root: &Path, report: &str) -> Result<BTreeMap<String, BTreeMap<usize, u64>>> {
    let sources = ["src", "kit/src", "phone-number/src"].map(|shown| (root.join(shown), shown));
    let mut files: BTreeMap<String, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut current: Option<(String, usize)> = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            let path = Path::new(path);
            let counted = sources.iter().find_map(|(source, shown)| {
                let name = path.strip_prefix(source).ok()?;
                is_counted(name).then(|| format!("{shown}/{}", name.display()))
            });
            current = match counted {
                Some(name) => {
                    let tests = tests_begin(&file(path)?);
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
        return Err(
            "the coverage report names no file of src/, kit/src/ or phone-number/src/.".into(),
        );
    }
    Ok(files)
}

fn is_counted(name: &Path) -> bool {
    COMPONENT_ONLY.iter().all(|file| name != Path::new(file))
        && name.file_name().is_none_or(|name| name != "tests.rs")
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
