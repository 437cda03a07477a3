//! The program among signals, proxies, environment variables and folders that cannot be written.

use super::program::{NUMBER, directory};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

/// The program in a folder, with no proxy and no config of the machine's own.
fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auth-host"));
    command
        .current_dir(directory(name))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for variable in ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(variable);
    }
    command
}

fn finish(mut command: Command, config: &str) -> Output {
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(config.as_bytes());
    child.wait_with_output().unwrap()
}

const SEND: [&str; 7] = [
    "send",
    "plugin.wasm",
    "--no-cache",
    "--config",
    "-",
    "--to",
    NUMBER,
];

fn send_with(more: &[&str]) -> Vec<&'static str> {
    let more = more.iter().map(|word| &*word.to_string().leak());
    SEND.into_iter().chain(more).collect()
}

/// The provider took the whole request and has not answered when the signal comes.
#[cfg(unix)]
#[test]
fn signal_during_a_send_prints_unknown() {
    for (signal, name, json) in [
        ("-TERM", "SIGTERM", true),
        ("-INT", "SIGINT", true),
        ("-TERM", "SIGTERM", false),
    ] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", server.local_addr().unwrap());
        let mut arguments = send_with(&["--allow", &origin]);
        if json {
            arguments.push("--json");
        }
        let mut child = program("signals", &arguments).spawn().unwrap();
        let config = format!("f{}", server.local_addr().unwrap());
        let mut input = child.stdin.take().unwrap();
        input.write_all(config.as_bytes()).unwrap();
        drop(input);
        server.set_nonblocking(true).unwrap();
        let mut connection = loop {
            match server.accept() {
                Ok((connection, _)) => break connection,
                Err(_) => assert!(child.try_wait().unwrap().is_none(), "it ended early"),
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        connection.set_nonblocking(false).unwrap();
        assert!(connection.read(&mut [0; 1024]).unwrap() > 0);
        let killed = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(
            text.contains(name) && text.contains("auth-host find"),
            "{text}"
        );
        assert!(!text.contains("13800138000"), "{text}");
        if json {
            let document: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(document["outcome"], "unknown");
            assert_eq!(document["source"], "host");
            assert_eq!(document["attributes"]["host-fault"], "interrupted");
        } else {
            assert!(text.starts_with("Unknown whether it was sent"), "{text}");
        }
    }
}

/// A file is at the path where the folder should be made, which fails for every user.
#[test]
fn unwritable_default_cache_only_warns() {
    let blocked = directory("cache-blocked").join("file");
    std::fs::write(&blocked, "").unwrap();
    let uncached = send_with(&["--allow", "http://127.0.0.1:1"]);
    let mut command = program("cache-blocked", &uncached);
    command.env("XDG_CACHE_HOME", &blocked);
    let arguments: Vec<_> = uncached
        .into_iter()
        .filter(|word| *word != "--no-cache")
        .collect();
    let mut cached = program("cache-blocked", &arguments);
    cached.env("XDG_CACHE_HOME", &blocked);
    let output = finish(cached, "a");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("warning") && said.contains("--no-cache"),
        "{said}"
    );
    // Without a cache there is no warning.
    assert!(finish(command, "a").stderr.is_empty());
    // A folder that was named is not replaced by none.
    let named = blocked.join("named");
    let explicit = [&arguments[..], &["--cache-dir", named.to_str().unwrap()]].concat();
    let output = finish(program("cache-blocked", &explicit), "a");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("--no-cache"), "{said}");
}

