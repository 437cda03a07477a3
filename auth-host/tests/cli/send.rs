//! Outcomes of a send: exit codes, fields, destinations, the compile cache.

use super::program::{NUMBER, directory, run, send};
use super::support;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn send_outcomes_differ_in_exit_code_not_fields() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let authority = runtime.block_on(support::server(support::OK));
    let allow = format!("http://{authority}");
    let mut fields = Vec::new();
    for (config, code, outcome, source, kind) in [
        (
            format!("f{authority}"),
            0,
            "accepted",
            "connector",
            Value::Null,
        ),
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
fn refused_component_explains_why_in_one_line() {
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
fn send_without_trusted_authority_names_remedy() {
    let dir = directory("roots");
    for more in [&[][..], &["--report"], &["--json"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_auth-host"))
            .current_dir(&dir)
            .args(["send", "secure.wasm", "--no-cache", "--config", "-"])
            .args(["--to", NUMBER, "--allow", "https://127.0.0.1:1"])
            .args(more)
            // The path at which the system's roots are expected.
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
