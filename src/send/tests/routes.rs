//! The template that serves a message: usage, route, language.

use super::*;

const MAINLAND: &str = "+8613800138000";
const ABROAD: &str = "+85268326366";

/// Template and fallback, or why there is none.
fn chosen(
    templates: Value,
    usage: &str,
    to: &str,
    locales: &[&str],
) -> Result<(String, bool), Failure> {
    let config = config_with(|config| {
        let mut templates = templates;
        let list = templates.as_array_mut().unwrap();
        for usage in ["Register", "ForgotPassword"] {
            list.push(json!({"usageType": usage, "templateCode": "9"}));
        }
        config["templates"] = templates;
    });
    let message = Message {
        to: to.into(),
        usage: usage.into(),
        locales: Some(locales.iter().map(|tag| (*tag).into()).collect()),
        ..message()
    };
    preview(&config, &message).map(|preview| {
        let fell_back = preview.attributes.contains(&attribute("fallback", "true"));
        (preview.template, fell_back)
    })
}

fn mixed() -> Value {
    json!([
        {"usageType": "SignIn", "templateCode": "1"},
        {"usageType": "SignIn", "templateCode": "2", "locale": "zh-CN"},
        {"usageType": "SignIn", "templateCode": {"mainland": "3", "international": "4"}, "locale": "en"},
        {"usageType": "BindMfa", "templateCode": {"international": "5"}},
        {"usageType": "Generic", "templateCode": {"mainland": "6", "international": "7"}},
        {"usageType": "MfaVerification", "templateCode": "<template-code>"},
    ])
}

/// A template that has no code for the route counts as absent.
#[test]
fn usage_decides_then_route_then_language() {
    for (usage, to, locales, code, fell_back) in [
        ("SignIn", MAINLAND, &[][..], "1", false),
        ("SignIn", MAINLAND, &["zh-CN"], "2", false),
        ("SignIn", MAINLAND, &["zh-CN-x-private"], "2", false),
        ("SignIn", MAINLAND, &["ZH_cn"], "2", false),
        ("SignIn", MAINLAND, &["zh-TW"], "1", false),
        ("SignIn", MAINLAND, &["en-GB"], "3", false),
        ("SignIn", ABROAD, &["en-GB"], "4", false),
        ("SignIn", MAINLAND, &["fr", "en", "zh-CN"], "3", false),
        ("BindMfa", ABROAD, &[], "5", false),
        ("BindMfa", MAINLAND, &[], "6", true),
        ("MfaVerification", MAINLAND, &[], "6", true),
        ("Invented", ABROAD, &["zh-CN"], "7", true),
        ("signin", MAINLAND, &[], "6", true),
        ("Generic", MAINLAND, &[], "6", false),
    ] {
        let expected = Ok((code.into(), fell_back));
        let found = chosen(mixed(), usage, to, locales);
        assert_eq!(found, expected, "{usage} {to} {locales:?}");
    }
}

#[test]
fn unserved_route_is_refused_before_the_request() {
    let templates = json!([
        {"usageType": "SignIn", "templateCode": {"mainland": "1"}},
        {"usageType": "Generic", "templateCode": {"mainland": "2"}},
    ]);
    let failure = chosen(templates.clone(), "SignIn", ABROAD, &[]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoTemplate);
    let found = chosen(templates, "SignIn", MAINLAND, &[]);
    assert_eq!(found, Ok(("1".into(), false)));
}

#[test]
fn first_of_equal_templates_wins() {
    let templates = json!([
        {"usageType": "SignIn", "templateCode": "1"},
        {"usageType": "SignIn", "templateCode": "2"},
        {"usageType": "Generic", "templateCode": "3"},
    ]);
    let found = chosen(templates, "SignIn", MAINLAND, &[]);
    assert_eq!(found, Ok(("1".into(), false)));
}

/// A usage that is not a plain name may be a value in the wrong place.
#[test]
fn error_names_plain_usages_only() {
    let message = |usage: &str| {
        let templates = json!([
            {"usageType": "SignIn", "templateCode": "1"},
            {"usageType": "Generic", "templateCode": {"mainland": "2"}},
        ]);
        chosen(templates, usage, ABROAD, &[]).unwrap_err().message
    };
    assert!(message("BindMfa").contains("Neither BindMfa nor Generic"));
    assert!(!message("123456").contains("123456"));
    assert!(message("Generic").starts_with("Generic has no usable template code"));
}

/// +852, +853 and +886 are billed and reviewed as international.
#[test]
fn only_86_is_mainland() {
    for (to, code) in [
        (MAINLAND, "3"),
        (ABROAD, "4"),
        ("+85362012345", "4"),
        ("+886912345678", "4"),
        ("+14155552671", "4"),
    ] {
        let found = chosen(mixed(), "SignIn", to, &["en"]);
        assert_eq!(found, Ok((code.into(), false)), "{to}");
    }
}
