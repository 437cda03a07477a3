//! `cargo xtask bench`, `profile` and `soak`: builds the measured programs and starts the measurement.
//!
//! Peers are installed below `target/bench`, pinned. One that cannot be installed is named in the results as not
//! measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::build::Workspace;
use crate::process;
use crate::process::Result;

/// Compares, and writes results, tables and the plot; into `docs/` only after a full run.
pub fn run(quick: bool) -> Result {
    require_linux()?;
    let workspace = Workspace::open_optimised()?;
    let mut command = prepared(&workspace, &["run"])?;
    if quick {
        command.arg("--quick");
    }
    let mut missing = Vec::new();
    for (name, install) in PEERS {
        println!("\n== Peers: {name}");
        match install(&workspace) {
            Ok(variables) => {
                command.envs(variables);
            }
            Err(reason) => {
                let reason = reason.lines().next().unwrap_or_default().to_owned();
                println!("   not measured: {reason}");
                missing.push(format!("{name}: {reason}"));
            }
        }
    }
    command.env("BENCH_MISSING", missing.join("\n"));
    println!("\n== The simulator beside an empty handler");
    let simulator =
        process::run(
            workspace
                .native("bench")
                .args(["--workspace", "--bench", "throughput"]),
        );
    println!("\n== Page faults of a send");
    let pages = has_tests(&workspace, "pages::").and_then(|()| {
        process::run(
            connector_tests(&workspace)
                .arg("pages::")
                .env("CONNECTOR_WASM", workspace.component()),
        )
    });
    println!("\n== The component, native code and the peers");
    process::run(&mut command)?;
    compare_verifications(&workspace, quick)?;
    // A figure that was missed there takes no measurement away here.
    simulator.and(pages)
}

/// Fails on other systems, before anything is built: CPU and memory of other processes are read from `/proc`.
fn require_linux() -> Result {
    match cfg!(target_os = "linux") {
        true => Ok(()),
        false => Err("this measures on Linux alone, where /proc has CPU and memory of each process. Run it there; \
                      `cargo xtask soak` runs anywhere.".to_owned()),
    }
}

/// Compares verifications, and nothing else.
pub fn verifications(quick: bool) -> Result {
    require_linux()?;
    let workspace = Workspace::open_optimised()?;
    workspace.build_component()?;
    workspace.build_programs()?;
    compare_verifications(&workspace, quick)
}

/// `auth-host serve` beside better-auth; the table goes into `docs/` after a full run.
fn compare_verifications(workspace: &Workspace, quick: bool) -> Result {
    println!("\n== Verifications: auth-host serve and better-auth");
    let mut command = program(workspace, &["verifications"]);
    command.env("AUTH_HOST_BIN", workspace.program("auth-host"));
    if quick {
        command.arg("--quick");
    }
    match better_auth(workspace) {
        Ok(folder) => {
            command.env("BENCH_PEER_VERIFICATIONS", folder);
        }
        Err(reason) => {
            let reason = reason.lines().next().unwrap_or_default().to_owned();
            println!("   not measured: {reason}");
            command.env("BENCH_MISSING", format!("better-auth: {reason}"));
        }
    }
    process::run(&mut command)
}

/// Sends for minutes, with faults, replaced plugins and hostile neighbours.
pub fn soak(calls: u64) -> Result {
    let workspace = Workspace::open_optimised()?;
    process::run(&mut prepared(&workspace, &["soak", &calls.to_string()])?)
}

/// Many sends to a server that answers one request in twenty twice: before the next request, and after it.
pub fn double_answers(calls: u64) -> Result {
    let workspace = Workspace::open_optimised()?;
    for when in ["idle", "late"] {
        println!("== {when}");
        process::run(&mut prepared(
            &workspace,
            &["double-answers", &calls.to_string(), when],
        )?)?;
    }
    Ok(())
}

/// The CPU of a send by layer.
pub fn profile() -> Result {
    require_linux()?;
    let workspace = Workspace::open_optimised()?;
    process::run(&mut prepared(&workspace, &["profile"])?)
}

/// Builds the component and the programs, and gives the benchmark with its paths set.
fn prepared(workspace: &Workspace, arguments: &[&str]) -> Result<Command> {
    workspace.build_component()?;
    workspace.build_hostile()?;
    workspace.build_programs()?;
    process::run(
        workspace
            .native("build")
            .args(["--workspace", "--example", "neighbour"]),
    )?;
    Ok(program(workspace, arguments))
}

