//! Manifests as they come from publishers, from mistakes and from attackers.

use super::EXAMPLE as MANIFEST;
use super::*;

/// The manifest that minisign itself signed.
const TOOL_MANIFEST: &[u8] = include_bytes!("../../tests/vectors/minisign/manifest.json");

fn refusal(manifest: &str) -> String {
    let error = Manifest::parse(manifest.as_bytes())
        .unwrap_err()
        .to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn manifest_is_read_with_all_fields() {
    let manifest = Manifest::parse(TOOL_MANIFEST).unwrap();
    assert_eq!(manifest.id, "example-sms");
    assert_eq!(manifest.version, "1.4.0");
    assert_eq!(manifest.contract, CONTRACT);
    assert_eq!(
        (manifest.component.file.as_str(), manifest.component.size),
        ("example_sms.wasm", 4)
    );
    assert_eq!(
        manifest.origins[1].to_string(),
        "https://sms.example.net:8443"
    );
    assert_eq!(
        manifest.limits,
        [(Limit::Compute, 100), (Limit::Requests, 2)]
    );
    assert_eq!(manifest.name.as_deref(), Some("Example SMS"));
    assert_eq!(manifest.description, None);
    assert_eq!(
        manifest.annotations,
        [("source-revision".to_owned(), "0123456789abcdef".to_owned())]
    );
}

#[test]
fn fault_names_its_place_and_expected_value() {
    for (from, to, place, expected) in [
        (
            "\"format\": 1",
            "\"format\": 2",
            "/format",
            "expected was 1. If it is newer, use a newer host",
        ),
        (
            "\"format\": 1,",
            "",
            "/format",
            "missing field `format`. Add it",
        ),
        (
            "\"format\": 1",
            "\"format\": \"1\"",
            "/format",
            "\"1\" is not a format",
        ),
        (
            "example-sms\"",
            "Example SMS\"",
            "/id",
            "\"Example SMS\" is not an id",
        ),
        ("example-sms\"", "a--b\"", "/id", "joined by single"),
        ("1.4.0", "1.4", "/version", "such as 1.4.0"),
        ("1.4.0", "01.4.0", "/version", "such as 1.4.0"),
        (
            "auth:connector@0.1.0",
            "auth:connector",
            "/contract",
            "such as auth:connector@0.1.0",
        ),
        (
            "example_sms.wasm",
            "../example.wasm",
            "/component/file",
            "a file in the manifest's folder",
        ),
        (
            "example_sms.wasm",
            "/etc/passwd",
            "/component/file",
            "a file in the manifest's folder",
        ),
        (
            "example_sms.wasm",
            ".hidden",
            "/component/file",
            "a file in the manifest's folder",
        ),
        (
            "9f86",
            "9F86",
            "/component/sha256",
            "64 lower-case hexadecimal digits",
        ),
        (
            "9f86",
            "",
            "/component/sha256",
            "64 lower-case hexadecimal digits",
        ),
        ("150000", "0", "/component/size", "from 1 to 2097152"),
        ("150000", "2097153", "/component/size", "from 1 to 2097152"),
        (
            "150000",
            "150000.0",
            "/component/size",
            "150000.0, expected was a whole number",
        ),
        (
            "150000",
            "-1",
            "/component/size",
            "-1, expected was a whole number",
        ),
        (
            "150000",
            "\"150000\"",
            "/component/size",
            "expected a JSON number. Correct it",
        ),
        (
            "\"size\": 150000",
            "\"size\": 150000, \"md5\": \"\"",
            "/component/md5",
            "unknown field `md5`, expected one of `file`, `sha256`, `size`. Correct its name",
        ),
        (
            "[\"https://sms.example.com\"]",
            "\"https://sms.example.com\"",
            "/origins",
            "expected a sequence",
        ),
        (
            "https://sms.example.com",
            "https://*.example.com",
            "/origins/0",
            "no wildcards",
        ),
        (
            "https://sms.example.com",
            "https://SMS.example.com/",
            "/origins/0",
            "is written \"https://sms.example.com\"",
        ),
        (
            "https://sms.example.com",
            "https://sms.example.com:443",
            "/origins/0",
            "is written \"https://sms.example.com\"",
        ),
        (
            "https://sms.example.com",
            "sms.example.com",
            "/origins/0",
            "the scheme is missing",
        ),
        (
            "[\"https://sms.example.com\"]",
            "[1]",
            "/origins/0",
            "integer `1`, expected a string",
        ),
        (
            "[\"https://sms.example.com\"]",
            "[\"http://a\", \"http://a\"]",
            "/origins/1",
            "twice",
        ),
        (
            "\"id\"",
            "\"limits\": {\"requests\": 0}, \"id\"",
            "/limits/requests",
            "from 1 to 4294967295",
        ),
        (
            "\"id\"",
            "\"limits\": {\"concurrentCalls\": 1}, \"id\"",
            "/limits/concurrentCalls",
            "expected one of `callTimeoutMs`, `computeMs`",
        ),
        (
            "\"id\"",
            "\"homepage\": \"http://example.com\", \"id\"",
            "/homepage",
            "an https address",
        ),
        (
            "\"id\"",
            "\"name\": \"a\\u202eb\", \"id\"",
            "/name",
            "direction marks",
        ),
        (
            "\"id\"",
            "\"name\": null, \"id\"",
            "/name",
            "null, expected a string",
        ),
        (
            "\"id\"",
            "\"annotations\": {\"A/b~\": \"x\"}, \"id\"",
            "/annotations/A~1b~0",
            "written like an id",
        ),
        (
            "\"id\"",
            "\"annotations\": {\"a\": {}}, \"id\"",
            "/annotations/a",
            "expected a string",
        ),
        (
            "\"id\"",
            "\"annotations\": {\"b\": \"\", \"\\u0062\": \"\"}, \"id\"",
            "/annotations/b",
            "duplicate field `b`",
        ),
        (
            "\"id\"",
            "\"signature\": \"x\", \"id\"",
            "/signature",
            "unknown field `signature`",
        ),
    ] {
        let changed = MANIFEST.replacen(from, to, 1);
        assert_ne!(changed, MANIFEST, "{from}");
        let line = refusal(&changed);
        assert!(
            line.contains(&format!("{place}: ")) && line.contains(expected),
            "{to}: {line}"
        );
    }
}

#[test]
fn config_origins_are_those_of_its_urls() {
    let mut manifest = Manifest::parse(MANIFEST.as_bytes()).unwrap();
    manifest.config_origins = ["/url", "/abroad/urls/0", "/other"]
        .map(str::to_owned)
        .into();
    let of = |config: serde_json::Value| -> Vec<String> {
        let shown = |origin: Result<_, ConfigOriginError>| match origin {
            Ok(origin) => Origin::to_string(&origin),
            Err(error) => error.to_string(),
        };
        let origins = manifest.origins_of_config(&config);
        origins.into_iter().map(shown).collect()
    };
    let both = serde_json::json!({
        "url": "HTTPS://SMS.example.com:443/a?b#c",
        "abroad": {"urls": ["http://127.0.0.1:8080", "https://c"]},
    });
    assert_eq!(
        of(both),
        ["https://sms.example.com", "http://127.0.0.1:8080"]
    );
    let blank = serde_json::json!({"url": " ", "abroad": null, "other": null});
    assert!(of(blank).is_empty());
    for value in [
        "s3cret",
        "ftp://s3cret",
        "https://user:s3cret@a",
        "https://s3cret:0",
        "/s3cret",
        "https://é.s3cret",
    ] {
        let lines = of(serde_json::json!({"other": value}));
        assert!(
            lines[0].starts_with("/other of the config is not a URL"),
            "{lines:?}"
        );
        assert!(
            lines.len() == 1 && !lines[0].contains("s3cret"),
            "{lines:?}"
        );
    }
    let number = of(serde_json::json!({"url": 1}));
    assert!(number[0].contains("it is not a text"), "{number:?}");
}

/// They come at once, and beyond the bound only their number is given.
#[test]
fn all_faults_are_reported_up_to_bound() {
    let changed = MANIFEST
        .replace("example-sms\"", "A\"")
        .replace("1.4.0", "1")
        .replace("150000", "0");
    let line = refusal(&changed);
    for place in ["/id", "/version", "/component/size"] {
        assert!(line.contains(&format!("{place}: ")), "{line}");
    }
    let many: String = (0..60).map(|n| format!("\"a{n}\",")).collect();
    let line = refusal(&MANIFEST.replacen("[\"", &format!("[{many}\""), 1));
    assert!(line.ends_with("; and 55 more"), "{line}");
}

/// Wrong keys, wrong types, absent and repeated keys, and texts without their form.
#[test]
fn faults_of_every_kind_are_told_at_once() {
    let error = Manifest::parse(
        br#"{
            "format": 1, "orgins": [], "id": 7, "version": "1", "version": "2", "limits": {"requests": "2", "more": 1},
            "component": {"file": "a/b", "size": true, "md5": ""}, "origins": [1, "https://a/", "http://b"],
            "configOrigins": "/url", "name": null, "annotations": {"A": "x", "b": 1, "b": 2}
        }"#,
    );
    let error = error.unwrap_err();
    let faults: Vec<_> = error
        .faults()
        .iter()
        .map(|fault| format!("{}: {}", fault.place, fault.message))
        .collect();
    for (fault, expected) in faults.iter().zip([
        "/orgins: unknown field `orgins`, expected one of `$schema`, `format`, `id`",
        "/version: duplicate field `version`. Remove one of them",
        "/id: invalid type: integer `7`, expected a string. Correct it",
        "/version: \"1\" is not a semantic version",
        "/contract: missing field `contract`. Add it",
        "/component/md5: unknown field `md5`, expected one of `file`, `sha256`, `size`. Correct",
        "/component/file: \"a/b\" is not the name of a file",
        "/component/sha256: missing field `sha256`. Add it",
        "/component/size: invalid type: boolean `true`, expected a JSON number. Correct it",
        "/origins/0: invalid type: integer `1`, expected a string",
        "/origins/1: \"https://a/\" is written \"https://a\"",
        "/configOrigins: invalid type: string \"/url\", expected a sequence",
        "/limits/more: unknown field `more`, expected one of `callTimeoutMs`",
        "/limits/requests: invalid type: string \"2\", expected a JSON number",
        "/name: invalid type: null, expected a string",
        "/annotations/b: duplicate field `b`",
        "/annotations/A: the key is not written like an id",
        "/annotations/b: invalid type: integer `1`, expected a string",
    ]) {
        assert!(fault.starts_with(expected), "{fault}\n{expected}");
    }
    assert_eq!(faults.len(), 18, "{faults:#?}");
}

