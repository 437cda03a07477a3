//! The manifest's published schema against the host's reader.
//!
//! A curator checks manifests with the schema, a host with its reader. A looser one would accept manifests that the
//! other refuses. They agree on everything that a schema can express; the exceptions are listed here.

use auth_connector_host::Manifest;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const SCHEMA: &str = include_str!("../docs/manifest.schema.json");

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
});

static TRIALS: LazyLock<Vec<(String, Vec<Value>)>> = LazyLock::new(all_trials);

fn valid() -> Value {
    json!({
        "$schema": "manifest.schema.json",
        "format": 1,
        "id": "example-sms",
        "version": "1.4.0",
        "contract": "auth:connector@0.1.0",
        "component": {"file": "example_sms.wasm", "sha256": "0123456789abcdef".repeat(4), "size": 150_000},
        "origins": ["https://sms.example.com"],
        "configOrigins": ["/url"],
        "limits": {"requests": 2},
        "name": "Example", "description": "Sends.", "license": "Apache-2.0", "homepage": "https://example.com",
        "annotations": {"source-revision": "abc"},
    })
}

fn reads(manifest: &Value) -> bool {
    Manifest::parse(manifest.to_string().as_bytes()).is_ok()
}

/// Values for each place, good and bad, at the edges of its form.
fn all_trials() -> Vec<(String, Vec<Value>)> {
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<_>>();
    let long = |count: usize| json!("a".repeat(count));
    let mut ids = texts(&[
        "a", "a.b-c_d9", "0", "", "A", "-a", "a-", "a--b", "a._b", "a b", "é", "a\n", "\na",
    ]);
    ids.extend([long(64), long(65)]);
    let mut versions = texts(&[
        "0.0.0",
        "1.2.3-rc.1",
        "9999999999999999999.0.0",
        "10000000000000000000.0.0",
        "0.0.18446744073709551616",
        "1.2.3-18446744073709551616",
        "1.2.3-0a",
        "1.2.3-a-b.0+x.007",
        "1.2.3+a",
        "1.2",
        "1.2.3.4",
        "01.2.3",
        "1.2.3-01",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-a..b",
        "1.2.3+a+b",
        "v1.2.3",
        "1.2.3 ",
        "1.2.3\n",
        "",
        "1.2.٣",
        "1.2.3-٣",
    ]);
    let padded = |count: usize| json!(format!("1.2.3-{}", "a".repeat(count - 6)));
    versions.extend([padded(64), padded(65)]);
    let mut contracts = texts(&[
        "auth:connector@0.1.0",
        "a-b2:c@1.0.0-rc.1",
        "auth:connector",
        "auth@0.1.0",
        "Auth:connector@0.1.0",
        "auth:connector@0.1",
        "auth:connector/sms@0.1.0",
        "2a:b@0.1.0",
        "a-2:b@0.1.0",
        "a:b:c@0.1.0",
        "a:b@0.1.0@0.1.0",
        "",
    ]);
    let word = |count: usize| json!(format!("{}:b@0.1.0", "a".repeat(count)));
    contracts.extend([word(64), word(65)]);
    let mut files = texts(&[
        "a", "a.wasm", "_a", "9", "A-b_c.d", "", ".a", "-a", "a/b", "..", "a\\b", "a b", "a\u{0}",
        "a\n", "é",
    ]);
    files.extend([long(100), long(101)]);
    let digest = "0123456789abcdef".repeat(4);
    let mut origins: Vec<Value> = [
        "https://a",
        "http://a",
        "https://a.b-c_d.e",
        "https://a:1",
        "https://a:65535",
        "https://a:8443",
        "http://a:443",
        "https://a:80",
        "https://127.0.0.1",
        "https://255.255.255.255:1",
        "https://[::1]",
        "https://[::1]:8443",
        "https://[2001:db8::1]",
        "https://localhost",
        "https://1a.b",
        "https://-a.b",
        "https://_a.b",
        "",
        "a",
        "ftp://a",
        "HTTPS://a",
        "https://A",
        "https://a/",
        "https://a/b",
        "https://a?b",
        "https://a#b",
        "https://a:",
        "https://a:0",
        "https://a:01",
        "https://a:65536",
        "https://a:99999",
        "https://a:443",
        "http://a:80",
        "https://a@b",
        "https://*.a",
        "https://a..b",
        "https://a.",
        "https://.a",
        "https://1.2.3",
        "https://127.1",
        "https://a.1b",
        "https://1.2.3.04",
        "https://256.1.1.1",
        "https://[1.2.3.4]",
        "https://a b",
        " https://a",
        "https://a\n",
        "https://é.com",
        "https://a,b",
    ]
    .iter()
    .map(|origin| json!([origin]))
    .collect();
    let label = |count: usize| json!([format!("https://{}.com", "a".repeat(count))]);
    origins.extend([
        json!([]),
        json!("https://a"),
        json!({}),
        json!(null),
        json!([1]),
        json!([["https://a"]]),
        json!(["https://a", "https://b"]),
        json!(["https://a", "https://a"]),
        label(63),
        label(64),
        (0..64).map(|n| json!(format!("https://a{n}"))).collect(),
        (0..65).map(|n| json!(format!("https://a{n}"))).collect(),
    ]);
    let mut pointers: Vec<Value> = [
        "/url", "/a/b", "/a/0", "/~0", "/~1a", "/}", "", "/", "//", "/a/", "a", "/~", "/~2", "/a~",
        "/a b", "/é", "/a\n", "#/a",
    ]
    .iter()
    .map(|pointer| json!([pointer]))
    .collect();
    let key = |count: usize| json!([format!("/{}", "a".repeat(count - 1))]);
    pointers.extend([
        json!([]),
        json!("/a"),
        json!({}),
        json!(null),
        json!([1]),
        json!(["/a", "/b"]),
        json!(["/a", "/a"]),
        key(200),
        key(201),
        (0..8).map(|n| json!(format!("/a{n}"))).collect(),
        (0..9).map(|n| json!(format!("/a{n}"))).collect(),
    ]);
    let shown = |most: usize| {
        let mut values = texts(&[
            "a",
            "腾讯云",
            "a b",
            "",
            "a\nb",
            "\u{1b}[2J",
            "\u{85}",
            "a\u{202e}b",
            "\u{2028}",
            "\u{2066}",
            "\u{200f}",
            "\u{200d}",
        ]);
        values.extend([json!("é".repeat(most)), json!("é".repeat(most + 1))]);
        values
    };
    let mut homepages = texts(&[
        "https://a",
        "https://example.com/a?b#c",
        "http://a",
        "https://",
        "https://a b",
        "https://é",
        "",
        "javascript:x",
        "https://a\n",
    ]);
    homepages.extend([
        json!(format!("https://{}", "a".repeat(200))),
        json!(format!("https://{}", "a".repeat(201))),
    ]);
    let mut licenses = texts(&[
        "Apache-2.0",
        "(MIT OR Apache-2.0) AND LicenseRef-x:y+",
        "",
        "a\n",
        "a_b",
        "é",
        "MIT/Apache-2.0",
    ]);
    licenses.extend([long(100), long(101)]);
    let limit = || {
        vec![
            json!(1),
            json!(4_294_967_295_u64),
            json!(0),
            json!(4_294_967_296_u64),
            json!(-1),
            json!(1.5),
            json!("1"),
            json!(null),
        ]
    };
    let trials = [
        (
            "/format",
            vec![
                json!(1),
                json!(2),
                json!(0),
                json!("1"),
                json!(null),
                json!([1]),
            ],
        ),
        (
            "/$schema",
            vec![
                long(500),
                long(501),
                json!("é".repeat(500)),
                json!(""),
                json!(1),
            ],
        ),
        ("/id", ids),
        ("/version", versions),
        ("/contract", contracts),
        (
            "/component",
            vec![
                json!({}),
                json!([]),
                json!("x"),
                json!({"file": "a", "size": 1}),
                json!({"file": "a", "size": 1, "sha256": digest, "more": 1}),
            ],
        ),
        ("/component/file", files),
        (
            "/component/sha256",
            vec![
                json!(digest),
                json!(digest.to_uppercase()),
                json!(format!("{digest}0")),
                json!(&digest[1..]),
                json!(format!("{digest}\n")),
                json!("g".repeat(64)),
            ],
        ),
        (
            "/component/size",
            vec![
                json!(1),
                json!(2_097_152),
                json!(0),
                json!(2_097_153),
                json!(-1),
                json!(0.5),
                json!("1"),
                json!(true),
            ],
        ),
        ("/origins", origins),
        ("/configOrigins", pointers),
        (
            "/limits",
            vec![
                json!({}),
                json!([]),
                json!(null),
                json!({"concurrentCalls": 1}),
                json!({"Requests": 1}),
            ],
        ),
        ("/name", shown(100)),
        ("/description", shown(500)),
        ("/license", licenses),
        ("/homepage", homepages),
        (
            "/annotations",
            vec![
                json!({}),
                json!([]),
                json!({"a": 1}),
                json!({"A": "x"}),
                json!({"": "x"}),
                json!({"a/b": "x"}),
                json!({"a~b": "x"}),
                (0..32)
                    .map(|n| (format!("k{n}"), json!("x")))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                (0..33)
                    .map(|n| (format!("k{n}"), json!("x")))
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                json!({"a".repeat(64): "x"}),
                json!({"a".repeat(65): "x"}),
            ],
        ),
        ("/annotations/a", shown(500)),
        ("/extra", vec![json!(1)]),
        ("/Id", vec![json!("a")]),
    ];
    let mut trials: Vec<(String, Vec<Value>)> = trials
        .into_iter()
        .map(|(pointer, values)| (pointer.to_owned(), values))
        .collect();
    for name in [
        "callTimeoutMs",
        "computeMs",
        "memoryBytes",
        "tableElements",
        "handles",
        "requests",
        "requestBodyBytes",
        "responseBodyBytes",
    ] {
        trials.push((format!("/limits/{name}"), limit()));
    }
    trials
}

