//! The parameters of a template, filled in.

use super::*;

/// The parameters of a template with these members beside usage and code.
fn filled(template: Value, variables: &[(&str, &str)]) -> Result<Vec<String>, Failure> {
    let config = config_with(|config| {
        for (key, value) in template.as_object().unwrap() {
            config["templates"][0][key] = value.clone();
        }
    });
    let variables = variables.iter();
    let message = Message {
        variables: variables
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        ..message()
    };
    preview(&config, &message).map(|preview| preview.parameters)
}

/// Logto passes its locale among the variables, too.
#[test]
fn parameters_are_those_that_the_template_declares() {
    let variables = [
        ("code", "123456"),
        ("ttlMinutes", "5"),
        ("uiLocales", "fr-CA fr"),
        ("locale", "fr"),
    ];
    for (template, expected) in [
        (json!({}), &["123456"][..]),
        (json!({"params": null}), &["123456"]),
        (json!({"params": {}}), &["123456"]),
        (
            json!({"params": ["{{code}}", "{{ttlMinutes}}"]}),
            &["123456", "5"],
        ),
        (json!({"params": ["{{ code }}", "10"]}), &["123456", "10"]),
        (json!({"params": ["{{code}}", 10]}), &["123456", "10"]),
        (json!({"params": []}), &["123456"]),
        (json!({"params": "<params>"}), &["123456"]),
        (json!({"params": " none "}), &[]),
        (json!({"params": "none", "kind": "notice"}), &[]),
        (
            json!({"kind": "notice", "params": ["Code {{code}}: {{ttlMinutes}} min"]}),
            &["Code 123456: 5 min"],
        ),
        (
            json!({"kind": "notice", "params": ["{{}} {{a b}} {{code"]}),
            &["{{}} {{a b}} {{code"],
        ),
        (
            json!({"kind": "notice", "params": ["{{{code}}}"]}),
            &["{{{code}}}"],
        ),
        (
            json!({"kind": "notice", "params": ["}}{{code}}{{"]}),
            &["}}123456{{"],
        ),
    ] {
        let shown = template.to_string();
        assert_eq!(filled(template, &variables).unwrap(), expected, "{shown}");
    }
}

#[test]
fn verification_parameter_is_one_to_six_digits() {
    for (value, is_valid) in [
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
        let result = filled(json!({}), &[("code", value)]);
        assert_eq!(result.is_ok(), is_valid, "{value:?}");
        if let Err(failure) = result {
            assert_eq!(failure.kind, FailureKind::InvalidMessage);
            let is_quoted = !value.is_empty() && failure.message.contains(value);
            assert!(!is_quoted, "{value:?}");
        }
        let notice = filled(json!({"kind": "notice"}), &[("code", value)]);
        assert!(notice.is_ok(), "{value:?}");
    }
}

#[test]
fn parameter_beyond_the_bound_is_refused() {
    let template = || json!({"kind": "notice", "params": ["{{name}}{{name}}"]});
    assert!(filled(template(), &[("name", &"x".repeat(1_024))]).is_ok());
    let three = json!({"kind": "notice", "params": ["{{name}}{{name}}y"]});
    let failure = filled(three, &[("name", &"x".repeat(1_024))]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(failure.message.contains("Parameter 1"), "{failure:?}");
}

/// A variable that is absent must not become an empty text in a message.
#[test]
fn missing_variable_is_named_before_the_request() {
    let failure = filled(json!({}), &[("Code", "123456")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    for words in ["Parameter 1", "variable code"] {
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

/// Its name may be a value in the wrong place.
#[test]
fn missing_variable_with_unusual_name_is_not_named() {
    let name = "a_name_that_is_longer_than_thirty";
    let template = json!({"params": [format!("{{{{{name}}}}}")]});
    let failure = filled(template, &[("code", "1")]).unwrap_err();
    assert!(!failure.message.contains(name), "{failure:?}");
}