#[test]
fn invalid_json_is_reported_by_line_and_column() {
    for (text, place, what) in [
        ("", "line 1, column 0", "EOF"),
        (
            "{\n  \"format\": 1,\n}",
            "line 3, column 1",
            "trailing comma",
        ),
        ("{} {}", "line 1, column 4", "trailing characters"),
        ("\u{feff}{}", "line 1, column 1", "expected value"),
        (
            "{\"id\": \"a\", \"id\": \"a\"}",
            "/id",
            "duplicate field `id`. Remove one of them",
        ),
    ] {
        let line = refusal(text);
        assert!(
            line.contains(place) && line.contains(what),
            "{text}: {line}"
        );
    }
    assert!(refusal("[]").contains("the whole: \"[]\" is there, expected was an object"));
    let deep = "[".repeat(100_000);
    assert!(refusal(&deep).contains("it has 100000 bytes"));
    let deep = "[".repeat(60_000);
    assert!(refusal(&deep).contains("recursion limit"));
    assert!(Manifest::parse(b"\"\xff\"").is_err());
}

/// One of exactly that size is read.
#[test]
fn manifest_beyond_size_bound_is_refused() {
    let most = usize::try_from(MANIFEST_BYTES).unwrap();
    let padded = |size: usize| format!("{MANIFEST}{}", " ".repeat(size - MANIFEST.len()));
    assert!(Manifest::parse(padded(most).as_bytes()).is_ok());
    assert!(refusal(&padded(most + 1)).contains("expected were at most 65536"));
}

