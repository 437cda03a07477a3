//! Configs: accepted forms, and the finding for each that is not.

use connector_kit::config::{Place, Reader};
use connector_kit::connector::{preview_message, validate_config};
use connector_kit::contract::{Diagnostic, FailureKind, Severity};
use connector_kit::json;
use connector_kit::text::Language;
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::message;
use connector_kit::phone::PhoneNumber;

mod extensions;
mod findings;
mod guard;
mod mistakes;
mod templates;

/// A config that Logto's connector accepts and that works there.
fn logto() -> Value {
    json!({
        "accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "accessKeySecret": "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        "signName": "\u{817e}\u{8baf}\u{4e91}",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "templates": [
            {"usageType": "SignIn", "templateCode": "1110000"},
            {"usageType": "Register", "templateCode": "1110000"},
            {"usageType": "ForgotPassword", "templateCode": "1110000"},
            {"usageType": "Generic", "templateCode": "1110000"},
        ],
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut config = logto();
    match config.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            config.pointer_mut(parent).unwrap()[key] = value;
        }
    }
    config
}

fn without(key: &str) -> Value {
    let mut config = logto();
    config.as_object_mut().unwrap().remove(key);
    config
}

fn one(pointer: &str, code: &'static str, error: bool) -> Vec<Found> {
    vec![(pointer.into(), code, error)]
}

fn with_entry(entry: Value) -> Value {
    let mut config = logto();
    config["templates"].as_array_mut().unwrap().push(entry);
    config
}

