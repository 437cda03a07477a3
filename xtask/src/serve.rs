//! `cargo xtask demo --serve`: the auth host with its console, the simulator's inbox and the sample sign-in, until it is
//! stopped.
//!
//! It runs `auth-host serve --dev`, shows what that prints, and opens the pages where there is a desktop.

use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;

use crate::build::Workspace;
use crate::demo::{QUIET, read_lines};
use crate::pages::{PAGES, page};
use crate::process::{Guarded, Result};

/// The command. `options` go to `auth-host serve`.
pub fn run(options: &[&str]) -> Result {
    let workspace = Workspace::open()?;
    println!("Building the component, the auth host and the simulator, minutes the first time.");
    workspace.build_component()?;
    workspace.build_service()?;
    let mut child = Command::new(workspace.program("auth-host"))
        .args(["serve", "--dev", "--stop-on-stdin-close", "--component"])
        .arg(workspace.component())
        .args(options)
        // Open as long as this process lives: the service ends with it, also when it is killed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("auth-host did not start: {error}."))?;
    let output = child.stdout.take().ok_or("auth-host has no output.")?;
    let mut service = Guarded(child);
    let lines = read_lines(output);
    let mut pages: Vec<(&str, String)> = Vec::new();
    let mut is_shown = false;
    loop {
        match lines.recv_timeout(QUIET) {
            Ok(line) => {
                println!("{line}");
                pages.extend(page(&line));
            }
            Err(RecvTimeoutError::Timeout) if pages.len() == PAGES.len() && !is_shown => {
                is_shown = true;
                show(&pages);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let ended = service
        .0
        .wait()
        .map_err(|error| format!("auth-host: {error}."))?;
    match ended.success() {
        true => Ok(()),
        false => Err(format!("auth-host ended with {ended}.")),
    }
}

/// Names the pages once more, below everything else, and opens them.
fn show(pages: &[(&str, String)]) {
    println!();
    for (what, url) in pages {
        println!("{what:>15}  {url}");
    }
    println!("\nCtrl-C stops all of it, and everything that it made goes.");
    for (_, url) in pages.iter().filter(|_| has_desktop()) {
        open(url);
    }
}

/// Returns true if this machine has a desktop. A build server has no browser, whatever its environment contains.
fn has_desktop() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let has_screen =
        cfg!(not(target_os = "linux")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    has_screen && !is_set("CI") && !is_set("SSH_CONNECTION")
}

/// Opens a page with the desktop's own command; the address was printed in any case.
fn open(url: &str) {
    let program = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let _ = Command::new(program)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
