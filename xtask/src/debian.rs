//! Debian packages that the suites of `test --full` need, installed where they are missing and where this user may.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::{Result, run};

/// A program, and the packages that bring it.
const PACKAGES: &[(&str, &[&str])] = &[
    ("chromium", &["chromium", "fonts-noto-cjk"]),
    ("curl", &["curl"]),
    ("docker-registry", &["docker-registry"]),
    ("haproxy", &["haproxy"]),
    ("minisign", &["minisign"]),
    ("nginx", &["nginx-light"]),
    ("node", &["nodejs"]),
    ("npm", &["npm"]),
    ("openssl", &["openssl"]),
    ("python3", &["python3", "python3-venv"]),
];

/// Installs missing packages with apt-get, as root or with `sudo -n`. Elsewhere nothing is done: the suites report
/// their needs.
pub fn install_missing() -> Result {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(program, _)| !is_there(program))
        .flat_map(|(_, packages)| packages.iter().copied())
        .collect();
    if missing.is_empty() || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    let Some(prefix) = rights() else {
        return Ok(());
    };
    println!("\nInstalling from Debian: {}", missing.join(" "));
    // Updates an index that is old or absent; if that fails, the installation reports why.
    let _ = run(apt(prefix).args(["update", "--quiet"]));
    run(apt(prefix)
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(missing))
}

/// Returns true if a program is in a folder of PATH, or in Debian's folder for servers.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders.iter().any(|folder| folder.join(program).is_file())
}

/// Command in front of `apt-get`; `None` if it would be refused.
fn rights() -> Option<&'static [&'static str]> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() == b"0" {
        return Some(&["env"]);
    }
    let sudo = Command::new("sudo")
        .args(["-n", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    sudo.is_ok_and(|status| status.success())
        .then_some(&["sudo", "-n", "env"])
}

fn apt(prefix: &[&str]) -> Command {
    let (first, rest) = prefix.split_first().unwrap_or((&"env", &[]));
    let mut command = Command::new(first);
    // Servers are started by the suites, on ports of their own.
    command
        .args(rest)
        .args(["DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1", "apt-get"]);
    command
}