#[test]
fn error_cuts_long_text_and_drops_control_characters() {
    let long = format!("\\u001b[2J{}", "x".repeat(10_000));
    let line = refusal(&MANIFEST.replace("example-sms\"", &format!("{long}\"")));
    assert!(
        line.len() < 500 && line.contains("xxx") && !line.contains('\u{1b}'),
        "{line}"
    );
    let line = refusal(&MANIFEST.replace("\"id\"", &format!("\"{long}\"")));
    assert!(line.len() < 700 && !line.contains('\u{1b}'), "{line}");
}

#[test]
fn versions_are_semantic_ones() {
    for (version, fits) in [
        ("0.0.0", true),
        ("1.2.3-rc.1", true),
        ("1.2.3-0a.x-y+build.007", true),
        ("1.2.3+a-b", true),
        ("9999999999999999999.0.0", true),
        ("10000000000000000000.0.0", false),
        ("1.0.18446744073709551616", false),
        ("1.2.3-18446744073709551616", true),
        ("1.2.3-01", false),
        ("1.2.3-", false),
        ("1.2.3+", false),
        ("1.2.3-a..b", false),
        ("v1.2.3", false),
        ("1.2.3.4", false),
        (" 1.2.3", false),
        ("1.2.3\n", false),
        ("1.2.٣", false),
    ] {
        assert_eq!((text::VERSION.fits)(version), fits, "{version:?}");
    }
}

#[test]
fn names_show_something_and_in_its_order() {
    for (name, fits) in [
        ("短信 Acme", true),
        ("a\u{61c}b", false),
        ("\u{3164}", false),
        ("\u{feff}", false),
        ("\u{ffa0}\u{115f}", false),
    ] {
        assert_eq!((text::NAME.fits)(name), fits, "{name:?}");
    }
}
