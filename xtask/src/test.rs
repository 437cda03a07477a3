//! `cargo xtask test`: everything that a change must pass.

use std::cell::Cell;
use std::time::Instant;

use crate::build::Workspace;
use crate::package::{self, Compared};
use crate::process::{self, Result};
use crate::toolchain::TARGET;
use crate::{contract, deny, full};

/// How much to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything that needs only rustup and a C compiler.
    Usual,
    /// The other runtimes and SDKs too.
    Full,
}

/// Runs every step and stops at the first that fails.
fn run_steps(workspace: &Workspace, scope: Scope) -> Result<Compared> {
    let compared = Cell::new(Compared::Nothing);
    let cargo = |arguments: &[&str]| process::run(workspace.cargo().args(arguments));
    let step = |title: &str, action: &dyn Fn() -> Result| {
        println!("\n== {title}");
        let started = Instant::now();
        action()?;
        println!("   done in {} s", started.elapsed().as_secs());
        Ok::<(), String>(())
    };

    if scope == Scope::Full {
        step("Programs of the further suites", &full::prepare)?;
    }
    step("Format", &|| cargo(&["fmt", "--all", "--check"]))?;
    step("The contract's files", &|| {
        println!("{}", contract::check(&workspace.root)?);
        Ok(())
    })?;
    step("Cycles of modules", &|| {
        workspace.check_modules()?;
        Ok(())
    })?;
    step("Features of the demo", &|| workspace.compare_features())?;
    step("The two connectors", &|| {
        workspace.build_component()?;
        workspace.build_webhook()
    })?;
    step("Lints of the two connectors", &|| {
        // One after the other, as they are built.
        for package in ["tencent-sms-connector", "webhook-connector"] {
            cargo(&[
                "clippy",
                "--locked",
                "--release",
                "--target",
                TARGET,
                "--package",
                package,
                "--",
                "-D",
                "warnings",
            ])?;
        }
        Ok(())
    })?;
    step("Lints of everything native", &|| {
        cargo(&[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    step("Lints of what the demo builds", &|| {
        cargo(&[
            "clippy",
            "--locked",
            "--no-default-features",
            "--package",
            "auth-host",
            "--package",
            "tencent-sms-simulator",
            "--package",
            "workspace-features",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    step("The plugins that attack the host", &|| {
        workspace.build_hostile()
    })?;
    step("The gateway and its tests", &|| {
        workspace.build_gateway()?;
        workspace.test_gateway()
    })?;
    step("The programs", &|| workspace.build_programs())?;
    step("Tests, native and through the component", &|| {
        process::run(
            workspace
                .native("test")
                // One failing package hides no other.
                .args(["--workspace", "--no-fail-fast"])
                .env("CONNECTOR_WASM", workspace.component())
                .env("HOSTILE_WASM", workspace.guest("hostile"))
                .env("HOSTILE_STD_WASM", workspace.guest("hostile_with_std"))
                .env("WEBHOOK_WASM", workspace.guest("webhook_connector"))
                .env("AUTH_HOST_BIN", workspace.program("auth-host"))
                .env("SIMULATOR_BIN", workspace.program("tencent-sms-simulator"))
                .env("BENCH_BIN", workspace.program("connector-bench"))
                .env("XTASK_BIN", workspace.program("xtask")),
        )
    })?;
    if scope == Scope::Full {
        step("Licences, bans and sources of the dependencies", &|| {
            deny::rules(workspace)?;
            println!("Advisories were not checked: `cargo xtask deny` does that.");
            Ok(())
        })?;
        step("The crates to publish", &|| {
            compared.set(package::check(workspace)?);
            Ok(())
        })?;
        full::suites(workspace, step)?;
    }
    Ok(compared.get())
}

/// The command.
pub fn run(scope: Scope) -> Result {
    let started = Instant::now();
    let workspace = Workspace::open()?;
    let compared = run_steps(&workspace, scope)?;
    let seconds = started.elapsed().as_secs();
    let mut left_out = String::new();
    if scope == Scope::Full {
        left_out = full::skipped(&workspace);
        if compared == Compared::Nothing {
            left_out.push_str("No crate was compared with a release.");
        }
    }
    if left_out.is_empty() {
        println!("\nEverything passed, in {seconds} s.");
    } else {
        println!("\nEverything that ran passed, in {seconds} s. What did not:\n{left_out}");
    }
    Ok(())
}
