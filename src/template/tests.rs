use super::*;
use crate::config::{self, Config};
use alloc::format;

fn with_templates<T>(templates: &str, check: impl FnOnce(&[Template<'_>]) -> T) -> T {
    let required: Vec<String> = ["Register", "ForgotPassword"]
        .iter()
        .map(|usage| format!(r#"{{"usageType":"{usage}","templateCode":"9"}}"#))
        .collect();
    let text = format!(
        r#"{{"accessKeyId":"id","accessKeySecret":"key","signName":"s","sdkAppId":"1","region":"ap-guangzhou","templates":[{templates},{}]}}"#,
        required.join(",")
    );
    let document = config::parse(&text).unwrap();
    let reading = Config::read(&document);
    let config = reading
        .config
        .unwrap_or_else(|| panic!("{:?}", reading.findings));
    check(&config.templates)
}

const MIXED: &str = r#"
    {"usageType":"SignIn","templateCode":"1"},
    {"usageType":"SignIn","templateCode":"2","locale":"zh-CN"},
    {"usageType":"SignIn","templateCode":{"mainland":"3","international":"4"},"locale":"en"},
    {"usageType":"BindMfa","templateCode":{"international":"5"}},
    {"usageType":"Generic","templateCode":{"mainland":"6","international":"7"}},
    {"usageType":"MfaVerification","templateCode":"<template-code>"}"#;

fn chosen(
    templates: &str,
    usage: &str,
    route: Route,
    locales: &[&str],
) -> Result<(String, bool), FailureKind> {
    with_templates(templates, |templates| {
        choose(templates, usage, route, locales)
            .map(|choice| (choice.code.into(), choice.fell_back))
            .map_err(|failure| failure.kind)
    })
}

#[test]
fn the_usage_decides_then_the_route_then_the_language() {
    for (usage, route, locales, code, fell_back) in [
        ("SignIn", Route::Mainland, &[][..], "1", false),
        ("SignIn", Route::Mainland, &["zh-CN"], "2", false),
        ("SignIn", Route::Mainland, &["zh-CN-x-private"], "2", false),
        ("SignIn", Route::Mainland, &["ZH_cn"], "2", false),
        ("SignIn", Route::Mainland, &["zh-TW"], "1", false),
        ("SignIn", Route::Mainland, &["zh"], "1", false),
        ("SignIn", Route::Mainland, &["en-GB"], "3", false),
        ("SignIn", Route::International, &["en-GB"], "4", false),
        (
            "SignIn",
            Route::Mainland,
            &["fr", "en", "zh-CN"],
            "3",
            false,
        ),
        ("BindMfa", Route::International, &[], "5", false),
        ("BindMfa", Route::Mainland, &[], "6", true),
        ("MfaVerification", Route::Mainland, &[], "6", true),
        ("Invented", Route::International, &["zh-CN"], "7", true),
        ("signin", Route::Mainland, &[], "6", true),
        ("Generic", Route::Mainland, &[], "6", false),
    ] {
        let expected = Ok((code.into(), fell_back));
        assert_eq!(
            chosen(MIXED, usage, route, locales),
            expected,
            "{usage} {route:?} {locales:?}"
        );
    }
}

/// RFC 4647, 3.4: one subtag after the other goes, and a single letter goes with the one that it introduces.
#[test]
fn a_tag_loses_its_last_subtag_until_a_template_has_the_rest() {
    let templates = r#"
        {"usageType":"SignIn","templateCode":"1","locale":"zh"},
        {"usageType":"SignIn","templateCode":"2","locale":"zh-Hans"},
        {"usageType":"SignIn","templateCode":"3","locale":"zh-Hans-x"},
        {"usageType":"Generic","templateCode":"4"}"#;
    for (tag, code) in [
        ("zh-Hans-CN", "2"),
        ("zh-Hans-CN-x-private", "2"),
        ("zh-Hans-x-private", "2"),
        ("zh_Hans_x_private", "2"),
        ("zh-Hans-x", "3"),
        ("zh-TW", "1"),
        ("zh-x-private", "1"),
    ] {
        let chosen = chosen(templates, "SignIn", Route::Mainland, &[tag]);
        assert_eq!(chosen, Ok((code.into(), false)), "{tag}");
    }
}

#[test]
fn sixteen_tags_of_sixty_four_bytes_are_looked_at() {
    let among = |others: usize, tag: &str| {
        let mut locales = alloc::vec!["fr"; others];
        locales.push(tag);
        chosen(MIXED, "SignIn", Route::Mainland, &locales)
            .unwrap()
            .0
    };
    assert_eq!(among(15, "en"), "3");
    assert_eq!(among(16, "en"), "1");
    let tag = |bytes: usize| format!("en-{}", "x-".repeat(40).get(..bytes - 3).unwrap());
    assert_eq!(among(0, &tag(64)), "3");
    assert_eq!(among(0, &tag(65)), "1");
}

#[test]
fn a_route_that_neither_the_usage_nor_generic_serves_is_an_error_before_the_request() {
    let mainland_only = r#"
        {"usageType":"SignIn","templateCode":{"mainland":"1"}},
        {"usageType":"Generic","templateCode":{"mainland":"2"}}"#;
    assert_eq!(
        chosen(mainland_only, "SignIn", Route::International, &[]),
        Err(FailureKind::NoTemplate)
    );
    assert_eq!(
        chosen(mainland_only, "SignIn", Route::Mainland, &[]),
        Ok(("1".into(), false))
    );
}

#[test]
fn of_two_templates_with_the_same_usage_the_first_wins() {
    let twice = r#"
        {"usageType":"SignIn","templateCode":"1"},
        {"usageType":"SignIn","templateCode":"2"},
        {"usageType":"Generic","templateCode":"3"}"#;
    assert_eq!(
        chosen(twice, "SignIn", Route::Mainland, &[]),
        Ok(("1".into(), false))
    );
}

#[test]
fn a_usage_that_could_be_a_value_is_not_repeated_in_the_error() {
    let message = |usage: &str| {
        with_templates(
            r#"{"usageType":"SignIn","templateCode":"1"},{"usageType":"Generic","templateCode":{"mainland":"2"}}"#,
            |templates| {
                choose::<&str>(templates, usage, Route::International, &[])
                    .unwrap_err()
                    .into_details()
                    .message
            },
        )
    };
    assert!(message("BindMfa").contains("Neither BindMfa nor Generic"));
    assert!(!message("123456").contains("123456"));
}

fn filled(template: &str, variables: &[(&str, &str)]) -> Result<Vec<String>, Failure> {
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| (String::from(*name), String::from(*value)))
        .collect();
    let templates = format!(
        r#"{{"usageType":"SignIn","templateCode":"1"{template}}},{{"usageType":"Generic","templateCode":"2"}}"#
    );
    with_templates(&templates, |templates| {
        parameters(&templates[0], &variables)
    })
}

#[test]
fn parameters_are_what_the_template_declares_and_nothing_else() {
    let variables = [
        ("code", "123456"),
        ("ttlMinutes", "5"),
        ("uiLocales", "fr-CA fr"),
        ("locale", "fr"),
    ];
    for (template, expected) in [
        ("", &["123456"][..]),
        (r#","params":null"#, &["123456"]),
        (
            r#","params":["{{code}}","{{ttlMinutes}}"]"#,
            &["123456", "5"],
        ),
        (r#","params":["{{ code }}","10"]"#, &["123456", "10"]),
        (r#","params":["{{code}}",10]"#, &["123456", "10"]),
        (r#","params":[]"#, &["123456"]),
        (r#","params":{},"kind":"","locale":[]"#, &["123456"]),
        (
            r#","kind":"notice","params":["Code {{code}}: {{ttlMinutes}} min"]"#,
            &["Code 123456: 5 min"],
        ),
        (
            r#","kind":"notice","params":["{{}} {{a b}} {{code"]"#,
            &["{{}} {{a b}} {{code"],
        ),
        (
            r#","kind":"notice","params":["{{{code}}}"]"#,
            &["{{{code}}}"],
        ),
        (
            r#","kind":"notice","params":["}}{{code}}{{"]"#,
            &["}}123456{{"],
        ),
    ] {
        assert_eq!(
            filled(template, &variables).unwrap(),
            expected,
            "{template}"
        );
    }
}

#[test]
fn a_verification_template_takes_one_to_six_digits() {
    for (value, valid) in [
        ("1", true),
        ("123456", true),
        ("000000", true),
        ("", false),
        ("1234567", false),
        ("12345a", false),
        ("12 456", false),
        ("-12345", false),
        ("\u{ff11}\u{ff12}", false),
    ] {
        let result = filled("", &[("code", value)]);
        assert_eq!(result.is_ok(), valid, "{value:?}");
        if let Err(failure) = result {
            assert_eq!(failure.kind, FailureKind::InvalidMessage);
            assert!(
                value.is_empty() || !failure.message.contains(value),
                "{value:?}"
            );
        }
        assert!(
            filled(r#","kind":"notice""#, &[("code", value)]).is_ok(),
            "{value:?}"
        );
    }
}

#[test]
fn a_parameter_that_grows_beyond_what_the_service_takes_is_refused() {
    let template = r#","kind":"notice","params":["{{name}}{{name}}"]"#;
    let (fits, beyond) = ("x".repeat(1_024), "x".repeat(1_025));
    assert!(filled(template, &[("name", &fits)]).is_ok());
    let failure = filled(template, &[("name", &beyond)]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(
        failure.message.contains("Parameter 1"),
        "{}",
        failure.message
    );
}

#[test]
fn a_message_without_the_variable_fails_before_an_empty_sms_is_sent() {
    let failure = filled("", &[("Code", "123456")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(
        failure.message.contains("Parameter 1") && failure.message.contains("variable code"),
        "{}",
        failure.message
    );
}
