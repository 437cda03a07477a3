//! Arguments: nothing secret, and no number or code, is repeated.

use super::program::{NUMBER, run};
use std::process::Command;

#[test]
fn secret_argument_is_refused_without_repeating_it() {
    let output = run(
        "secret",
        &[
            "send",
            "plugin.wasm",
            "--to",
            NUMBER,
            "--secret-key",
            "hunter2hunter2",
        ],
        "a",
    );
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text.contains("--set-from-env") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn no_command_shows_secret_number_or_code() {
    let config = r#"{"accessKeyId":"id"}"#;
    let overlay = [
        "--config",
        "-",
        "--set-from-env",
        "/accessKeySecret=MY_SECRET",
        "--no-cache",
    ];
    let message = ["--to", NUMBER, "--var", "code=918273"];
    for command in ["inspect", "validate", "preview", "send"] {
        let mut arguments = vec![command, "plugin.wasm"];
        match command {
            "inspect" => arguments.push("--no-cache"),
            "validate" => arguments.extend(overlay),
            _ => arguments.extend(overlay.iter().chain(&message)),
        }
        if command == "send" {
            arguments.push("--report");
        }
        for json in [false, true] {
            let arguments: Vec<_> = arguments
                .iter()
                .copied()
                .chain(json.then_some("--json"))
                .collect();
            let output = run("quiet", &arguments, config);
            let text = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            assert!(!text.is_empty());
            for hidden in ["hunter2", "13800138000", "918273"] {
                assert!(!text.contains(hidden), "{command}: {text}");
            }
        }
    }
}

#[test]
fn misplaced_number_or_code_is_not_repeated() {
    let file = [NUMBER, "13800138000", "+86 138-0013-8000", "918273"];
    for typed in file {
        for line in [
            &["inspect", typed, "--no-cache"][..],
            &["inspect", "--manifest", typed, "--no-cache"],
            &["inspect", "plugin.wasm", "--no-cache", "--sha256", typed],
            &["inspect", "--manifest", "plugin.wasm", "--trust", typed],
            &["validate", "plugin.wasm", "--no-cache", "--config", typed],
            &["send", typed, "--no-cache", "--config", "-", "--to", NUMBER],
            &[
                "send",
                "plugin.wasm",
                "--config",
                "-",
                "--to",
                NUMBER,
                "--ca",
                typed,
            ],
            &[
                "send",
                "plugin.wasm",
                "--config",
                "-",
                "--to",
                NUMBER,
                "--allow",
                typed,
            ],
            &[
                "send",
                "plugin.wasm",
                "--config",
                "-",
                "--to",
                NUMBER,
                "--resolve",
                typed,
            ],
        ] {
            let output = run("typed", line, "a");
            let text = String::from_utf8(output.stderr).unwrap();
            // A resolver has no record of the name 918273, a code, so only the number is refused as an origin.
            assert_eq!(output.status.code(), Some(2), "{line:?}: {text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            for hidden in ["13800138000", "918273"] {
                assert!(!digits.contains(hidden), "{line:?}: {text}");
            }
        }
    }
}

#[test]
fn missing_config_names_three_ways_to_give_one() {
    let output = run("none", &["validate", "plugin.wasm", "--no-cache"], "");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for way in ["--config FILE", "--config -", "AUTH_HOST_CONFIG"] {
        assert!(line.contains(way), "{line}");
    }
}

/// Exit code 2 is that of wrong usage.
#[cfg(unix)]
#[test]
fn unreadable_argument_exits_2_without_repeating_it() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let odd = OsStr::from_bytes(b"918273\xff");
    for more in [
        [OsStr::new("--var"), odd],
        [OsStr::new("--timeout-ms"), OsStr::new("918273x")],
        [OsStr::new(NUMBER), OsStr::new("918273")],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .args(["send", "plugin.wasm", "--to", NUMBER])
            .args(more)
            .output()
            .unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        for hidden in ["918273", "13800138000"] {
            assert!(!line.contains(hidden), "{line}");
        }
    }
}

/// The value of a proxy variable is not repeated either.
#[test]
fn proxy_password_argument_is_refused_not_repeated() {
    for more in [
        &["--proxy", "http://user:hunter2@proxy.test:3128"][..],
        &["--proxy-from-env", "MY_SECRET"],
        &["--proxy-from-env", "NOT_THERE"],
    ] {
        let mut arguments = vec![
            "send",
            "plugin.wasm",
            "--no-cache",
            "--config",
            "-",
            "--to",
            NUMBER,
        ];
        arguments.extend_from_slice(more);
        let output = run("proxy", &arguments, "a");
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("proxy"), "{said}");
    }
}

#[test]
fn number_in_metrics_path_is_not_repeated() {
    let metrics = format!("missing/{NUMBER}");
    let arguments = [
        "send",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
        "--metrics",
        &metrics,
    ];
    let output = run("metrics-number", &arguments, "n");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("the metrics cannot be written"), "{stderr}");
    assert!(!stderr.contains(NUMBER.trim_start_matches('+')), "{stderr}");
}
