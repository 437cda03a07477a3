//! The guard's JSON Schema and the connector's own validation judge the same configs, and agree.
//!
//! The schema's side is a validator that nobody here wrote. The configs are generated, the same ones in every run:
//! a config that works, and some of its values replaced, most of them at the edge of a rule.

use crate::support::{INTERNATIONAL, MAINLAND, config, host, load, to_config};
use auth_connector_host::{Diagnostic, Message, Plugin, Severity};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

const CASES: u32 = 4_000;

/// Rules that a schema cannot say, by where they are found and their code. Nothing else may be refused by the
/// connector and accepted by the schema.
const BEYOND_A_SCHEMA: [(&str, &str, &str); 8] = [
    (
        "/endpoint",
        "malformed",
        "which addresses a secret may be sent to",
    ),
    ("/international/endpoint", "malformed", "the same"),
    (
        "/international/accessKeyId",
        "required",
        "credentials come together, and blank ones count as absent",
    ),
    ("/international/accessKeySecret", "required", "the same"),
    (
        "/allowedCountries/",
        "malformed",
        "which calling codes the ITU has assigned",
    ),
    ("/deniedCountries/", "malformed", "the same"),
    ("/signName", "malformed", "a length in bytes of UTF-8"),
    (
        "/templates/",
        "unusable-parameter",
        "which texts can become 1 to 6 digits",
    ),
];

fn beyond_a_schema(finding: &Diagnostic) -> bool {
    BEYOND_A_SCHEMA.iter().any(|(pointer, code, _)| {
        let there = if pointer.ends_with('/') {
            finding.pointer.starts_with(pointer)
        } else {
            finding.pointer == *pointer
        };
        there && finding.code == *code
    })
}

