//! The further suites of `cargo xtask test --full`: programs of other authors against ours.
//!
//! Each suite is a script that installs its own packages, pinned, through npm or pip, and ends with a non-zero
//! code when something fails. A runtime that is missing is a failure, not a skip.

use std::path::PathBuf;

use crate::build::Workspace;
use crate::debian;
use crate::process::{Result, run};
use crate::{dist, reproduce};

/// A suite: what it shows, its script below the root, and the programs that it needs.
struct Suite {
    title: &'static str,
    script: &'static str,
    needs: &'static [&'static str],
}

const SUITES: &[Suite] = &[
    Suite {
        title: "Tencent's Node SDK against the simulator",
        script: "tests/sdk/node/run.sh",
        needs: &["node", "npm"],
    },
    Suite {
        title: "Tencent's Python SDK against the simulator",
        script: "tests/sdk/python/run.sh",
        needs: &["python3"],
    },
    Suite {
        title: "The commands of the simulator's README",
        script: "tests/sdk/readme/run.sh",
        needs: &["python3", "curl"],
    },
    Suite {
        title: "The control plane against its OpenAPI document",
        script: "tests/sdk/openapi/run.sh",
        needs: &["python3"],
    },
    Suite {
        title: "The auth host's API against its OpenAPI document",
        script: "tests/sdk/service/run.sh",
        needs: &["python3"],
    },
    Suite {
        title: "Clients and servers of auth platforms against the webhooks, and the commands of docs/platforms.md",
        script: "tests/platforms/run.sh",
        needs: &["node", "npm", "python3", "curl", "openssl"],
    },
    Suite {
        title: "The same component in five hosts, and the quick starts of docs/hosts.md",
        script: "tests/hosts/run.sh",
        needs: &["node", "npm", "python3", "curl"],
    },
    Suite {
        title: "The workflows, by linters of other authors",
        script: "tests/workflows/run.sh",
        needs: &["python3"],
    },
    Suite {
        title: "The commands of docs/publishing.md and docs/plugins.md, and what they made read by other programs",
        script: "tests/distribution/run.sh",
        needs: &["docker-registry", "node", "npm", "python3", "curl"],
    },
    Suite {
        title: "The simulator's inbox and the sample sign-in in a browser",
        script: "tests/browser-inbox/run.sh",
        needs: &["chromium", "node", "npm"],
    },
    Suite {
        title: "The console in a browser",
        script: "tests/browser/run.sh",
        needs: &[
            "chromium",
            "node",
            "npm",
            "docker-registry",
            "minisign",
            "openssl",
        ],
    },
];

/// The suite of the engines, which has two lengths.
const ENGINES: Suite = Suite {
    title: "The gateway on wasmCloud and `wasmtime serve`, with replicas killed under traffic, and docs/engines.md",
    script: "tests/engines/run.sh",
    needs: &["python3", "curl", "docker-registry"],
};

/// `cargo xtask test --engines`: the suite of the engines in full length, which writes its tables into the page.
pub fn engines() -> Result {
    let workspace = Workspace::open_optimised()?;
    debian::provide(ENGINES.needs)?;
    workspace.build_programs()?;
    engines_of(&workspace, &["--full"])
}

/// Tests that the suite of the engines could not run, a line each.
pub fn skipped(workspace: &Workspace) -> String {
    std::fs::read_to_string(skipped_file(workspace)).unwrap_or_default()
}

fn skipped_file(workspace: &Workspace) -> PathBuf {
    workspace.scratch("engines-not-run.txt")
}

fn engines_of(workspace: &Workspace, arguments: &[&str]) -> Result {
    // The engines serve what is published.
    dist::everything(workspace, &workspace.program("connector-packaging"), None)?;
    run(workspace
        .script(ENGINES.script)
        .args(arguments)
        .env("DIST_DIR", workspace.scratch("dist"))
        .env("PUBLISH_BIN", workspace.program("auth-connector-publish"))
        .env("SKIPPED_FILE", skipped_file(workspace)))
}

/// Installs the programs that the suites need, and fails if some are missing: before the first test, because all of it
/// takes an hour.
pub fn prepare() -> Result {
    let suites = SUITES.iter().chain([&ENGINES]);
    let needs: Vec<&str> = suites.flat_map(|suite| suite.needs).copied().collect();
    debian::provide(&needs)
}

/// Runs every suite, each as a step with its title.
pub fn suites(workspace: &Workspace, step: impl Fn(&str, &dyn Fn() -> Result) -> Result) -> Result {
    for suite in SUITES {
        step(suite.title, &|| {
            let mut script = workspace.script(suite.script);
            // It may have another name than the suites expect.
            if let Some(browser) = debian::find("chromium") {
                script.env("CHROMIUM", browser);
            }
            run(&mut script)
        })?;
    }
    step(ENGINES.title, &|| engines_of(workspace, &[]))?;
    step(
        "The published files, built again in two other clones",
        &|| reproduce::check(workspace),
    )?;
    step(
        "The component of `cargo xtask dist`, through the connector's tests",
        &|| {
            let component = dist::component(workspace)?;
            run(workspace
                .native("test")
                .arg("--workspace")
                .args(["--test", "connector"])
                .env("CONNECTOR_WASM", component)
                .env("WEBHOOK_WASM", workspace.guest("webhook_connector"))
                .env("AUTH_HOST_BIN", workspace.program("auth-host"))
                .env("SIMULATOR_BIN", workspace.program("tencent-sms-simulator"))
                .env("XTASK_BIN", workspace.program("xtask"))
                .arg("--")
                // The tests of the auth host, of hostile plugins and of new connectors were run before.
                .args(["--skip", "service::", "--skip", "sandbox::"])
                .args(["--skip", "new_connector::"]))
        },
    )
}
