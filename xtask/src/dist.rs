//! `cargo xtask dist`: the component as it is distributed. Optional: plain cargo's component does the same work.
//!
//! 1. Built once more with the paths of cargo's home remapped, so that no panic location can make the digest depend
//!    on the machine. Link-time optimisation leaves none today.
//! 2. Optimised by binaryen's `wasm-opt`, which jco takes a component apart for and puts it together after.
//! 3. Stripped of the names of the component's parts, which nobody links against.
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
    let bytes = without_custom_sections(&read(&optimised)?)
        .ok_or("the optimised component cannot be read. Remove target/dist and try again.")?;
    let digest = hex::encode(Sha256::digest(&bytes));
    let file = folder.join(FILE);
    write(&file, &bytes)?;
    let manifest = manifest(&digest, bytes.len());
    write(&folder.join("manifest.json"), manifest.as_bytes())?;
    println!(
        "  by cargo    {:>7} bytes\n  optimised   {:>7}\n  stripped    {:>7}  sha256 {digest}",
        size(&built)?,
        size(&optimised)?,
        bytes.len()
    );
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
            .args([
                "--",
                "-Oz",
                "--converge",
                "--enable-bulk-memory",
                "--enable-simd",
            ]),
    )
}

/// A component without its custom sections, which hold names and say nothing to a runtime. `None` when the bytes
/// are not sections one after the other.
fn without_custom_sections(bytes: &[u8]) -> Option<Vec<u8>> {
    const PREAMBLE: usize = 8;
    const CUSTOM: u8 = 0;
    let (preamble, mut rest) = bytes.split_at_checked(PREAMBLE)?;
    let mut kept = preamble.to_vec();
    while let [id, after @ ..] = rest {
        let (length, prefix) = leb128(after)?;
        let (section, next) = rest.split_at_checked(1 + prefix + length)?;
        if *id != CUSTOM {
            kept.extend_from_slice(section);
        }
        rest = next;
    }
    Some(kept)
}

/// An unsigned number as WebAssembly writes it, and how many bytes it takes.
fn leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    const PREAMBLE: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn custom_sections_go_and_all_others_stay_byte_for_byte() {
        let custom = [&[0u8, 3, 1, b'n'][..], b"x"].concat();
        let long = [&[1u8, 0x80, 0x01][..], &[7; 128]].concat();
        let bytes = [PREAMBLE, &custom, &long, &[2, 0], &custom].concat();
        let expected = [PREAMBLE, &long, &[2, 0]].concat();
        assert_eq!(without_custom_sections(&bytes), Some(expected));
        assert_eq!(
            without_custom_sections(PREAMBLE),
            Some(PREAMBLE.to_vec()),
            "a component may be empty"
        );
    }

    #[test]
    fn what_is_cut_short_is_not_taken_for_a_component() {
        for bytes in [
            &PREAMBLE[..7],
            &[PREAMBLE, &[1]].concat(),
            &[PREAMBLE, &[1, 2, 0]].concat(),
            &[PREAMBLE, &[1, 0x80]].concat(),
            &[PREAMBLE, &[1, 0xff, 0xff, 0xff, 0xff, 0xff, 0]].concat(),
        ] {
            assert_eq!(without_custom_sections(bytes), None, "{bytes:?}");
        }
    }
}
