//! Exit codes and refusals of the commands that administer a service.

use super::program::{directory, put, scratch};
use super::support;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder with a tenant.
struct Host(PathBuf);

impl Host {
    fn new(name: &str) -> Self {
        let host = Self(scratch(name));
        host.json(&["tenant", "put", "--set", "default_country=CN"]);
        host
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        run(
            &self.0,
            &[arguments, &["--data", "data"]].concat(),
            variables,
            b"",
        )
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let (code, out, err) = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(code, 0, "{arguments:?}: {err}");
        serde_json::from_str(&out).unwrap()
    }

    fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let (found, out, err) = self.run(arguments);
        assert_eq!(found, code, "{arguments:?}: {out}{err}");
        err
    }
}

fn run(
    folder: &Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
    input: &[u8],
) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(folder)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads none of it ends early.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A user who mistypes the tenant to stop would assume that it is stopped.
#[test]
fn unknown_tenant_is_refused_and_not_made() {
    let host = Host::new("unknown-tenant");
    for arguments in [
        &["stop", "--tenant", "typo"][..],
        &["go", "--tenant", "typo"],
        &["limits", "--tenant", "typo"],
        &["limits", "--tenant", "typo", "--set", "number_a_day=1"],
        &["connector", "list", "--tenant", "typo"],
        &["flow", "list", "--tenant", "typo"],
        &["key", "list", "--tenant", "typo"],
        &["webhook", "list", "--tenant", "typo"],
        &["message", "list", "--tenant", "typo"],
        &["verification", "list", "--tenant", "typo"],
        &["test-number", "list", "--tenant", "typo"],
        &["audit", "--tenant", "typo"],
    ] {
        let said = host.refused(2, arguments);
        assert!(said.contains("no such tenant"), "{arguments:?}: {said}");
    }
    assert_eq!(host.json(&["tenant", "list"]).as_array().unwrap().len(), 1);
    let stopped = host.json(&["stop", "--tenant", "default"]);
    assert_eq!(stopped["is_stopped"], true);
}

/// A message that a rule refuses was certainly not sent; an invalid number is wrong usage.
#[test]
fn refused_start_exits_by_whether_it_was_sent() {
    let host = Host::new("refused-start");
    let start = ["verification", "start", "+8613800138000"];
    assert!(host.refused(3, &start).contains("No flow serves"));
    host.json(&["stop"]);
    assert!(host.refused(3, &start).contains("stopped all sending"));
    host.refused(2, &["verification", "start", "138"]);
    host.refused(
        2,
        &[
            "verification",
            "start",
            "+8613800138000",
            "--tenant",
            "typo",
        ],
    );
}

/// Under too short a time nothing is sent, and a row would blame the flow.
#[test]
fn command_under_wrong_time_stores_no_message() {
    let host = Host::new("wrong-time");
    let start = ["verification", "start", "+8613800138000"];
    let (code, _, err) = host.run_with(&start, &[("AUTH_HOST_ANSWER_WITHIN_MS", "100")]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("AUTH_HOST_ANSWER_WITHIN_MS"), "{err}");
    assert_eq!(host.json(&["message", "list"]), serde_json::json!([]));
}

#[test]
fn wrong_grants_and_settings_are_wrong_usage() {
    let host = Host::new("wrong-usage");
    let plugin = directory("wrong-usage-plugin").join("plugin.wasm");
    let add = [
        "plugin",
        "add",
        plugin.to_str().unwrap(),
        "--name",
        "x",
        "--unsigned",
    ];
    for grant in ["--allow", "--allow-beyond"] {
        let said = host.refused(2, &[&add[..], &[grant, "bad"]].concat());
        assert!(said.contains("is not an origin"), "{said}");
    }
    for (name, value) in [
        ("AUTH_HOST_ANSWER_WITHIN_MS", "999"),
        ("AUTH_HOST_ANSWER_WITHIN_MS", "soon"),
        ("AUTH_HOST_LISTEN", "0.0.0.0:0"),
        ("AUTH_HOST_ADMIN", "0.0.0.0:0"),
        ("AUTH_HOST_LOG", ""),
    ] {
        let (code, _, err) = host.run_with(&["serve"], &[(name, value)]);
        assert_eq!(code, 2, "{name}={value}: {err}");
    }
    let (code, _, err) = run(&host.0, &["tenant", "list"], &[("AUTH_HOST_DATA", "")], b"");
    assert_eq!(code, 2, "{err}");
}