/// Pointer, code and whether it is an error.
type Found = (String, &'static str, bool);

fn diagnostics(text: &str, language: Language) -> Vec<Diagnostic> {
    validate_config::<TencentSms>(text, language)
}

/// Every finding. A config can be used exactly when none is an error.
fn findings_of(text: &str) -> Vec<Found> {
    let found: Vec<Found> = diagnostics(text, Language::English)
        .into_iter()
        .map(|found| {
            let is_error = found.severity == Severity::Error;
            // Leaked, so that tests can compare with literals.
            (found.pointer, &*found.code.leak(), is_error)
        })
        .collect();
    let has_error = found.iter().any(|(_, _, is_error)| *is_error);
    let preview = preview_message::<TencentSms>(text, &message());
    let is_refused = preview.is_err_and(|failure| failure.kind == FailureKind::InvalidConfig);
    assert_eq!(is_refused, has_error, "{found:?}");
    found
}

fn findings(config: &Value) -> Vec<Found> {
    findings_of(&config.to_string())
}

/// Reads a config that has no error.
fn read_config<T>(config: &Value, then: impl FnOnce(&Config<'_>) -> T) -> T {
    let text = config.to_string();
    let document = json::parse(&text).unwrap();
    let reader = Reader::default();
    let object = reader.object(Place::Root, &document, &FIELDS).unwrap();
    let config = read(&object);
    assert!(!reader.has_error());
    then(&config.unwrap())
}

#[test]
fn config_of_logto_has_no_finding() {
    assert_eq!(findings(&logto()), []);
}

#[test]
fn values_that_logto_ignores_are_warnings() {
    for (config, pointer, code) in [
        (changed("/extra", json!(1)), "/extra", "unknown-key"),
        (
            changed("/templates/0/name", json!("x")),
            "/templates/0/name",
            "unknown-key",
        ),
        (
            changed("/region", json!("ap-shanghai")),
            "/region",
            "unlisted-region",
        ),
    ] {
        assert_eq!(findings(&config), one(pointer, code, false));
    }
}

#[test]
fn required_field_must_be_filled_in() {
    for key in [
        "accessKeyId",
        "accessKeySecret",
        "signName",
        "sdkAppId",
        "region",
    ] {
        let pointer = format!("/{key}");
        assert_eq!(findings(&without(key)), one(&pointer, "required", true));
        for (value, code) in [
            (Value::Null, "required"),
            (json!(""), "blank"),
            (json!(" \t\u{3000}"), "blank"),
            (json!("<value>"), "placeholder"),
            (json!(true), "wrong-type"),
            (json!(["x"]), "wrong-type"),
        ] {
            assert_eq!(
                findings(&changed(&pointer, value)),
                one(&pointer, code, true),
                "{key} {code}"
            );
        }
    }
}

#[test]
fn malformed_value_is_an_error_at_its_pointer() {
    for (pointer, value) in [
        ("/accessKeyId", json!("AKID with space")),
        ("/accessKeyId", json!("AKID/date")),
        ("/accessKeyId", json!("AKID,x")),
        ("/accessKeyId", json!("AKID\r\nx-evil: 1")),
        ("/accessKeySecret", json!("\u{5bc6}\u{94a5}")),
        ("/sdkAppId", json!("14000066a6")),
        ("/sdkAppId", json!("-1")),
        ("/region", json!("ap guangzhou")),
        ("/region", json!("ap\r\nx")),
        ("/sessionToken", json!("to ken")),
        ("/endpoint", json!("https://example.com")),
        ("/endpoint", json!("http://sms.tencentcloudapi.com")),
        ("/timeoutMs", json!(0)),
    ] {
        assert_eq!(
            findings(&changed(pointer, value.clone())),
            one(pointer, "malformed", true),
            "{pointer} {value}"
        );
    }
}

#[test]
fn value_of_another_type_is_an_error() {
    for (pointer, value, expected) in [
        ("/templates", json!({}), "/templates"),
        ("/templates", json!("[]"), "/templates"),
        ("/templates/0/locale", json!(1), "/templates/0/locale"),
        (
            "/templates/0/params",
            json!("{{code}}"),
            "/templates/0/params",
        ),
        (
            "/templates/0/params",
            json!(vec!["1"; 21]),
            "/templates/0/params",
        ),
        (
            "/templates/0/params",
            json!(["1", {}]),
            "/templates/0/params/1",
        ),
        ("/sdkAppId", json!(1.5), "/sdkAppId"),
        ("/sdkAppId", json!(-1), "/sdkAppId"),
        ("/sdkAppId", json!(1e20), "/sdkAppId"),
        ("/templates/0/kind", json!(5), "/templates/0/kind"),
        ("/allowedCountries", json!([true]), "/allowedCountries/0"),
        ("/timeoutMs", json!("1000"), "/timeoutMs"),
        ("/timeoutMs", json!(-1), "/timeoutMs"),
        ("/endpoint", json!(1), "/endpoint"),
        ("/sessionToken", json!(1), "/sessionToken"),
    ] {
        assert_eq!(
            findings(&changed(pointer, value)),
            one(expected, "wrong-type", true),
            "{pointer}"
        );
    }
    for code in [json!(true), json!(1.5), json!(["1"])] {
        let entry = json!({"usageType": "BindMfa", "templateCode": code});
        assert_eq!(
            findings(&with_entry(entry)),
            one("/templates/4/templateCode", "wrong-type", true),
            "{code}"
        );
    }
    let entry = json!({"usageType": 1, "templateCode": "1"});
    assert_eq!(
        findings(&with_entry(entry)),
        one("/templates/4/usageType", "wrong-type", true)
    );
    let entry = json!({"usageType": "BindMfa", "templateCode": "1", "kind": "otp"});
    assert_eq!(
        findings(&with_entry(entry)),
        one("/templates/4/kind", "malformed", true)
    );
    assert_eq!(
        findings(&with_entry(json!("BindMfa"))),
        one("/templates/4", "wrong-type", true)
    );
}

/// Logto removes blank values from what it stores, after the guard passed them.
#[test]
fn entry_without_usage_or_code_leaves_the_others_to_work() {
    let (usage, code) = ("/templates/4/usageType", "/templates/4/templateCode");
    for (entry, expected) in [
        (json!({}), vec![(usage, "required"), (code, "required")]),
        (json!({"usageType": "BindMfa"}), vec![(code, "required")]),
        (
            json!({"usageType": "BindMfa", "templateCode": null}),
            vec![(code, "required")],
        ),
        (
            json!({"usageType": "BindMfa", "templateCode": ""}),
            vec![(code, "blank")],
        ),
        (
            json!({"usageType": "BindMfa", "templateCode": {}}),
            vec![(code, "blank")],
        ),
        (
            json!({"templateCode": "1110000"}),
            vec![(usage, "required")],
        ),
        (
            json!({"usageType": "", "templateCode": "1110000"}),
            vec![(usage, "blank")],
        ),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(pointer, code)| (pointer.to_owned(), code, false))
            .collect();
        assert_eq!(findings(&with_entry(entry.clone())), expected, "{entry}");
    }
    // A usage that has to be served is not.
    let mut config = logto();
    config["templates"][0]["templateCode"] = Value::Null;
    assert_eq!(
        findings(&config),
        one("/templates/0/templateCode", "required", true)
    );
}

#[test]
fn length_of_a_value_is_bounded() {
    for (pointer, filler, most) in [
        ("/accessKeyId", "a", 256),
        ("/accessKeySecret", "a", 256),
        ("/signName", "a", 256),
        ("/sdkAppId", "1", 32),
        ("/sessionToken", "a", 8_192),
        ("/extendCode", "1", 12),
    ] {
        assert_eq!(
            findings(&changed(pointer, json!(filler.repeat(most)))),
            [],
            "{pointer}"
        );
        let beyond = findings(&changed(pointer, json!(filler.repeat(most + 1))));
        assert_eq!(beyond, one(pointer, "malformed", true), "{pointer}");
    }
    let params = |bytes: usize| {
        let mut config = changed("/templates/0/params", json!(["x".repeat(bytes)]));
        config["templates"][0]["kind"] = "notice".into();
        config
    };
    assert_eq!(findings(&params(512)), []);
    assert_eq!(
        findings(&params(513)),
        one("/templates/0/params/0", "wrong-type", true)
    );
}

#[test]
fn numbers_and_white_space_are_normalised() {
    let config = json!({
        "accessKeyId": " id ", "accessKeySecret": "\tkey\n", "signName": " s ", "sdkAppId": 1_400_006_666_u64,
        "region": " ap-guangzhou ", "sessionToken": " token ", "endpoint": " https://SMS.tencentcloudapi.com/ ",
        "timeoutMs": 5_000,
        "templates": [
            {"usageType": "SignIn", "templateCode": 1},
            {"usageType": "Register", "templateCode": " 2 "},
            {"usageType": "ForgotPassword", "templateCode": {"mainland": 3, "international": " 4 "}},
            {"usageType": "Generic", "templateCode": "5", "locale": " en ", "kind": "notice", "params": []},
        ],
    });
    assert_eq!(findings(&config), []);
    read_config(&config, |config| {
        let credentials = config.mainland.credentials;
        assert_eq!(credentials.secret_id.reveal(), "id");
        assert_eq!(credentials.secret_key.reveal(), "key");
        assert_eq!(credentials.session_token.unwrap().reveal(), "token");
        assert_eq!(
            (
                config.mainland.sign_name,
                config.mainland.sdk_app_id.as_ref(),
                config.mainland.region
            ),
            (Some("s"), "1400006666", "ap-guangzhou")
        );
        assert_eq!(config.mainland.endpoint.authority, endpoint::DEFAULT_HOST);
        let codes: Vec<_> = config
            .templates
            .iter()
            .map(|template| {
                (
                    template.mainland.as_deref(),
                    template.international.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            codes,
            [
                (Some("1"), Some("1")),
                (Some("2"), Some("2")),
                (Some("3"), Some("4")),
                (Some("5"), Some("5"))
            ]
        );
        let last = &config.templates[3];
        assert_eq!(
            (last.locale, last.is_notice, last.params.as_deref()),
            (Some("en"), true, None)
        );
    });
}

#[test]
fn signature_id_is_a_warning() {
    assert_eq!(
        findings(&changed("/signName", json!("1234567"))),
        one("/signName", "signature-id", false)
    );
    assert_eq!(findings(&changed("/signName", json!("7 Eleven"))), []);
}

/// It counts as absent.
#[test]
fn placeholder_in_optional_field_is_a_warning() {
    for field in FIELDS.iter().filter(|field| !field.required) {
        let pointer = format!("/{}", field.key);
        assert_eq!(
            findings(&changed(&pointer, json!("<example>"))),
            one(&pointer, "placeholder", false)
        );
    }
}

/// Forms post them for fields that were not filled in, and Logto's core drops them when it saves.
#[test]
fn blank_optional_value_of_any_type_is_absent() {
    let blanks = [
        json!(""),
        json!(" \t\u{3000}"),
        Value::Null,
        json!({}),
        json!([]),
    ];
    for blank in blanks {
        for field in FIELDS.iter().filter(|field| !field.required) {
            let config = changed(&format!("/{}", field.key), blank.clone());
            assert_eq!(findings(&config), [], "{} {blank}", field.key);
        }
        for field in &fields::INTERNATIONAL_FIELDS {
            let config = changed("/international", json!({field.key: blank}));
            assert_eq!(findings(&config), [], "international {} {blank}", field.key);
        }
        for field in fields::TEMPLATE_FIELDS
            .iter()
            .filter(|field| !field.required)
        {
            let config = changed(&format!("/templates/0/{}", field.key), blank.clone());
            assert_eq!(findings(&config), [], "template {} {blank}", field.key);
        }
        let params = changed("/templates/0/params", blank.clone());
        let count = read_config(&params, |config| config.templates[0].params().len());
        assert_eq!(count, 1, "{blank}");
    }
}

/// A decimal point with nothing behind it is how some languages write whole numbers.
#[test]
fn number_with_zero_fraction_is_whole() {
    let config = logto().to_string();
    let with = |from: &str, to: &str| config.replacen(from, to, 1);
    let app = with("\"sdkAppId\":\"1400006666\"", "\"sdkAppId\":1400006666.0");
    assert_ne!(app, config);
    assert_eq!(findings_of(&app), []);
    assert_eq!(findings(&changed("/timeoutMs", json!(5000.0))), []);
    assert_eq!(
        findings(&changed("/timeoutMs", json!(5000.5))),
        one("/timeoutMs", "wrong-type", true)
    );
}

#[test]
fn switch_takes_true_false_or_nothing() {
    for (value, expected) in [
        (json!(true), true),
        (json!(false), false),
        (json!(null), false),
    ] {
        let config = changed("/acceptWithoutEcho", value);
        assert_eq!(findings(&config), []);
        assert_eq!(
            read_config(&config, |config| config.accepts_without_echo),
            expected
        );
    }
    assert!(!read_config(&logto(), |config| config.accepts_without_echo));
    for value in [json!("true"), json!(0), json!([true])] {
        assert_eq!(
            findings(&changed("/acceptWithoutEcho", value)),
            one("/acceptWithoutEcho", "wrong-type", true)
        );
    }
}
