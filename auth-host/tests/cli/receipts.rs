//! `callback`, `report`, and the output of `inspect`.

use super::program::{NUMBER, directory, put, run};
use super::support;
use serde_json::Value;

/// Runs a command of `sms-receipts`; gives its exit code and its document.
fn receipts(config: &str, command: &[&str]) -> (i32, Value) {
    let dir = directory("receipts");
    put(&dir.join("receipts.wasm"), support::plugin_with_receipts());
    put(
        &dir.join("body.json"),
        r#"[{"mobile":"13800138000","report":"DELIVRD"}]"#,
    );
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
fn callback_is_read_from_file_with_numbers_masked() {
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

/// The contract leaves receipts to the plugin, so it did nothing wrong.
#[test]
fn receipt_commands_exit_4_when_plugin_lacks_receipts() {
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
        assert_eq!(output.status.code(), Some(4), "{text}");
        assert!(text.contains("sms-receipts"), "{text}");
    }
}

#[test]
fn body_and_config_cannot_both_use_stdin() {
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
    put(&dir.join("receipts.wasm"), support::plugin_with_receipts());
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
