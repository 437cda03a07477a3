//! The binary as scripts and operators meet it: exit codes, stable fields, and nothing secret anywhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

#[path = "../../host/tests/support/mod.rs"]
mod support;

use serde_json::Value;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const NUMBER: &str = "+8613800138000";

/// A directory of its own with the test connector in it.
fn directory(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("plugin.wasm"), support::plugin()).unwrap();
    dir
}

/// Runs `auth-host` in a directory; the config goes in by standard input.
fn run(name: &str, arguments: &[&str], config: &str) -> Output {
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

fn send(name: &str, config: &str, more: &[&str]) -> (i32, Value) {
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

#[test]
fn each_outcome_of_a_send_has_its_own_exit_code_and_the_same_fields() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let authority = runtime.block_on(support::server(support::OK));
    let allow = format!("http://{authority}");
    let mut fields = Vec::new();
    for (config, code, outcome, source, kind) in [
        ("a".to_owned(), 0, "accepted", "connector", Value::Null),
        ("n".to_owned(), 3, "not-sent", "connector", "denied".into()),
        ("u".to_owned(), 3, "not-sent", "host", "other".into()),
        (
            format!("h{authority}"),
            4,
            "unknown",
            "host",
            "other".into(),
        ),
        (
            "i".to_owned(),
            6,
            "not-sent",
            "connector",
            "invalid-config".into(),
        ),
    ] {
        let (status, document) = send(
            "outcomes",
            &config,
            &["--allow", &allow, "--var", "code=918273"],
        );
        assert_eq!(status, code, "{document:#}");
        assert_eq!(
            (&document["outcome"], &document["source"], &document["kind"]),
            (&outcome.into(), &source.into(), &kind)
        );
        assert_eq!(document["to"], "+86138****8000");
        fields.push(
            document
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>(),
        );
    }
    assert!(
        fields.windows(2).all(|pair| pair[0] == pair[1]),
        "{fields:?}"
    );
}

#[test]
fn only_origins_that_were_granted_are_reached() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let authority = runtime.block_on(support::server(support::OK));
    let config = format!("f{authority}");
    assert_eq!(
        send("egress", &config, &[]).1["timings"]["http"][0]["error"],
        format!(
            "HTTP request denied: http://{authority} is not granted. If the connector is to reach it, grant it by --allow http://{authority}, or by \
             --allow-beyond http://{authority} where a package's manifest does not name it"
        )
    );
    let (status, document) = send(
        "egress",
        &config,
        &["--allow", &format!("http://{authority}")],
    );
    assert_eq!(
        (status, &document["timings"]["http"][0]["status"]),
        (0, &200.into()),
        "{document:#}"
    );
}