/// Texts at the edges of the rules for texts.
fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![
            "",
            " ",
            "\t\n",
            "<>",
            "<x>",
            " <template-code> ",
            "<",
            ">",
            "<a",
            "a>",
            "a<b>",
            "<a>b",
            "0",
            "7",
            "1110000",
            " 1110000 ",
            "11 10",
            "12a",
            "-1",
            "+86",
            "86",
            "1876",
            "999",
            "0086",
            "ap-guangzhou",
            "AP_guangzhou",
            "sms.tencentcloudapi.com",
            "https://sms.intl.tencentcloudapi.com/",
            "http://127.0.0.1:8080",
            "https://example.com",
            "http://sms.tencentcloudapi.com",
            "en-US",
            "zh-CN",
            "zh-cn",
            "en",
            "notice",
            "verification",
            "Notice",
            "SignIn",
            "Register",
            "ForgotPassword",
            "Generic",
            "signin",
            "BindMfa",
            "a/b",
            "a,b",
            "a b",
            "a\u{a0}b",
            "\u{817e}\u{8baf}\u{4e91}",
            "\u{ff11}\u{ff12}",
            "{{code}}",
            "{{expires}}",
            "a\nb",
            "\u{7f}",
            "~!+-.",
            "null",
            "1.0",
        ])
        .prop_map(Value::from),
        (1usize..40, prop::sample::select(vec!["1", "a", "\u{4e91}"]))
            .prop_map(|(times, of)| Value::from(of.repeat(times))),
        (250usize..260, prop::sample::select(vec!["1", "a"]))
            .prop_map(|(times, of)| Value::from(of.repeat(times))),
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text(),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        2 => prop::sample::select(vec![
            json!(0), json!(1), json!(-1), json!(86), json!(8000), json!(1110000), json!(1.5), json!(u64::MAX),
            json!(999_999_999), json!(1_000_000_000), json!(999_999_999_999_u64), json!(1_000_000_000_000_u64),
            json!(4_294_967_296_u64), json!(5.0), json!(1e10),
        ]),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        let key = prop::sample::select(vec![
            "mainland",
            "international",
            "sdkAppId",
            "signName",
            "senderId",
            "region",
            "endpoint",
            "accessKeyId",
            "accessKeySecret",
            "sessionToken",
            "usageType",
            "templateCode",
            "params",
            "locale",
            "kind",
            "other",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

/// A change to one place of a config.
#[derive(Clone, Debug)]
enum Change {
    Set(&'static str, Value),
    Remove(&'static str),
    /// Every template gets this code.
    Codes(Value),
    AddTemplate(Value),
    RemoveTemplate(usize),
    SetInTemplate(usize, &'static str, Value),
    SetAbroad(&'static str, Value),
    Countries(&'static str, Vec<Value>),
}

fn change() -> impl Strategy<Value = Change> {
    let key = prop::sample::select(vec![
        "accessKeyId",
        "accessKeySecret",
        "signName",
        "sdkAppId",
        "region",
        "templates",
        "international",
        "allowedCountries",
        "deniedCountries",
        "language",
        "extendCode",
        "sessionToken",
        "endpoint",
        "timeoutMs",
        "acceptWithoutEcho",
        "unknown",
    ]);
    let of_a_template = prop::sample::select(vec![
        "usageType",
        "templateCode",
        "params",
        "locale",
        "kind",
    ]);
    let abroad = prop::sample::select(vec![
        "sdkAppId",
        "signName",
        "senderId",
        "region",
        "endpoint",
        "accessKeyId",
        "accessKeySecret",
        "sessionToken",
    ]);
    let codes = prop_oneof![
        Just(json!({"international": "1110002"})),
        Just(json!({"international": "1110002", "mainland": "<x>"})),
        Just(json!({"mainland": 1110000})),
        anything(),
    ];
    prop_oneof![
        3 => (key.clone(), anything()).prop_map(|(key, value)| Change::Set(key, value)),
        1 => key.prop_map(Change::Remove),
        1 => codes.prop_map(Change::Codes),
        1 => (text(), anything()).prop_map(|(usage, code)| Change::AddTemplate(json!({"usageType": usage, "templateCode": code}))),
        1 => (0usize..4).prop_map(Change::RemoveTemplate),
        3 => (0usize..4, of_a_template, anything()).prop_map(|(index, key, value)| Change::SetInTemplate(index, key, value)),
        2 => (abroad, anything()).prop_map(|(key, value)| Change::SetAbroad(key, value)),
        1 => (prop::sample::select(vec!["allowedCountries", "deniedCountries"]), prop::collection::vec(anything(), 0..3))
            .prop_map(|(key, entries)| Change::Countries(key, entries)),
    ]
}

fn changed(changes: Vec<Change>) -> Value {
    let mut config = config(None);
    for change in changes {
        let templates = config["templates"].as_array_mut();
        match change {
            Change::Set(key, value) => config[key] = value,
            Change::Remove(key) => drop(config.as_object_mut().map(|config| config.remove(key))),
            Change::Codes(code) => {
                for template in templates
                    .into_iter()
                    .flatten()
                    .filter(|entry| entry.is_object())
                {
                    template["templateCode"] = code.clone();
                }
            }
            Change::AddTemplate(entry) => drop(templates.map(|templates| templates.push(entry))),
            Change::RemoveTemplate(index) => {
                if let Some(templates) = templates.filter(|templates| index < templates.len()) {
                    templates.remove(index);
                }
            }
            Change::SetInTemplate(index, key, value) => {
                let template = templates.and_then(|templates| templates.get_mut(index));
                if let Some(template) = template.filter(|entry| entry.is_object()) {
                    template[key] = value;
                }
            }
            Change::SetAbroad(key, value) => {
                if !config["international"].is_object() {
                    config["international"] = json!({});
                }
                config["international"][key] = value;
            }
            Change::Countries(key, entries) => config[key] = entries.into(),
        }
    }
    config
}

struct Judges {
    schema: Validator,
    plugin: Plugin,
    runtime: tokio::runtime::Runtime,
}

impl Judges {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let plugin = load(host());
        let guard = runtime.block_on(plugin.get_config_guard(&[])).unwrap();
        let schema: Value = serde_json::from_str(&guard.json_schema).unwrap();
        assert!(
            jsonschema::meta::is_valid(&schema),
            "the schema follows its own meta-schema"
        );
        Self {
            schema: jsonschema::validator_for(&schema).unwrap(),
            plugin,
            runtime,
        }
    }

    /// What the schema says, and the errors that the connector finds.
    fn judge(&self, config: &Value) -> (bool, Vec<Diagnostic>) {
        let findings = self
            .runtime
            .block_on(self.plugin.validate_config(&to_config(config), &[]))
            .unwrap();
        let errors = findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error);
        (self.schema.is_valid(config), errors.collect())
    }
}

#[test]
fn schema_and_validation_agree_on_generated_configs() {
    let judges = Judges::new();
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let settings = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(settings, seed);
    let tally = std::cell::Cell::new((0, 0, 0));
    runner
        .run(&prop::collection::vec(change(), 0..4), |changes| {
            let config = changed(changes);
            let (by_schema, errors) = judges.judge(&config);
            let (mut both, mut neither, mut beyond) = tally.get();
            match (by_schema, errors.is_empty()) {
                (true, true) => both += 1,
                (false, false) => neither += 1,
                (true, false) => {
                    prop_assert!(
                        errors.iter().all(beyond_a_schema),
                        "the schema accepts {config}, but: {errors:?}"
                    );
                    beyond += 1;
                }
                (false, true) => prop_assert!(
                    false,
                    "the connector accepts {config}, and the schema does not"
                ),
            }
            tally.set((both, neither, beyond));
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let (both, neither, beyond) = tally.get();
    println!("{both} accepted by both, {neither} by neither, {beyond} by the schema alone");
    // Generated configs that all fall on one side would show nothing.
    assert!(
        both > CASES / 10 && neither > CASES / 10 && beyond > 0,
        "{both} {neither} {beyond}"
    );
}

#[test]
fn rule_beyond_a_schema_has_its_config() {
    let judges = Judges::new();
    for (pointer, _, _) in BEYOND_A_SCHEMA {
        let mut config = config(None);
        match pointer {
            "/endpoint" => config["endpoint"] = "https://example.com".into(),
            "/international/endpoint" => {
                config["international"] = json!({"endpoint": "https://example.com"})
            }
            "/international/accessKeyId" => {
                config["international"] = json!({"accessKeySecret": "key"})
            }
            "/international/accessKeySecret" => {
                config["international"] = json!({"accessKeyId": "id"})
            }
            "/allowedCountries/" => config["allowedCountries"] = json!(["999"]),
            "/deniedCountries/" => config["deniedCountries"] = json!([999]),
            "/signName" => config["signName"] = "\u{4e91}".repeat(86).into(),
            "/templates/" => config["templates"][0]["params"] = json!(["{{code}}!"]),
            other => panic!("{other} has no example"),
        }
        let (by_schema, errors) = judges.judge(&config);
        assert!(
            by_schema && errors.len() == 1,
            "{pointer}: {by_schema} {errors:?}"
        );
        assert!(errors[0].pointer.starts_with(pointer), "{errors:?}");
    }
}

/// JSON Schema knows no repeated keys, and calls `1e17` a whole number, which neighbours share as a float.
#[tokio::test]
async fn rules_of_the_text_are_left_to_validation() {
    let plugin = load(host());
    let text = config(None).to_string();
    for (from, to, code) in [
        (
            "\"sdkAppId\":\"1400006666\"",
            "\"sdkAppId\":1e17",
            "wrong-type",
        ),
        (
            "\"sdkAppId\":",
            "\"sdkAppId\":\"1\",\"sdkAppId\":",
            "repeated-key",
        ),
    ] {
        assert!(text.contains(from));
        let config = auth_connector_host::Config::new(text.replacen(from, to, 1));
        let findings = plugin.validate_config(&config, &[]).await.unwrap();
        let codes: Vec<&str> = findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(codes, [code]);
    }
}

/// Values that forms post for a field that nobody filled in, whatever the field's type.
fn blanks() -> [Value; 5] {
    [json!(null), json!(""), json!(" \t"), json!([]), json!({})]
}

/// The optional places of a config, from the schema itself: those of the top level, of the block for international
/// numbers, and of each template.
fn optional_places(schema: &Value) -> Vec<String> {
    let required = |of: &Value| of["required"].as_array().cloned().unwrap_or_default();
    let keys = |of: &Value| -> Vec<String> {
        of["properties"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let mut places = Vec::new();
    let mut add = |before: &str, of: &Value, kept: &[&str]| {
        for key in keys(of) {
            if !required(of).contains(&json!(key)) && !kept.contains(&key.as_str()) {
                places.push(format!("{before}{key}"));
            }
        }
    };
    // A signature is optional where all templates are for international numbers, which has a test of its own.
    add("/", schema, &["signName"]);
    let properties = &schema["properties"];
    // An optional field is either absent or what its own schema says.
    add(
        "/international/",
        &properties["international"]["anyOf"][1],
        &[],
    );
    add("/templates/0/", &properties["templates"]["items"], &[]);
    places
}

/// A config in which every optional place has an object around it.
fn with_places() -> Value {
    let mut config = config(None);
    config["international"] = json!({"sdkAppId": "2400006666"});
    config
}

fn set(config: &mut Value, place: &str, value: Value) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[key] = value;
}

fn removed(mut config: Value, place: &str) -> Value {
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = config.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(key);
    config
}

/// Schema and validation accept it, nothing is found that the same config without the field lacks, and the messages
/// are the same, on both routes.
#[test]
fn a_blank_optional_field_is_as_if_absent() {
    let judges = Judges::new();
    let seen = |config: &Value| {
        judges.runtime.block_on(async {
            let to = to_config(config);
            let findings = judges.plugin.validate_config(&to, &[]).await.unwrap();
            let mut seen = vec![format!("{findings:?}")];
            for number in [MAINLAND, INTERNATIONAL] {
                let message = Message::code(number, "SignIn", "123456");
                let preview = judges.plugin.preview_message(&to, &message).await.unwrap();
                seen.push(preview.parameters.join("|"));
                seen.push(format!("{preview:?}"));
            }
            seen
        })
    };
    let schema = judges.runtime.block_on(judges.plugin.get_config_guard(&[]));
    let schema: Value = serde_json::from_str(&schema.unwrap().json_schema).unwrap();
    let places = optional_places(&schema);
    for known in [
        "/timeoutMs",
        "/deniedCountries",
        "/international",
        "/international/senderId",
        "/templates/0/params",
        "/templates/0/kind",
    ] {
        assert!(places.iter().any(|place| place == known), "{places:?}");
    }
    for place in &places {
        let absent = seen(&removed(with_places(), place));
        for blank in blanks() {
            let mut config = with_places();
            set(&mut config, place, blank.clone());
            let (by_schema, errors) = judges.judge(&config);
            assert!(
                by_schema && errors.is_empty(),
                "{place} {blank}: {by_schema} {errors:?}"
            );
            assert_eq!(seen(&config), absent, "{place} {blank}");
        }
    }
}

#[test]
fn all_optional_fields_blank_at_once_are_accepted() {
    let judges = Judges::new();
    let guard = judges.runtime.block_on(judges.plugin.get_config_guard(&[]));
    let schema: Value = serde_json::from_str(&guard.unwrap().json_schema).unwrap();
    let places = optional_places(&schema);
    for blank in blanks() {
        let mut config = with_places();
        for place in places.iter().filter(|place| *place != "/international") {
            set(&mut config, place, blank.clone());
        }
        let (by_schema, errors) = judges.judge(&config);
        assert!(
            by_schema && errors.is_empty(),
            "{blank}: {by_schema} {errors:?}"
        );
    }
}

/// It counts as absent.
#[test]
fn blank_signature_passes_without_mainland_template() {
    let judges = Judges::new();
    for blank in blanks() {
        let mut abroad = config(None);
        for template in abroad["templates"].as_array_mut().unwrap() {
            template["templateCode"] =
                json!({"mainland": blank.clone(), "international": "1110002"});
        }
        abroad["signName"] = blank.clone();
        let (by_schema, errors) = judges.judge(&abroad);
        assert!(by_schema && errors.is_empty(), "{blank}: {errors:?}");
        let mut mainland = config(None);
        mainland["signName"] = blank.clone();
        let (by_schema, errors) = judges.judge(&mainland);
        assert!(!by_schema && errors.len() == 1, "{blank}: {errors:?}");
        assert_eq!(errors[0].pointer, "/signName");
    }
}

#[test]
fn blank_required_field_is_reported_at_its_place() {
    let judges = Judges::new();
    for place in [
        "/accessKeyId",
        "/accessKeySecret",
        "/sdkAppId",
        "/region",
        "/templates",
        "/templates/0/templateCode",
    ] {
        for blank in blanks() {
            let mut config = config(None);
            set(&mut config, place, blank.clone());
            let (by_schema, errors) = judges.judge(&config);
            assert!(!by_schema, "{place} {blank}");
            assert!(
                errors.iter().any(|error| error.pointer == place),
                "{place} {blank}: {errors:?}"
            );
        }
    }
}

/// Only what says nothing is blank: a value of the wrong type that says something is not.
#[test]
fn wrong_non_blank_value_stays_an_error() {
    let judges = Judges::new();
    for (place, value) in [
        ("/allowedCountries", json!({"86": true})),
        ("/allowedCountries", json!([""])),
        ("/allowedCountries", json!([{}])),
        ("/deniedCountries", json!([null])),
        ("/deniedCountries", json!("86")),
        ("/timeoutMs", json!("5000")),
        ("/timeoutMs", json!(0)),
        ("/timeoutMs", json!(false)),
        ("/language", json!(["en-US"])),
        ("/endpoint", json!({"host": "sms.tencentcloudapi.com"})),
        ("/extendCode", json!([1])),
        ("/international", json!([{}])),
        ("/international", json!("{}")),
        ("/international/senderId", json!([""])),
        ("/templates/0/params", json!({"0": "{{code}}"})),
        ("/templates/0/kind", json!(["notice"])),
        ("/templates/0/locale", json!({"en": "en"})),
        ("/templates/0/templateCode/mainland", json!(["1110000"])),
    ] {
        let mut config = with_places();
        set(&mut config, place, value.clone());
        let (by_schema, errors) = judges.judge(&config);
        assert!(
            !by_schema && !errors.is_empty(),
            "{place} {value}: {by_schema}"
        );
        assert!(
            errors.iter().all(|error| error.pointer.starts_with(place)),
            "{place}: {errors:?}"
        );
    }
}

#[test]
fn each_json_form_item_has_a_default() {
    let judges = Judges::new();
    let guard = judges.runtime.block_on(judges.plugin.get_config_guard(&[]));
    let form: Value = serde_json::from_str(&guard.unwrap().form_json).unwrap();
    let mut config = config(None);
    let mut items = 0;
    for item in form.as_array().unwrap() {
        if item["type"] == "Json" {
            let value = &item["defaultValue"];
            assert!(value.is_array() || value.is_object(), "{}", item["key"]);
            if item["required"] != true {
                config[item["key"].as_str().unwrap()] = value.clone();
                items += 1;
            }
        }
    }
    assert_eq!(items, 3);
    // A form that nobody typed into is no reason to refuse the config.
    let (by_schema, errors) = judges.judge(&config);
    assert!(by_schema && errors.is_empty(), "{errors:?}");
}
