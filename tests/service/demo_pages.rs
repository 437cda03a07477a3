//! Pages that `cargo xtask demo --serve` opens: read from what a running service prints, and requested.

use super::running::{Folder, Process, config, http, set_up, share_compiled_code};
use crate::support::{auth_host, component};
use pages::{PAGES, page};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../../xtask/src/pages.rs"]
mod pages;

/// A service with a simulator, on free ports, with its data in a folder.
fn dev(folder: &Folder) -> Command {
    // Compiles the connector, for which a start would have a minute.
    let url = "http://127.0.0.1:1";
    set_up(&Folder::new().0, &[("sim", &config(url))], url);
    share_compiled_code(&folder.0);
    let local = "127.0.0.1:0";
    let mut command = Command::new(auth_host());
    command
        .args(["serve", "--dev", "--listen", local, "--admin", local])
        .args(["--sample", local, "--component"])
        .arg(component())
        .arg("--data")
        .arg(folder.0.join("data"));
    command
}

/// The console's page is the one that makes the first administrator: a sign-in page helps nobody then.
#[test]
fn opened_pages_answer_and_console_is_set_up() {
    let folder = Folder::new();
    let process = Process::run(&mut dev(&folder), &[]);
    let begun = Instant::now();
    let found = loop {
        let text = process.output.lock().unwrap().clone();
        let found: BTreeMap<_, _> = text.lines().filter_map(page).collect();
        if found.len() == PAGES.len() {
            break found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{text}");
        std::thread::sleep(Duration::from_millis(20));
    };
    for (name, url) in &found {
        let rest = url.strip_prefix("http://").unwrap();
        let (address, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path.is_empty() { "/" } else { path };
        let answer = http(address, "GET", path, &[], "").unwrap();
        // The sample sends a browser on to a page.
        assert!([200, 303].contains(&answer.status), "{name}: {url}");
        if *name == "console" {
            assert_eq!(answer.status, 200);
            assert!(path.contains("set-up?link="), "{url}");
            assert!(answer.text.contains("<form"), "{}", answer.text);
        }
    }
}

#[test]
fn service_ends_when_its_parent_s_pipe_closes() {
    let folder = Folder::new();
    let mut child = dev(&folder)
        .arg("--stop-on-stdin-close")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(60) {
            let _ = child.kill();
            panic!("the service goes on without its parent");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status}");
}
