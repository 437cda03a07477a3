//! Building the component and the native programs, each once and each with its own profile.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Guarded, Result, output, run};
use crate::toolchain;
use crate::toolchain::TARGET;

/// The packages that the demo runs, and the one that has their dependencies resolved as in the whole workspace.
const DEMO: [&str; 3] = ["auth-host", "tencent-sms-simulator", "workspace-features"];

/// Crate that code generators and programs share, if both have it with the same features.
const SHARED: &str = "wasmparser";

/// Profiles of native programs: cargo's option, and the folder below `target`.
#[derive(Clone, Copy)]
struct Profile {
    option: &'static [&'static str],
    folder: &'static str,
}

/// For a demo and tests: compiled soon.
const DEV: Profile = Profile {
    option: &[],
    folder: "debug",
};

/// For measurements: optimised, as what is published.
const HOST: Profile = Profile {
    option: &["--profile", "host"],
    folder: "host",
};

/// The root of the workspace, and what was built in it.
pub struct Workspace {
    /// The folder of `Cargo.toml`.
    pub root: PathBuf,
    target: PathBuf,
    profile: Profile,
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
        Ok(Self {
            target,
            ..Self::at(root)
        })
    }

    /// The same with optimised programs, to measure them.
    pub fn open_optimised() -> Result<Self> {
        Ok(Self {
            profile: HOST,
            ..Self::open()?
        })
    }

    /// Another checkout of this repository, which builds into its own folder.
    pub fn at(root: PathBuf) -> Self {
        Self {
            target: root.join("target"),
            root,
            profile: DEV,
        }
    }

    /// Checks that no modules of a crate depend on each other in a circle.
    pub fn check_modules(&self) -> Result {
        run(self
            .cargo()
            .args(["run", "--quiet", "--locked", "--package", "module-cycles"]))
    }

    /// The program that writes what stands beside a published component. Alone, because it needs no Wasmtime.
    pub fn packaging(&self) -> Result<PathBuf> {
        self.build_quietly("connector-packaging")?;
        Ok(self.program("connector-packaging"))
    }

    /// The program that publishes. Alone, because it needs no Wasmtime.
    pub fn publisher(&self) -> Result<PathBuf> {
        self.build_quietly("auth-connector-registry")?;
        Ok(self.program("auth-connector-publish"))
    }

    fn build_quietly(&self, package: &str) -> Result {
        run(self.build().args(["--quiet", "--package", package]))
    }

    /// `cargo` at the root.
    pub fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// `cargo` with a command that compiles native programs, in their profile.
    pub fn native(&self, command: &str) -> Command {
        let mut cargo = self.cargo();
        cargo.args([command, "--locked"]).args(self.profile.option);
        cargo
    }

    fn build(&self) -> Command {
        self.native("build")
    }

    /// Builds the component with the README's command.
    pub fn build_component(&self) -> Result {
        run(self
            .cargo()
            .args(["build", "--locked", "--release", "--target", TARGET]))
    }

    /// Begins to build the component, in silence. It and the programs are in different folders, so cargo lets both be
    /// built at a time.
    pub fn begin_component(&self) -> Result<Guarded> {
        let mut cargo = self.cargo();
        cargo.args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--target",
            TARGET,
        ]);
        cargo.stdin(Stdio::null()).stderr(Stdio::null());
        let started = cargo.spawn();
        started
            .map(Guarded)
            .map_err(|error| format!("`cargo build` did not start: {error}."))
    }

    /// Builds the plugins that attack the host. Into the same folder as the component, with which they share the
    /// code generator.
    pub fn build_hostile(&self) -> Result {
        self.build_in("tests/hostile")
    }

    /// Builds the webhook connector. By itself: with another connector cargo would unite the features of the kit, which
    /// choose what a connector exports.
    pub fn build_webhook(&self) -> Result {
        run(self
            .cargo()
            .args(["build", "--locked", "--release", "--target", TARGET])
            .args(["--package", "webhook-connector"]))
    }

    /// Builds the gateway, a workspace of its own, into the same folder.
    pub fn build_gateway(&self) -> Result {
        self.build_in("deploy/gateway")
    }

    /// Runs the gateway's own tests, after its format and lints.
    pub fn test_gateway(&self) -> Result {
        let folder = self.root.join("deploy/gateway");
        run(cargo_in(&folder).args(["fmt", "--check"]))?;
        run(cargo_in(&folder)
            .args(["clippy", "--locked", "--release", "--target", TARGET])
            .arg("--target-dir")
            .arg(&self.target)
            .args(["--", "-D", "warnings"]))?;
        run(cargo_in(&folder)
            .args(["test", "--locked", "--release"])
            // Useless for tests, and slow to link.
            .args(["--config", "profile.release.lto=false", "--target-dir"])
            .arg(&self.target))
    }

    /// Builds the components of a workspace of its own.
    fn build_in(&self, folder: &str) -> Result {
        run(cargo_in(&self.root.join(folder))
            .args(["build", "--locked", "--release", "--workspace"])
            .args(["--target", TARGET, "--target-dir"])
            .arg(&self.target))
    }

    /// Builds everything native.
    ///
    /// Always the whole workspace, or [`Self::build_demo`]: with fewer packages cargo resolves fewer features, and
    /// compiles Wasmtime once more for them.
    pub fn build_programs(&self) -> Result {
        run(self.build().arg("--workspace"))
    }

    /// Builds the demo's programs, and nothing else.
    ///
    /// [`DEMO`] has a package for features alone, so that Wasmtime is compiled as for the whole workspace, and once. If
    /// the whole workspace was built before, its `auth-host` stays: one without the service would replace it.
    pub fn build_demo(&self) -> Result {
        if self.has_service() {
            return self.build_programs();
        }
        let mut cargo = self.build();
        // Without the service, registries and figures.
        cargo.arg("--no-default-features");
        for package in DEMO {
            cargo.args(["--package", package]);
        }
        run(&mut cargo)
    }

    /// Builds the auth host with the service, and the simulator.
    pub fn build_service(&self) -> Result {
        let mut cargo = self.build();
        for package in DEMO {
            cargo.args(["--package", package]);
        }
        run(&mut cargo)
    }

    /// Returns true if `auth-host` was built with the service.
    fn has_service(&self) -> bool {
        let explained = Command::new(self.program("auth-host"))
            .arg("config")
            .output();
        explained.is_ok_and(|output| output.status.success())
    }

    /// Compares the features that dependencies have in the demo, and in the programs, with those that they have in tests.
    pub fn compare_features(&self) -> Result {
        let mut demo = vec!["--edges", "normal,build", "--no-default-features"];
        for package in DEMO {
            demo.extend(["--package", package]);
        }
        let tests = self.features(&["--edges", "normal,build,dev", "--workspace"])?;
        let programs = self.features(&["--edges", "normal,build", "--workspace"])?;
        let demo = self.features(&demo)?;
        let shared = demo.iter().filter(|line| line.starts_with(SHARED)).count();
        if shared != 1 {
            return Err(format!(
                "{SHARED} is built with {shared} sets of features. Give generators and programs the same in \
                 xtask/features/Cargo.toml."
            ));
        }
        for (what, features, place) in [
            ("The demo builds", demo, "xtask/features/Cargo.toml"),
            ("Programs need", programs, "tests/Cargo.toml"),
        ] {
            let differing: Vec<String> = features.difference(&tests).cloned().collect();
            if !differing.is_empty() {
                return Err(format!(
                    "{what} these, with other features than tests have, and they are compiled twice:\n  {}\nName the \
                     features in {place}.",
                    differing.join("\n  ")
                ));
            }
        }
        Ok(())
    }

    /// Each dependency with its features, in a line.
    fn features(&self, of: &[&str]) -> Result<BTreeSet<String>> {
        let tree = output(
            self.cargo()
                .args(["tree", "--locked", "--prefix", "none"])
                .args(["--format", "{p} {f}"])
                .args(of),
        )?;
        let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
        // Paths of packages stand in parentheses.
        Ok(lines
            .filter(|line| !line.contains('/'))
            .map(|line| line.replace(" (proc-macro)", "").trim().to_owned())
            .collect())
    }

    /// A script of a suite, with what it tests in its environment.
    pub fn script(&self, place: &str) -> Command {
        let mut bash = Command::new("bash");
        bash.arg(self.root.join(place))
            .current_dir(&self.root)
            .env("CONNECTOR_WASM", self.component())
            .env("WEBHOOK_WASM", self.guest("webhook_connector"))
            .env("HOSTILE_WASM", self.guest("hostile"))
            .env("AUTH_HOST_BIN", self.program("auth-host"))
            .env("SIMULATOR_BIN", self.program("tencent-sms-simulator"))
            .env("SDK_WORK_DIR", self.scratch("sdk"))
            .env("HOSTS_WORK_DIR", self.scratch("hosts"))
            .env("BROWSER_WORK_DIR", self.scratch("browser"));
        bash
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
            .join(self.profile.folder)
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }
}

/// Variables that cargo takes in place of `.cargo/config.toml`, and not beside it
/// (<https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>). With them a component has another stack, no
/// vectors and paths of this machine, and programs are built into another folder.
const REPLACE_CONFIG: [&str; 4] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
];

fn cargo_in(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // Of this program, set by `cargo run`. ring's build script reads them: with them, cargo would compile ring, and all
    // that has TLS, once for `cargo xtask` and once for a `cargo` that somebody runs by hand.
    let is_own = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if is_own(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    for name in REPLACE_CONFIG {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cargo sets these for tests too.
    #[test]
    fn cargo_inherits_neither_xtask_s_package_nor_flags() {
        let command = cargo_in(Path::new("."));
        let is_removed = |name: &str| {
            command
                .get_envs()
                .any(|given| given == (name.as_ref(), None))
        };
        for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME"] {
            assert!(
                std::env::var_os(name).is_some() && is_removed(name),
                "{name}"
            );
        }
        assert!(!is_removed("CARGO") && !is_removed("PATH"));
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            assert!(is_removed(name), "{name}");
        }
    }
}
