//! Standard output, metrics and traces.

use super::program::{NUMBER, directory, run};
use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn closed_output_does_not_hide_send_outcome() {
    let dir = directory("lost");
    let exit = |arguments: &[&str], config: &str, to_stderr: bool| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&dir)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The output has no reader; the command waits for its config until that is so.
        drop(child.stdout.take());
        let mut errors = child.stderr.take().filter(|_| to_stderr);
        let _ = child.stdin.take().unwrap().write_all(config.as_bytes());
        let mut text = String::new();
        if let Some(errors) = &mut errors {
            errors.read_to_string(&mut text).unwrap();
            assert!(text.contains("the output cannot be written"), "{text}");
            assert!(!text.contains("panicked"), "{text}");
        }
        child.wait().unwrap().code()
    };
    let config = ["plugin.wasm", "--no-cache", "--config", "-"];
    for more in [&[][..], &["--json"], &["--report"]] {
        let send: Vec<_> = std::iter::once("send")
            .chain(config)
            .chain(["--to", NUMBER, "--allow", "http://127.0.0.1:1"])
            .chain(more.iter().copied())
            .collect();
        for (behaviour, code) in [("a", 0), ("n", 3), ("i", 6)] {
            for to_stderr in [true, false] {
                assert_eq!(exit(&send, behaviour, to_stderr), Some(code), "{send:?}");
            }
        }
    }
    for command in ["validate", "preview"] {
        let mut arguments: Vec<_> = std::iter::once(command).chain(config).collect();
        if command == "preview" {
            arguments.extend(["--to", NUMBER]);
        }
        assert_eq!(exit(&arguments, "a", true), Some(1), "{command}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn full_disk_under_standard_output_exits_with_1() {
    for arguments in [&["inspect", "plugin.wasm", "--no-cache"][..], &["--help"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(directory("full"))
            .args(arguments)
            .stdout(full)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}");
        assert!(line.contains("the output cannot be written"), "{line}");
    }
}

/// The metrics are Prometheus text.
#[test]
fn metrics_go_to_file_and_traces_to_stderr() {
    let file = directory("metrics").join("auth-host.prom");
    let file = file.to_str().unwrap();
    let _ = std::fs::remove_file(file);
    let arguments = [
        "send",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
        "--var",
        "code=918273",
        "--allow",
        "http://127.0.0.1:1",
        "--metrics",
        file,
        "--trace",
    ];
    let output = run("metrics", &arguments, "a hunter2hunter2hunter2");
    assert_eq!(output.status.code(), Some(0));
    let figures = std::fs::read_to_string(file).unwrap();
    assert!(
        figures.contains("# TYPE auth_connector_calls_total counter"),
        "{figures}"
    );
    assert!(
        figures.contains(r#"outcome="accepted""#)
            && figures.contains("auth_connector_call_seconds_bucket"),
        "{figures}"
    );
    let traces = String::from_utf8(output.stderr).unwrap();
    assert!(traces.contains("call ended"), "{traces}");
    for shown in [&figures, &traces] {
        for hidden in ["13800138000", "918273", "hunter2"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
    }
    let beside = std::fs::read_dir(directory("metrics")).unwrap();
    assert_eq!(
        beside.count(),
        3,
        "two plugins and the figures, nothing half-written"
    );
}

#[test]
fn metrics_may_go_to_stdout_not_into_json() {
    let common = [
        "send",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
        "--allow",
        "http://127.0.0.1:1",
        "--metrics",
        "-",
    ];
    let output = run("metrics-out", &common, "a");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("Accepted") && text.contains("auth_connector_places 4"),
        "{text}"
    );
    let both: Vec<&str> = common.iter().copied().chain(["--json"]).collect();
    assert_eq!(run("metrics-out", &both, "a").status.code(), Some(2));
}
