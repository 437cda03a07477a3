//! The manifest's published schema against the host's reader.
//!
//! A curator checks manifests with the schema, a host with its reader. A looser one would accept manifests that the
//! other refuses. They agree on everything that a schema can express; the exceptions are listed here.

mod trials;

use auth_connector_host::Manifest;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const SCHEMA: &str = include_str!("../docs/manifest.schema.json");

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
});

static TRIALS: LazyLock<Vec<trials::Trial>> = LazyLock::new(trials::all);

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