/// Sets or removes the value at a pointer; its parent exists.
fn set(manifest: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    if let Some(Value::Object(object)) = manifest.pointer_mut(parent) {
        match value {
            Some(value) => object.insert(key.to_owned(), value),
            None => object.remove(key),
        };
    }
}

/// Tries every value at the edges of each form.
#[test]
fn schema_and_reader_agree_on_edge_values() {
    let schema = &*VALIDATOR;
    assert!(schema.is_valid(&valid()) && reads(&valid()));
    let (mut good, mut bad) = (0, 0);
    for (pointer, values) in TRIALS.iter() {
        let mut verdicts = (0, 0);
        for value in values {
            let mut manifest = valid();
            set(&mut manifest, pointer, Some(value.clone()));
            let (by_schema, by_reader) = (schema.is_valid(&manifest), reads(&manifest));
            assert_eq!(
                by_schema,
                by_reader,
                "{pointer} = {value}: {:?}",
                Manifest::parse(manifest.to_string().as_bytes())
            );
            if by_reader {
                verdicts.0 += 1
            } else {
                verdicts.1 += 1
            }
        }
        good += verdicts.0;
        bad += verdicts.1;
        assert!(verdicts.1 > 0, "{pointer} was only tried with good values");
    }
    assert!(good > 60 && bad > 120, "{good} good, {bad} bad");
}