/// The benchmark with its paths set.
fn program(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = Command::new(workspace.program("connector-bench"));
    command
        .args(arguments)
        .env("CONNECTOR_WASM", workspace.component())
        .env("HOSTILE_WASM", workspace.guest("hostile"))
        .env("NEIGHBOUR_BIN", workspace.program("examples/neighbour"))
        .env("SIMULATOR_BIN", workspace.program("tencent-sms-simulator"))
        .env("BENCH_OUT", workspace.scratch("bench"))
        .env("BENCH_DOCS", workspace.root.join("docs"));
    command
}

/// Verifications while the service is killed every two seconds.
pub fn killed(verifications: u64) -> Result {
    let workspace = Workspace::open()?;
    workspace.build_component()?;
    workspace.build_programs()?;
    has_tests(&workspace, "service::killed")?;
    process::run(
        connector_tests(&workspace)
            .args(["--nocapture", "service::killed"])
            .env("AUTH_HOST_KILLED_VERIFICATIONS", verifications.to_string())
            .env("CONNECTOR_WASM", workspace.component())
            .env("AUTH_HOST_BIN", workspace.program("auth-host")),
    )
}

/// The tests through the component; arguments for them follow.
fn connector_tests(workspace: &Workspace) -> Command {
    let mut cargo = workspace.native("test");
    cargo.args(["--workspace", "--test", "connector", "--"]);
    cargo
}

/// Fails if no test has this in its name: a run without a test succeeds.
fn has_tests(workspace: &Workspace, filter: &str) -> Result {
    let listed = process::output(connector_tests(workspace).args(["--list", filter]))?;
    match listed.contains(": test") {
        true => Ok(()),
        false => Err(format!(
            "no test has `{filter}` in its name, so nothing was measured. xtask/src/bench.rs has the name of another test."
        )),
    }
}

type Variables = Vec<(&'static str, PathBuf)>;
type Install = fn(&Workspace) -> Result<Variables>;

const PEERS: [(&str, Install); 3] = [
    ("Rust crate tencentcloud-sms", rust),
    ("Tencent's Node SDK and Logto's connector", node),
    ("Tencent's Python SDK", python),
];

fn rust(workspace: &Workspace) -> Result<Variables> {
    let target = workspace.scratch("bench").join("rust");
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked", "--release", "--manifest-path"])
            .arg(workspace.root.join("benches/peers/rust/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target),
    )?;
    let program = format!(
        "tencent-sms-connector-bench-peer{}",
        std::env::consts::EXE_SUFFIX
    );
    Ok(vec![(
        "BENCH_PEER_RUST",
        target.join("release").join(program),
    )])
}

fn node(workspace: &Workspace) -> Result<Variables> {
    let folder = copied(workspace, "node")?;
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--silent"])
            .current_dir(&folder),
    )?;
    Ok(vec![("BENCH_PEER_NODE", folder)])
}

fn python(workspace: &Workspace) -> Result<Variables> {
    let folder = copied(workspace, "python")?;
    let python = folder.join("venv/bin/python");
    process::run(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(folder.join("venv")),
    )?;
    process::run(
        Command::new(&python)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .arg("--requirement")
            .arg(folder.join("requirements.txt")),
    )?;
    Ok(vec![
        ("BENCH_PEER_PYTHON", python),
        ("BENCH_PEER_PYTHON_SCRIPT", folder.join("sdk.py")),
    ])
}

/// better-auth with better-sqlite3, which npm compiles for a minute or two; once for each version of the lock file.
fn better_auth(workspace: &Workspace) -> Result<PathBuf> {
    let folder = copied(workspace, "verifications")?;
    let read = |name: &str| fs::read(folder.join(name)).unwrap_or_default();
    let lock = read("package-lock.json");
    if lock == read("installed-lock.json") {
        return Ok(folder);
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--silent"])
        .current_dir(&folder);
    // Debian's headers of Node. Without them node-gyp downloads its own.
    if Path::new("/usr/include/node/node.h").exists() {
        npm.env("npm_config_nodedir", "/usr");
    }
    process::run(&mut npm)?;
    // Fails where the native module was not built.
    process::run(
        Command::new("node")
            .args(["-e", "new (require('better-sqlite3'))(':memory:')"])
            .current_dir(&folder),
    )?;
    fs::write(folder.join("installed-lock.json"), lock).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// A peer's own files, where its packages may be installed beside them.
fn copied(workspace: &Workspace, peer: &str) -> Result<PathBuf> {
    let from = workspace.root.join("benches/peers").join(peer);
    let to = workspace.scratch("bench").join(peer);
    copy_files(&from, &to)
        .map_err(|error| format!("{} cannot be copied: {error}.", from.display()))?;
    Ok(to)
}

fn copy_files(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
