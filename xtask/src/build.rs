//! Building the component and the native programs, each once and each with its own profile.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Result, output, run};
use crate::toolchain;
use crate::toolchain::TARGET;

/// The root of the workspace, and what was built in it.
pub struct Workspace {
    /// Where `Cargo.toml` is.
    pub root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the workspace and makes sure that it can be built.
    pub fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("xtask has no parent directory. Run it by `cargo xtask`.")?
            .to_path_buf();
        toolchain::ensure(&root)?;
        let metadata = output(cargo_in(&root).args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--locked",
        ]))?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)
            .map_err(|error| format!("`cargo metadata` printed something unexpected: {error}."))?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str)
            .ok_or("`cargo metadata` did not say where builds go.")?
            .into();
        Ok(Self { root, target })
    }

    /// `cargo` at the root.
    pub fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// Builds the component, as the README says to.
    pub fn build_component(&self) -> Result {
        run(self
            .cargo()
            .args(["build", "--locked", "--release", "--target", TARGET]))
    }

    /// Builds the plugins that attack the host. Into the same folder as the component, with which they share the
    /// code generator.
    pub fn build_hostile(&self) -> Result {
        run(cargo_in(&self.root.join("tests/hostile"))
            .args(["build", "--locked", "--release", "--workspace"])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&self.target))
    }

    /// Builds the example connector, a workspace of its own, into the same folder.
    pub fn build_webhook(&self) -> Result {
        run(cargo_in(&self.root.join("examples/webhook"))
            .args(["build", "--locked", "--release"])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&self.target))
    }

    /// Runs the example connector's own tests, after its format and lints.
    pub fn test_webhook(&self) -> Result {
        let folder = self.root.join("examples/webhook");
        run(cargo_in(&folder).args(["fmt", "--check"]))?;
        run(cargo_in(&folder)
            .args(["clippy", "--locked", "--release", "--target", TARGET])
            .arg("--target-dir")
            .arg(&self.target)
            .args(["--", "-D", "warnings"]))?;
        run(cargo_in(&folder)
            .args(["test", "--locked", "--release"])
            // Of no use to tests, and slow to link.
            .args(["--config", "profile.release.lto=false", "--target-dir"])
            .arg(&self.target))
    }

    /// Builds everything native.
    ///
    /// Always the whole workspace: with fewer packages cargo resolves fewer features, and compiles Wasmtime once
    /// more for them.
    pub fn build_programs(&self) -> Result {
        run(self
            .cargo()
            .args(["build", "--locked", "--profile", "host", "--workspace"]))
    }

    /// The component.
    pub fn component(&self) -> PathBuf {
        self.guest("tencent_sms_connector")
    }

    /// A component, by its file's name.
    pub fn guest(&self, name: &str) -> PathBuf {
        self.target
            .join(TARGET)
            .join("release")
            .join(format!("{name}.wasm"))
    }

    /// A folder for what a suite installs.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// A native program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target
            .join("host")
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

fn cargo_in(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
