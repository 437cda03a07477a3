//! The program, run in a folder of its own.

use super::support;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub const NUMBER: &str = "+8613800138000";

/// A directory of its own with the test connector in it, over `http` and over `https`.
pub fn directory(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    put(&dir.join("plugin.wasm"), support::plugin());
    put(&dir.join("secure.wasm"), support::secure_plugin());
    dir
}

/// An empty folder of its own.
pub fn scratch(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// Puts a file in its place as a whole: tests that share a directory run at the same time.
pub fn put(file: &Path, bytes: impl AsRef<[u8]>) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nth = NEXT.fetch_add(1, Ordering::Relaxed);
    let part = file.with_extension(format!("{nth}.part"));
    std::fs::write(&part, bytes).unwrap();
    std::fs::rename(part, file).unwrap();
}

/// Runs `auth-host` in a directory; the config goes in by standard input.
pub fn run(name: &str, arguments: &[&str], config: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(directory(name))
        .args(arguments)
        .env_remove("AUTH_HOST_CONFIG")
        .env("MY_SECRET", "hunter2hunter2")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no config does not read it.
    let _ = child.stdin.take().unwrap().write_all(config.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn send(name: &str, config: &str, more: &[&str]) -> (i32, Value) {
    let mut arguments = vec![
        "send",
        "plugin.wasm",
        "--no-cache",
        "--json",
        "--config",
        "-",
        "--to",
        NUMBER,
    ];
    arguments.extend_from_slice(more);
    let output = run(name, &arguments, config);
    let text = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code().unwrap(),
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")),
    )
}
