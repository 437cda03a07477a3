//! The guard's JSON Schema and the connector's own validation, which judge the same configs and must agree.
//!
//! The schema is checked by an independent validator. The configs are generated, the same ones in every run: a valid
//! config with some of its values replaced, most of them at the edge of a rule.

mod blanks;

use crate::support::{config, host, load, to_config};
use auth_connector_host::{Diagnostic, Plugin, Severity};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

const CASES: u32 = 4_000;

/// Rules that a schema cannot express, by place and code. Nothing else may be refused by the connector and accepted by
/// the schema.
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
            "none",
            "<params>",
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
            json!(4_294_967_296_u64), json!(5.0), json!(1e10), json!(1e20),
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

struct Validators {
    schema: Validator,
    plugin: Plugin,
    runtime: tokio::runtime::Runtime,
}

impl Validators {
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

    /// Returns whether the schema accepts a config, and the connector's errors.
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
    let validators = Validators::new();
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
            let (by_schema, errors) = validators.judge(&config);
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
    // The test would show nothing if all configs gave the same result.
    assert!(
        both > CASES / 10 && neither > CASES / 10 && beyond > 0,
        "{both} {neither} {beyond}"
    );
}

#[test]
fn rule_beyond_a_schema_has_its_config() {
    let validators = Validators::new();
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
        let (by_schema, errors) = validators.judge(&config);
        assert!(
            by_schema && errors.len() == 1,
            "{pointer}: {by_schema} {errors:?}"
        );
        assert!(errors[0].pointer.starts_with(pointer), "{errors:?}");
    }
}

/// JSON Schema does not detect repeated keys, and accepts `1e17` as an integer, which neighbours share as a float.
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