/// A server that notes the first line that each client sends.
fn proxy() -> (u16, std::sync::mpsc::Receiver<String>) {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let (lines, noted) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for connection in server.incoming().take(8) {
            let mut connection = connection.unwrap();
            let mut bytes = [0; 1024];
            let read = connection.read(&mut bytes).unwrap_or(0);
            let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let _ = lines.send(text.lines().next().unwrap_or_default().to_owned());
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (port, noted)
}

#[test]
fn https_proxy_of_the_environment_is_used() {
    let (port, noted) = proxy();
    let arguments = send_with(&["--allow", "https://sms.invalid"]);
    let arguments: Vec<_> = arguments
        .iter()
        .map(|word| {
            if *word == "plugin.wasm" {
                "secure.wasm"
            } else {
                word
            }
        })
        .collect();
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let mut command = program("proxy", &arguments);
        command.env(variable, format!("http://127.0.0.1:{port}"));
        let output = finish(command, "fsms.invalid");
        assert_eq!(output.status.code(), Some(3));
        let noted = noted.recv_timeout(std::time::Duration::from_secs(20));
        assert_eq!(noted.unwrap(), "CONNECT sms.invalid:443 HTTP/1.1");
    }
    for list in ["sms.invalid", "other.test, .invalid", "*"] {
        let mut command = program("proxy", &arguments);
        command
            .env("HTTPS_PROXY", format!("http://127.0.0.1:{port}"))
            .env("NO_PROXY", list);
        assert_eq!(finish(command, "fsms.invalid").status.code(), Some(3));
        assert!(noted.try_recv().is_err(), "{list}");
    }
    let mut command = program("proxy", &arguments);
    command.env("HTTPS_PROXY", "socks5://user:hunter2@127.0.0.1");
    let output = finish(command, "fsms.invalid");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("HTTPS_PROXY") && !said.contains("hunter2"),
        "{said}"
    );
}

#[test]
fn origin_without_scheme_is_refused_with_example() {
    for origin in [
        "sms.example.com",
        "sms.example.com:443",
        "//sms.example.com",
        "127.0.0.1:8080",
    ] {
        let output = finish(program("scheme", &send_with(&["--allow", origin])), "a");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{origin}: {said}");
        assert!(said.contains("https://sms.example.com"), "{origin}: {said}");
        assert!(said.contains(origin), "{origin}: {said}");
    }
}

#[test]
fn digest_with_its_algorithm_is_taken() {
    let inspect = |digest: &str| {
        let arguments = [
            "inspect",
            "plugin.wasm",
            "--no-cache",
            "--json",
            "--sha256",
            digest,
        ];
        finish(program("digest", &arguments), "")
    };
    let wrong = inspect(&format!("sha256:{}", "0".repeat(64)));
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(5), "{said}");
    let arguments = ["inspect", "plugin.wasm", "--no-cache", "--json"];
    let document: Value =
        serde_json::from_slice(&finish(program("digest", &arguments), "").stdout).unwrap();
    let digest = document["sha256"].as_str().unwrap();
    for digest in [
        digest.to_owned(),
        format!("sha256:{digest}"),
        format!("SHA256:{digest}"),
    ] {
        assert_eq!(inspect(&digest).status.code(), Some(0), "{digest}");
    }
    for digest in ["sha256:", "sha512:00", "sha256:sha256:00"] {
        assert_eq!(inspect(digest).status.code(), Some(2), "{digest}");
    }
}

/// The test connector shows nothing of its config, so errors report how far the value came.
#[test]
fn json_from_the_environment_needs_its_prefix() {
    let config = json!({ "timeoutMs": 1, "list": [] }).to_string();
    for (overlay, value, code, words) in [
        ("/timeoutMs=json:VALUE", "5000", None, ""),
        ("/list=json:VALUE", r#"["US", 86]"#, None, ""),
        ("/list/0=json:VALUE", "1", Some(2), "no place"),
        ("/timeoutMs=VALUE", "5000", None, ""),
        (
            "/timeoutMs=json:VALUE",
            "5 000",
            Some(2),
            "not JSON at line 1, column 3",
        ),
        ("/timeoutMs=json:VALUE", "", Some(2), "not JSON"),
        ("/timeoutMs=json:OTHER", "", Some(2), "not set"),
        ("/timeoutMs=json:", "", Some(2), "POINTER=json:NAME"),
        ("/timeoutMs=yaml:VALUE", "", Some(2), "POINTER=json:NAME"),
    ] {
        let arguments = send_with(&["--set-from-env", overlay]);
        let mut command = program("json", &arguments);
        command.env("VALUE", value);
        let output = finish(command, &config);
        let said = String::from_utf8(output.stderr).unwrap();
        match code {
            Some(code) => assert_eq!(output.status.code(), Some(code), "{overlay}: {said}"),
            None => assert_ne!(output.status.code(), Some(2), "{overlay}: {said}"),
        }
        assert!(said.contains(words), "{overlay}: {said}");
    }
}
