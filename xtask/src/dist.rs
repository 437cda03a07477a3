//! `cargo xtask dist`: the component as it is distributed. Optional: plain cargo's component does the same work.
//!
//! 1. Built once more with the paths of cargo's home remapped, so that no panic location can make the digest depend
//!    on the machine. Link-time optimisation leaves none today.
//! 2. Optimised by binaryen's `wasm-opt`, which jco takes a component apart for and puts it together after.
//! 3. Freed of what only wit-component had a use for in the shell around the code: see `xtask/dist/shell`.
//!
//! Beside it lies a manifest, to be signed: see docs/packages.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::Result;
use crate::build::Workspace;
use crate::process::run;
use crate::toolchain::TARGET;

/// The file's name, in `target/dist`.
const FILE: &str = "tencent-sms-connector.wasm";

/// The largest that it may be, in bytes.
const MAX_BYTES: usize = 120_000;

/// What `wasm-opt` does, in this order: 1.9 KB less than `-Oz --converge` alone, of which
///
/// - 1.0: control flow is taken apart and built anew from the graph of its blocks, and only then optimised, until
///   nothing changes;
/// - 0.2: a function that is called once is not inlined when it is long;
/// - 0.7: constants that are long to write and used often are put into locals. A send takes some 700 fuel more for it,
///   of which the first of these saves 300.
///
/// Not `--low-memory-unused`, which takes it that nothing lies below address 1,024: the stack's end does.
const PASSES: [&str; 7] = [
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--converge",
    "--one-caller-inline-max-function-size=20",
    "--const-hoisting",
];

/// The origins that the manifest asks for: the service's two public entrances.
const ORIGINS: [&str; 2] = [
    "https://sms.tencentcloudapi.com",
    "https://sms.intl.tencentcloudapi.com",
];

/// Makes it, and says what each step did to its size.
pub fn run_all() -> Result {
    let workspace = Workspace::open()?;
    let component = component(&workspace)?;
    println!("\n{}", component.display());
    Ok(())
}

/// Makes it and tells where it is.
pub fn component(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.scratch("dist");
    let built = build(workspace, &folder)?;
    let optimised = folder.join("optimised.wasm");
    optimise(workspace, &folder, &built, &optimised)?;
    let file = folder.join(FILE);
    shrink(workspace, &optimised, &file)?;
    let bytes = read(&file)?;
    let digest = hex::encode(Sha256::digest(&bytes));
    let manifest = manifest(&digest, bytes.len());
    write(&folder.join("manifest.json"), manifest.as_bytes())?;
    println!(
        "  by cargo    {:>7} bytes\n  optimised   {:>7}\n  its shell   {:>7}  sha256 {digest}",
        size(&built)?,
        size(&optimised)?,
        bytes.len()
    );
    if bytes.len() > MAX_BYTES {
        return Err(format!(
            "the distributed component has {} bytes, and {MAX_BYTES} are promised. docs/decisions.md says what takes them.",
            bytes.len()
        ));
    }
    Ok(file)
}

/// Plain cargo's build, but for the remapped paths, in a folder of its own: flags are part of what cargo keeps a
/// build for.
fn build(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let target = folder.join("build");
    let flags: Vec<String> = registries()?
        .iter()
        .map(|path| format!("\"--remap-path-prefix={}=crates\"", path.display()))
        .collect();
    run(workspace
        .cargo()
        .args(["build", "--locked", "--release", "--target", TARGET])
        .arg("--target-dir")
        .arg(&target)
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags=[{}]", flags.join(","))))?;
    Ok(target
        .join(TARGET)
        .join("release")
        .join("tencent_sms_connector.wasm"))
}

/// The folders that cargo unpacks crates into: one for each registry, named after its address.
fn registries() -> Result<Vec<PathBuf>> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .ok_or("neither CARGO_HOME nor a home directory is known. Set CARGO_HOME.")?;
    let sources = home.join("registry").join("src");
    let entries =
        fs::read_dir(&sources).map_err(|error| format!("{}: {error}.", sources.display()))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.sort();
    Ok(found)
}

fn optimise(workspace: &Workspace, folder: &Path, from: &Path, to: &Path) -> Result {
    let tools = folder.join("tools");
    fs::create_dir_all(&tools).map_err(|error| format!("{}: {error}.", tools.display()))?;
    let list = workspace
        .root
        .join("xtask")
        .join("dist")
        .join("package.json");
    let copy = tools.join("package.json");
    fs::copy(&list, &copy).map_err(|error| format!("{}: {error}.", copy.display()))?;
    if !tools.join("node_modules").join(".bin").join("jco").exists() {
        run(Command::new("npm").current_dir(&tools).args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
        ]))
        .map_err(|error| {
            format!("{error}\nNode 20 and npm are needed for this step (Debian: apt-get install nodejs npm).")
        })?;
    }
    run(
        Command::new(tools.join("node_modules").join(".bin").join("jco"))
            .args(["opt", "--quiet"])
            .arg(from)
            .arg("--output")
            .arg(to)
            .arg("--")
            .args(PASSES)
            .args(["--enable-bulk-memory", "--enable-simd"]),
    )
}

/// Makes the shell smaller, by a program that is built here: what it depends on would make every other command wait.
fn shrink(workspace: &Workspace, from: &Path, to: &Path) -> Result {
    // With the whole workspace, as everything native: see `Workspace::build_programs`.
    run(workspace
        .cargo()
        .args(["build", "--locked", "--profile", "host", "--workspace"])
        .args(["--example", "shell"]))?;
    run(Command::new(workspace.program("examples/shell"))
        .arg(from)
        .arg(to))
}

fn manifest(digest: &str, size: usize) -> String {
    let manifest = serde_json::json!({
        "format": 1,
        "id": "tencent-sms-connector",
        "version": env!("CARGO_PKG_VERSION"),
        "contract": "auth:connector@0.1.0",
        "component": {"file": FILE, "sha256": digest, "size": size},
        "origins": ORIGINS,
    });
    format!("{manifest:#}\n")
}

fn size(file: &Path) -> Result<usize> {
    read(file).map(|bytes| bytes.len())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| format!("{}: {error}.", file.display()))
}

fn write(file: &Path, bytes: &[u8]) -> Result {
    fs::write(file, bytes).map_err(|error| format!("{}: {error}.", file.display()))
}