#[test]
fn schema_and_reader_agree_on_what_is_required() {
    let schema = &*VALIDATOR;
    for (pointer, required) in [
        ("/format", true),
        ("/id", true),
        ("/version", true),
        ("/contract", true),
        ("/component", true),
        ("/origins", true),
        ("/component/file", true),
        ("/component/sha256", true),
        ("/component/size", true),
        ("/$schema", false),
        ("/configOrigins", false),
        ("/limits", false),
        ("/name", false),
        ("/description", false),
        ("/license", false),
        ("/homepage", false),
        ("/annotations", false),
        ("/limits/requests", false),
    ] {
        let mut manifest = valid();
        set(&mut manifest, pointer, None);
        assert_eq!(
            schema.is_valid(&manifest),
            !required,
            "{pointer} by the schema"
        );
        assert_eq!(reads(&manifest), !required, "{pointer} by the reader");
    }
    for whole in [json!(null), json!([]), json!("x"), json!(1), json!({})] {
        assert!(!schema.is_valid(&whole) && !reads(&whole), "{whole}");
    }
}

/// The schema's description lists these cases.
#[test]
fn reader_refuses_what_schema_cannot_express() {
    let schema = &*VALIDATOR;
    let refused_by_the_reader_alone = [
        // Numbers that JSON Schema calls integers.
        valid().to_string().replace("150000", "150000.0"),
        valid().to_string().replace("150000", "1.5e5"),
        // Keys twice.
        valid()
            .to_string()
            .replacen("\"id\":", "\"id\":\"example-sms\",\"id\":", 1),
        // Another spelling of an address, and no address at all.
        valid()
            .to_string()
            .replace("sms.example.com", "[0:0:0:0:0:0:0:1]"),
        valid().to_string().replace("sms.example.com", "[:::::]"),
        // A name that is too long as a whole.
        valid()
            .to_string()
            .replace("sms.example.com", &vec!["a".repeat(63); 4].join(".")),
        // Too many bytes.
        format!("{}{}", valid(), " ".repeat(65_536)),
    ];
    for text in refused_by_the_reader_alone {
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(schema.is_valid(&value), "{text}");
        assert!(Manifest::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn schema_is_valid_and_describes_every_key() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let described = |properties: &Value| {
        for (name, property) in properties.as_object().unwrap() {
            assert!(property["description"].is_string(), "{name}");
        }
    };
    for pointer in [
        "/properties",
        "/properties/component/properties",
        "/properties/limits/properties",
    ] {
        described(schema.pointer(pointer).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Several places changed at once.
    #[test]
    fn schema_and_reader_agree_on_several_changes(picks in prop::collection::vec((0..1000_usize, 0..1000_usize), 1..5)) {
        let mut manifest = valid();
        for (place, value) in picks {
            let (pointer, values) = &TRIALS[place % TRIALS.len()];
            set(&mut manifest, pointer, Some(values[value % values.len()].clone()));
        }
        prop_assert_eq!(VALIDATOR.is_valid(&manifest), reads(&manifest), "{}", manifest);
    }

    #[test]
    fn reader_answers_any_bytes_in_one_line(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = Manifest::parse(&bytes) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
