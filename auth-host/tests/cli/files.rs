//! Files, pipes and devices as arguments.

use super::program::{NUMBER, directory, put, run};
use super::support;
use std::io::Read;
use std::process::{Command, Stdio};

/// Runs a command that must end by itself: with a file that blocks it would not.
#[cfg(unix)]
fn ends(name: &str, arguments: &[&str], config: Stdio) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(directory(name))
        .args(arguments)
        .env_remove("AUTH_HOST_CONFIG")
        .stdin(config)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..300 {
        if let Some(status) = child.try_wait().unwrap() {
            let mut stderr = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut stderr)
                .unwrap();
            return (status.code().unwrap(), stderr);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    child.kill().unwrap();
    panic!("{arguments:?} does not end");
}

/// A pipe, a device or a folder in place of a file is refused at once.
#[cfg(unix)]
#[test]
fn non_regular_file_is_refused_at_once() {
    let name = "no-files";
    let pipe = directory(name).join("pipe");
    let _ = std::fs::remove_file(&pipe);
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    for file in ["pipe", "/dev/zero", "."] {
        let is_device = file.starts_with("/dev");
        let plugin = ["plugin.wasm", "--no-cache", "--config"];
        let to = ["--to", NUMBER];
        let send = |more: &[&'static str]| {
            let begin = ["send", "plugin.wasm", "--no-cache", "--config", "-"];
            [&begin[..], more, &to[..]].concat()
        };
        let mut lines = vec![
            vec!["inspect", "--no-cache", file],
            [&["validate"][..], &plugin[..], &[file][..]].concat(),
        ];
        if file != "." {
            lines.push(vec![
                "inspect",
                "--no-cache",
                "--unsigned",
                "--manifest",
                file,
            ]);
            lines.push(send(&[
                "--ca",
                if file == "pipe" { "pipe" } else { "/dev/zero" },
            ]));
        }
        for line in lines {
            let (code, stderr) = ends(name, &line, Stdio::null());
            // The library reads from a device as much as a component may have.
            let too_large = is_device && line[0] == "inspect";
            let expected = if too_large {
                (5, "bytes")
            } else {
                (2, "no regular file")
            };
            assert_eq!(code, expected.0, "{line:?}: {stderr}");
            assert!(stderr.contains(expected.1), "{line:?}: {stderr}");
        }
    }
}

/// `--body <(curl ...)` and `audit <(psql ...)` are pipes.
#[cfg(unix)]
#[test]
fn piped_body_or_list_is_read_to_its_limit() {
    let name = "piped";
    let folder = directory(name);
    put(
        &folder.join("receipts.wasm"),
        support::plugin_with_receipts(),
    );
    let pipe = folder.join("pipe");
    let _ = std::fs::remove_file(&pipe);
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let callback = [
        "callback",
        "receipts.wasm",
        "--no-cache",
        "--body",
        "pipe",
        "--config",
    ];
    std::fs::write(folder.join("config.json"), "a").unwrap();
    let callback = [&callback[..], &["config.json"]].concat();
    let audit = ["numbers", "audit", "pipe"];
    for (line, body, code, words) in [
        (&callback[..], "[]".to_owned(), 0, ""),
        (
            &callback,
            " ".repeat((1 << 20) + 1),
            2,
            "more than 1048576 bytes",
        ),
        (&audit, "+8613800138000\n".to_owned(), 0, ""),
    ] {
        let to = pipe.clone();
        // It fails to write what a command refuses to read.
        let writer = std::thread::spawn(move || std::fs::write(to, body));
        let (found, stderr) = ends(name, line, Stdio::null());
        assert_eq!(found, code, "{line:?}: {stderr}");
        assert!(stderr.contains(words), "{line:?}: {stderr}");
        let _ = writer.join();
    }
    let (code, stderr) = ends(
        name,
        &[&callback[..4], &[".", "--config", "config.json"]].concat(),
        Stdio::null(),
    );
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn config_longer_than_65536_bytes_exits_with_6() {
    for (bytes, code) in [(65_536, 0), (65_537, 6), (3 << 20, 6)] {
        let config = format!("a{}", " ".repeat(bytes - 1));
        let arguments = ["validate", "plugin.wasm", "--no-cache", "--config", "-"];
        let output = run("long-config", &arguments, &config);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{bytes}: {stderr}");
        let is_told = stderr.contains("more than 65536 bytes") && stderr.contains("Shorten it");
        assert_eq!(is_told, code == 6, "{bytes}: {stderr}");
    }
}