#[test]
fn a_component_that_is_refused_says_why_in_one_line() {
    let dir = directory("refused");
    std::fs::write(dir.join("readme.wasm"), "# hello").unwrap();
    std::fs::write(dir.join("core.wasm"), wat::parse_str("(module)").unwrap()).unwrap();
    for (file, code, words) in [
        ("readme.wasm", 5, "not WebAssembly"),
        ("core.wasm", 5, "core WebAssembly module"),
        ("missing.wasm", 2, "cannot be read"),
    ] {
        let output = run("refused", &["inspect", file, "--no-cache"], "");
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}");
        assert!(line.contains(words) && line.lines().count() == 1, "{line}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_secret_as_an_argument_is_refused_and_not_repeated() {
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
fn neither_secret_nor_number_nor_code_is_shown_by_any_command() {
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
fn the_second_load_comes_from_the_cache() {
    let dir = directory("cache").join("compiled");
    let _ = std::fs::remove_dir_all(&dir);
    let load = || {
        let cache = dir.to_str().unwrap();
        let output = run(
            "cache",
            &["inspect", "plugin.wasm", "--json", "--cache-dir", cache],
            "",
        );
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        document["load"]["cached"].as_bool()
    };
    assert_eq!((load(), load()), (Some(false), Some(true)));
}

#[test]
fn processes_that_start_at_once_share_one_cache() {
    let dir = directory("together");
    let cache = dir.join("compiled");
    let _ = std::fs::remove_dir_all(&cache);
    let inspect = || {
        Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&dir)
            .args([
                "inspect",
                "plugin.wasm",
                "--json",
                "--cache-dir",
                "compiled",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let outcome = |child: std::process::Child| {
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        document["load"]["cache"].as_str().unwrap().to_owned()
    };
    let together: Vec<_> = (0..6).map(|_| inspect()).collect();
    for child in together {
        let cache = outcome(child);
        assert!(cache == "miss" || cache == "hit", "{cache}");
    }
    assert_eq!(outcome(inspect()), "hit");
    let left: Vec<_> = std::fs::read_dir(cache.join("compiled-connectors"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 1, "one file, and none half-written: {left:?}");
}

#[test]
fn a_number_or_a_code_that_was_typed_in_a_wrong_place_is_not_repeated() {
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
            // Code 918273 is a name that a resolver knows nothing of, so only the number is refused as an origin.
            assert_eq!(output.status.code(), Some(2), "{line:?}: {text}");
            assert_eq!(text.lines().count(), 1, "{text}");
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            for hidden in ["13800138000", "918273"] {
                assert!(!digits.contains(hidden), "{line:?}: {text}");
            }
        }
    }
}

/// The test connector as a signed package that asks for these origins; gives the publisher's key.
fn publish(dir: &std::path::Path, origins: &[&str]) -> String {
    let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
    let name = dir.file_name().unwrap().to_str().unwrap();
    let output = run(
        name,
        &["inspect", "plugin.wasm", "--no-cache", "--json"],
        "",
    );
    let known: Value = serde_json::from_slice(&output.stdout).unwrap();
    let manifest = serde_json::json!({
        "format": 1, "id": "example-sms", "version": "1.4.0", "contract": "auth:connector@0.1.0",
        "component": {"file": "plugin.wasm", "sha256": known["sha256"], "size": known["size"]},
        "origins": origins, "limits": {"requests": 2, "memoryBytes": 67_108_864},
    })
    .to_string();
    let reader = std::io::Cursor::new(manifest.as_bytes());
    let signed = minisign::sign(None, &pair.sk, reader, Some("release 7"), None).unwrap();
    std::fs::write(dir.join("manifest.json"), &manifest).unwrap();
    std::fs::write(dir.join("manifest.json.minisig"), signed.into_string()).unwrap();
    pair.pk.to_base64()
}

#[test]
fn inspect_shows_signer_requests_and_grants_of_a_package() {
    let dir = directory("package");
    let key = publish(
        &dir,
        &["https://sms.tencentcloudapi.com", "https://sms.example.net"],
    );
    std::fs::write(
        dir.join("publisher.pub"),
        format!("untrusted comment: x\n{key}\n"),
    )
    .unwrap();
    for trusted in [key.as_str(), "publisher.pub"] {
        let line = [
            "inspect",
            "--manifest",
            ".",
            "--no-cache",
            "--trust",
            trusted,
            "--allow",
            "https://sms.tencentcloudapi.com",
            "--allow",
            "https://sms.intl.tencentcloudapi.com",
        ];
        let output = run("package", &line, "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        for words in [
            "example-sms 1.4.0",
            "release 7",
            "asks for https://sms.tencentcloudapi.com: granted",
            "asks for https://sms.example.net: not granted",
            "does not ask for https://sms.intl.tencentcloudapi.com: granted, so not given",
            "asks for memoryBytes 67108864: not granted, at most 8388608",
            "--allow ORIGIN",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    let line = [
        "inspect",
        "--manifest",
        "manifest.json",
        "--no-cache",
        "--trust",
        &key,
    ];
    let allow = ["--json", "--allow", "https://sms.example.net"];
    let output = run("package", &[&line[..], &allow].concat(), "");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = &document["package"];
    assert_eq!(package["signer"]["comment"], "release 7");
    assert_eq!(package["origins"][1]["standing"], "granted");
    assert_eq!(package["limits"][0]["given"], 8_388_608);
    assert_eq!(package["complete"], false);
}

#[test]
fn package_sends_only_if_trusted_and_granted() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let authority = runtime.block_on(support::server(support::OK));
    let origin = format!("http://{authority}");
    let dir = directory("package-send");
    let key = publish(&dir, &[&origin]);
    let config = format!("f{authority}");
    let base = [
        "send",
        "--manifest",
        ".",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
    ];
    let (trust, allow) = (["--trust", &key], ["--allow", origin.as_str()]);
    let less = ["--accept-less"];
    let other = publish(&directory("package-other"), &[]);
    for (more, code, words) in [
        (vec![], 5, "trusted is no key at all"),
        (vec!["--trust", &other], 5, "--trust KEY"),
        (trust.to_vec(), 5, "asks for http://127.0.0.1"),
        // Its manifest asks for more memory than the host has for it.
        ([&trust[..], &allow].concat(), 5, "--accept-less"),
        ([&trust[..], &allow, &less].concat(), 0, "Accepted"),
        ([&allow[..], &less, &["--unsigned"]].concat(), 0, "Accepted"),
        ([&trust[..], &less].concat(), 3, "Not sent"),
        (
            [&trust[..], &less, &["--id", "example-voice"]].concat(),
            5,
            "example-voice",
        ),
    ] {
        let output = run("package-send", &[&base[..], &more].concat(), &config);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {text}");
        assert!(text.contains(words), "{more:?}: {text}");
    }
    // An origin that the manifest does not name, on purpose.
    let key = publish(&dir, &[]);
    for (option, code) in [("--allow", 3), ("--allow-beyond", 0)] {
        let more = ["--trust", &key, "--accept-less", option, &origin];
        let output = run("package-send", &[&base[..], &more].concat(), &config);
        assert_eq!(output.status.code(), Some(code), "{option}");
    }
    std::fs::write(dir.join("plugin.wasm"), b"\0asm\x0d\0\x01\0changed").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_auth-host"))
        .current_dir(&dir)
        .args(["inspect", "--manifest", ".", "--no-cache", "--trust", &key])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another file, or a changed one"));
}

#[test]
fn without_a_config_the_three_ways_to_give_one_are_named() {
    let output = run("none", &["validate", "plugin.wasm", "--no-cache"], "");
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    for way in ["--config FILE", "--config -", "AUTH_HOST_CONFIG"] {
        assert!(line.contains(way), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_cannot_be_read_end_in_usage_and_are_not_repeated() {
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

#[test]
fn closed_output_does_not_hide_the_outcome_of_a_send() {
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
        // Nobody reads the output; the command waits for its config until that is so.
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
            .chain(["--to", NUMBER])
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

#[test]
fn without_a_trusted_authority_the_operator_is_told_how_to_get_one() {
    let dir = directory("roots");
    std::fs::write(dir.join("secure.wasm"), support::secure_plugin()).unwrap();
    for more in [&[][..], &["--report"], &["--json"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&dir)
            .args(["send", "secure.wasm", "--no-cache", "--config", "-"])
            .args(["--to", NUMBER, "--allow", "https://127.0.0.1:1"])
            .args(more)
            // Where the system's roots are looked for.
            .env("SSL_CERT_FILE", dir.join("none.pem"))
            .env("SSL_CERT_DIR", dir.join("none"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"f127.0.0.1:1")
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{text}");
        for words in ["trusts no certificate authority", "Install", "--ca FILE"] {
            assert!(text.contains(words), "{text}");
        }
    }
}

#[test]
fn figures_go_to_a_file_as_prometheus_text_and_traces_to_standard_error() {
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
        2,
        "the plugin and the figures, nothing half-written"
    );
}

#[test]
fn figures_can_go_to_standard_output_but_not_into_json() {
    let common = [
        "send",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--to",
        NUMBER,
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

#[test]
fn a_proxys_password_is_not_taken_as_an_argument_and_not_repeated() {
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

#[cfg(unix)]
#[test]
fn a_pipe_a_device_or_a_folder_in_the_place_of_a_file_is_refused_at_once() {
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
            // Of a device the library reads as much as a component may have.
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

#[test]
fn a_number_in_the_place_of_the_metrics_file_is_not_repeated() {
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

/// Runs a command of `sms-receipts`; gives its exit code and its document.
fn receipts(config: &str, command: &[&str]) -> (i32, Value) {
    let dir = directory("receipts");
    std::fs::write(dir.join("receipts.wasm"), support::plugin_with_receipts()).unwrap();
    std::fs::write(
        dir.join("body.json"),
        r#"[{"mobile":"13800138000","report":"DELIVRD"}]"#,
    )
    .unwrap();
    let name = command.first().unwrap();
    let mut arguments = vec![
        *name,
        "receipts.wasm",
        "--no-cache",
        "--json",
        "--config",
        "-",
    ];
    arguments.extend(command.iter().skip(1));
    let output = run("receipts", &arguments, config);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("13800138000"), "{text}");
    let document = serde_json::from_str(&text);
    (
        output.status.code().unwrap(),
        document.unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr))),
    )
}

#[test]
fn a_callback_is_read_from_a_file_without_its_numbers() {
    let body = [
        "callback",
        "--body",
        "body.json",
        "--header",
        "Content-Type: application/json",
    ];
    let (code, document) = receipts("a", &body);
    assert_eq!(code, 0, "{document:#}");
    let receipt = &document["receipts"][0];
    assert_eq!(
        (&receipt["message_id"], &receipt["state"]),
        (&"m-1".into(), &"delivered".into())
    );
    assert_eq!(document["acknowledgement"]["status"], 200);
    let answer = document["acknowledgement"]["body"].as_str().unwrap();
    assert!(
        answer.contains("DELIVRD") && answer.contains("****"),
        "{answer}"
    );
    for (config, code, source, kind) in [
        ("r", 4, "connector", "unauthenticated"),
        ("n", 7, "host", "other"),
    ] {
        let (found, refused) = receipts(config, &body);
        assert_eq!(
            (found, &refused["source"], &refused["kind"]),
            (code, &source.into(), &kind.into())
        );
        let fields = |document: &Value| {
            document
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(&refused), fields(&document));
    }
}

#[test]
fn a_conversion_is_reported_or_says_why_not() {
    let used = [
        "report",
        "--message-id",
        "m-1",
        "--to",
        NUMBER,
        "--age-s",
        "5",
    ];
    assert_eq!(receipts("a", &used).0, 0);
    let (code, document) = receipts("x", &used);
    assert_eq!(code, 4, "{document:#}");
    assert_eq!(document["message"], "+****");
    assert_eq!(
        (&document["reported"], &document["kind"]),
        (&false.into(), &"unsupported".into())
    );
}

#[test]
fn a_plugin_without_receipts_ends_their_commands_with_7() {
    for command in [
        &["callback", "plugin.wasm", "--body", "plugin.wasm"][..],
        &["report", "plugin.wasm", "--message-id", "m"],
    ] {
        let arguments: Vec<&str> = command
            .iter()
            .copied()
            .chain(["--no-cache", "--config", "-"])
            .collect();
        let output = run("without-receipts", &arguments, "a");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(7), "{text}");
        assert!(text.contains("sms-receipts"), "{text}");
    }
}

#[test]
fn body_and_config_cannot_both_come_by_standard_input() {
    let line = [
        "callback",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--body",
        "-",
    ];
    let output = run("both", &line, "a");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("standard input"), "{text}");
    let line = [
        "callback",
        "plugin.wasm",
        "--no-cache",
        "--config",
        "-",
        "--body",
        "plugin.wasm",
        "--header",
        NUMBER,
    ];
    let output = run("both", &line, "a");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && !text.contains("138001"),
        "{text}"
    );
}

#[test]
fn inspect_shows_typed_metadata_and_optional_interfaces() {
    let dir = directory("metadata");
    std::fs::write(dir.join("receipts.wasm"), support::plugin_with_receipts()).unwrap();
    for (file, receipts, optional) in [
        ("plugin.wasm", false, "none"),
        ("receipts.wasm", true, "sms-receipts"),
    ] {
        let output = run("metadata", &["inspect", file, "--no-cache", "--json"], "");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            document["metadata"],
            serde_json::json!({
                "id": "m-1", "version": "m-1", "names": {"en": "words"}, "descriptions": {"en": "words"},
                "attributes": {},
            })
        );
        assert_eq!(
            (&document["operations"], &document["receipts"]),
            (&false.into(), &receipts.into())
        );
        let output = run("metadata", &["inspect", file, "--no-cache"], "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("words (m-1 m-1)\n  words\n"), "{text}");
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with("optional"))
            .unwrap();
        assert!(line.ends_with(optional), "{line}");
    }
}
