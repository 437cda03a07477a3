//! Programs that the suites of `test --full` need, and the Debian packages that bring them: installed where they are
//! missing and where this user may.

use std::path::{Path, PathBuf};
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

/// Other names of a program. Ubuntu has no package `chromium`: it has a snap, or Google's package.
const NAMES: &[(&str, &[&str])] = &[("chromium", &["google-chrome", "chromium-browser"])];

/// Installs what is missing, and fails with all of `programs` that still are.
pub fn provide(programs: &[&str]) -> Result {
    if programs.contains(&"chromium") {
        check_browser(named_browser().as_deref())?;
    }
    install_missing();
    require(programs)
}

/// The browser suites' own variable.
fn named_browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").filter(|named| !named.is_empty());
    named.map(PathBuf::from)
}

/// Fails if CHROMIUM names no file: the suites start that file and no other, so an installation would not help.
fn check_browser(named: Option<&Path>) -> Result {
    match named.filter(|file| !file.is_file()) {
        None => Ok(()),
        Some(file) => Err(format!(
            "CHROMIUM names {}, which is no file. Set it to the file of a browser, or unset it: then chromium is looked for \
             in PATH, and installed if it is missing.",
            file.display()
        )),
    }
}

/// Installs missing packages with apt-get, as root or with `sudo -n`. Elsewhere nothing is done: [`require`] reports what
/// is missing. One that a distribution does not have keeps no other from being installed.
fn install_missing() {
    let has_named_browser = named_browser().is_some();
    let missing: Vec<_> = PACKAGES
        .iter()
        .filter(|(program, _)| find(program).is_none())
        .filter(|(program, _)| *program != "chromium" || !has_named_browser)
        .collect();
    if missing.is_empty() || !Path::new("/usr/bin/apt-get").exists() {
        return;
    }
    let Some(prefix) = rights() else {
        return;
    };
    // Updates an index that is old or absent; if that fails, the installation reports why.
    let _ = run(apt(prefix).args(["update", "--quiet"]));
    for (program, packages) in missing {
        println!("\nInstalling {program} from Debian: {}", packages.join(" "));
        let installed = run(apt(prefix)
            .args(["install", "--yes", "--quiet", "--no-install-recommends"])
            .args(*packages));
        if let Err(error) = installed {
            println!("{error}");
        }
    }
}

/// Fails with all programs that are missing.
fn require(programs: &[&str]) -> Result {
    let mut missing: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|program| find(program).is_none())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let packages = |(program, packages): &(&str, &'static [&'static str])| {
        missing.contains(program).then_some(*packages)
    };
    let packages: Vec<&str> = PACKAGES
        .iter()
        .filter_map(packages)
        .flatten()
        .copied()
        .collect();
    let mut message = format!(
        "these programs are needed and were not found: {}.\nInstall them (Debian: apt-get install {}; Node 20 and Python \
         3.11 or newer) and try again, or run `cargo xtask test` without --full.",
        missing.join(", "),
        packages.join(" ")
    );
    if missing.contains(&"chromium") {
        message.push_str(
            "\nUbuntu has no package chromium: install google-chrome from Google's package, or set CHROMIUM to a browser.",
        );
    }
    Err(message)
}

/// The file of a program: in a folder of PATH, or in Debian's folder for servers; a browser where CHROMIUM says.
pub fn find(program: &str) -> Option<PathBuf> {
    if program == "chromium"
        && let Some(named) = named_browser()
    {
        return Some(named).filter(|file| file.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    let others = NAMES.iter().filter(|(name, _)| *name == program);
    let others = others.flat_map(|(_, names)| names.iter().copied());
    std::iter::once(program).chain(others).find_map(|name| {
        folders
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_that_is_no_file_is_named() {
        assert_eq!(check_browser(None), Ok(()));
        assert_eq!(check_browser(Some(Path::new("/bin/sh"))), Ok(()));
        for wrong in ["/no/such", "chromium", "/bin"] {
            let error = check_browser(Some(Path::new(wrong))).unwrap_err();
            let begin = format!("CHROMIUM names {wrong}, which is no file. ");
            assert!(error.starts_with(&begin), "{error}");
        }
    }

    #[test]
    fn missing_programs_are_named_together() {
        assert_eq!(require(&["sh"]), Ok(()));
        let error = require(&["sh", "no-such-b", "no-such-a", "no-such-b"]).unwrap_err();
        assert!(
            error.starts_with(
                "these programs are needed and were not found: no-such-a, no-such-b.\n"
            ),
            "{error}"
        );
    }
}