#[cfg(unix)]
#[test]
fn folder_that_is_no_text_is_not_ignored() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(scratch("no-text"))
        .args(["tenant", "list"])
        .env("AUTH_HOST_DATA", std::ffi::OsStr::from_bytes(b"d\xff"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn revoked_key_is_in_the_log_of_its_tenant() {
    let host = Host::new("revoked-key");
    let key = host.json(&["key", "add", "back-end"]);
    host.json(&["key", "revoke", key["id"].as_str().unwrap()]);
    let log = host.json(&["audit"]);
    assert_eq!(log[0]["action"], "key.revoke", "{log}");
    let said = host.refused(2, &["key", "add", "x", "--host", "--tenant", "default"]);
    assert!(said.contains("--tenant"), "{said}");
}

/// It would replace the flow, and what the plugin may reach.
#[cfg(feature = "dev")]
#[test]
fn dev_refuses_a_folder_of_others() {
    let host = Host::new("dev-folder");
    let plugin = directory("dev-folder-plugin").join("plugin.wasm");
    let serve = ["serve", "--dev", "--component", plugin.to_str().unwrap()];
    assert!(host.refused(2, &serve).contains("not made by --dev"));
    let (code, _, err) = run(&host.0, &serve, &[("AUTH_HOST_DATA", "data")], b"");
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("not made by --dev"), "{err}");
    assert_eq!(host.json(&["plugin", "list"]).as_array().unwrap().len(), 0);
}

#[test]
fn list_of_numbers_is_read_whole_or_not_at_all() {
    let folder = scratch("list-of-numbers");
    let audit = ["numbers", "audit", "-", "--json"];
    let (code, out, err) = run(&folder, &audit, &[], "\u{feff}+8613800138000\n".as_bytes());
    assert_eq!(code, 0, "{err}");
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&found["international"], &found["unusable"]),
        (&1.into(), &0.into())
    );
    let (code, _, err) = run(&folder, &audit, &[], &vec![b'\n'; (64 << 20) + 1]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("standard input cannot be read"), "{err}");
}

/// The test connector, which acts by the first letter of its config, with a config that is a JSON text: the letter
/// comes after the quotation mark.
fn lettered() -> Vec<u8> {
    let text = include_str!("../../../host/tests/support/plugin.wat");
    let first = "(local.set $what (i32.load8_u (local.get $config)))";
    assert!(text.contains(first));
    support::component(&text.replace(
        first,
        "(local.set $what (i32.load8_u offset=1 (local.get $config)))",
    ))
}

impl Host {
    /// A host with a flow through a connector that acts by the letter.
    fn sending(name: &str, letter: &str) -> Self {
        let host = Self::new(name);
        put(&host.0.join("plugin.wasm"), lettered());
        let add = ["plugin", "add", "plugin.wasm", "--name", "p", "--unsigned"];
        host.json(&[&add[..], &["--allow", "http://127.0.0.1:1"]].concat());
        host.configure(letter);
        host.json(&["flow", "put", "c"]);
        host
    }

    fn configure(&self, letter: &str) {
        put(&self.0.join("config.json"), format!("\"{letter}\""));
        self.json(&[
            "connector",
            "put",
            "c",
            "--plugin",
            "p",
            "--config",
            "config.json",
        ]);
    }
}

#[test]
fn started_verification_exits_by_what_became_of_it() {
    let host = Host::sending("outcomes", "a");
    for (letter, number, code) in [("a", "+8613800138000", 0), ("n", "+8613800138001", 3)] {
        host.configure(letter);
        let (found, out, err) = host.run(&["verification", "start", number]);
        assert_eq!(found, code, "{letter}: {out}{err}");
    }
}

/// The first signal lets the message end with its outcome, which the test does not wait for; the second ends the
/// program.
#[cfg(unix)]
#[test]
fn second_signal_during_a_start_ends_it_with_unknown() {
    use std::io::{BufRead as _, BufReader};
    let host = Host::sending("start-signals", "w");
    let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(&host.0)
        .args(["verification", "start", "+8613800138000", "--data", "data"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let is_sending = || {
        let sending = host.json(&["message", "list", "--state", "sending"]);
        sending.as_array().unwrap().len() == 1
    };
    while !is_sending() {
        assert!(child.try_wait().unwrap().is_none(), "the start ended early");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut signal = |words: &str| {
        let id = child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(words), "{line}");
    };
    signal("is being sent");
    signal("within a minute");
    assert_eq!(child.wait().unwrap().code(), Some(4));
}
