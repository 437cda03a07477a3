//! Templates, and the routes and usages that they serve.

use super::*;

#[test]
fn template_of_optional_usage_may_lack_code() {
    for (entry, code) in [
        (
            json!({"usageType": "BindMfa", "templateCode": "<template-code>"}),
            "placeholder",
        ),
        (json!({"usageType": "BindMfa", "templateCode": ""}), "blank"),
        (
            json!({"usageType": "BindMfa", "templateCode": "soon"}),
            "malformed",
        ),
    ] {
        assert_eq!(
            findings(&with_entry(entry)),
            one("/templates/4/templateCode", code, false)
        );
    }
    let invented = json!({"usageType": "Invented", "templateCode": "1"});
    assert_eq!(
        findings(&with_entry(invented)),
        one("/templates/4/usageType", "unregistered-usage", false)
    );
    let repeated = json!({"usageType": "SignIn", "templateCode": "1"});
    assert_eq!(
        findings(&with_entry(repeated)),
        one("/templates/4", "duplicate", false)
    );
    let translated = json!({"usageType": "SignIn", "templateCode": "1", "locale": "en"});
    assert_eq!(findings(&with_entry(translated)), []);
}

#[test]
fn required_usage_needs_a_usable_template() {
    for (index, usage) in [
        (0, "SignIn"),
        (1, "Register"),
        (2, "ForgotPassword"),
        (3, "Generic"),
    ] {
        let mut config = logto();
        config["templates"].as_array_mut().unwrap().remove(index);
        assert_eq!(
            findings(&config),
            one("/templates", "missing-usage", true),
            "{usage}"
        );
        let code = format!("/templates/{index}/templateCode");
        for (value, word) in [
            (json!("<template-code>"), "placeholder"),
            (json!(" "), "blank"),
            (json!("x"), "malformed"),
        ] {
            assert_eq!(
                findings(&changed(&code, value)),
                one(&code, word, true),
                "{usage}"
            );
        }
        let half = json!({"mainland": "<template-code>", "international": "1"});
        assert_eq!(
            findings(&changed(&code, half)),
            one(&format!("{code}/mainland"), "placeholder", false),
            "{usage}"
        );
    }
    assert_eq!(
        findings(&changed("/templates", json!([]))),
        one("/templates", "missing-usage", true)
    );
}

#[test]
fn message_names_the_missing_usages() {
    let mut config = logto();
    config["templates"] = json!([{"usageType": "SignIn", "templateCode": "1"}, {"usageType": "Generic", "templateCode": "1"}]);
    let text = config.to_string();
    let message = &diagnostics(&text, Language::English)[0].message;
    assert!(message.contains("Register, ForgotPassword."), "{message}");
}

#[test]
fn unknown_key_beside_a_code_stays_a_warning() {
    let mut config = changed(
        "/templates/3/templateCode",
        json!({"mainland": null, "other": 1}),
    );
    config["templates"][3]["templateCodeOld"] = json!("1");
    assert_eq!(
        findings(&config),
        [
            ("/templates/3/templateCodeOld".into(), "unknown-key", false),
            (
                "/templates/3/templateCode/other".into(),
                "unknown-key",
                false
            ),
            ("/templates".into(), "missing-usage", true),
        ]
    );
}

/// The code is missing; the key is ignored, as its finding says.
#[test]
fn misnamed_route_stays_a_warning() {
    let config = changed("/templates/0/templateCode", json!({"china": "1110000"}));
    assert_eq!(
        findings(&config),
        [
            (
                "/templates/0/templateCode/china".into(),
                "unknown-key",
                false
            ),
            ("/templates".into(), "missing-usage", true),
        ]
    );
}

/// A template that some message can have is not a duplicate.
#[test]
fn duplicate_has_no_route_of_its_own() {
    let (mainland, abroad) = (json!({"mainland": "1"}), json!({"international": "2"}));
    for (codes, duplicates) in [
        (vec![json!("1"), json!("2")], vec![1]),
        (vec![mainland.clone(), abroad.clone()], vec![]),
        (vec![mainland.clone(), json!("1")], vec![]),
        (vec![json!("1"), abroad.clone()], vec![1]),
        (vec![mainland.clone(), abroad.clone(), json!("1")], vec![2]),
        (vec![json!("<template-code>"), json!("1")], vec![]),
        (
            vec![json!({"mainland": null}), mainland.clone(), mainland],
            vec![2],
        ),
        (vec![json!("1"), json!("")], vec![]),
    ] {
        let shown = format!("{codes:?}");
        let mut config = logto();
        config["templates"].as_array_mut().unwrap().extend(
            codes
                .into_iter()
                .map(|code| json!({"usageType": "BindMfa", "templateCode": code})),
        );
        let found: Vec<_> = findings(&config)
            .into_iter()
            .filter(|(_, code, _)| *code == "duplicate")
            .collect();
        let expected: Vec<Found> = duplicates
            .into_iter()
            .map(|index| (format!("/templates/{}", index + 4), "duplicate", false))
            .collect();
        assert_eq!(found, expected, "{shown}");
    }
}

/// As for every other optional field.
#[test]
fn example_in_place_of_parameters_is_a_warning() {
    assert_eq!(
        findings(&changed("/templates/0/params", json!("<params>"))),
        one("/templates/0/params", "placeholder", false)
    );
    assert_eq!(findings(&changed("/templates/0/params", json!("none"))), []);
    for wrong in ["None", "[]", "nothing"] {
        assert_eq!(
            findings(&changed("/templates/0/params", json!(wrong))),
            one("/templates/0/params", "wrong-type", true),
            "{wrong}"
        );
    }
}

#[test]
fn usage_with_null_routes_has_no_template() {
    let code = json!({"mainland": null, "international": null});
    assert_eq!(
        findings(&changed("/templates/1/templateCode", code)),
        one("/templates", "missing-usage", true)
    );
}

#[test]
fn only_international_templates_need_no_signature() {
    let abroad = |signature: Option<Value>| {
        let mut config = without("signName");
        for entry in config["templates"].as_array_mut().unwrap() {
            entry["templateCode"] = json!({"international": "1110002"});
        }
        if let Some(signature) = signature {
            config["signName"] = signature;
        }
        config["allowedCountries"] = json!(["852"]);
        config
    };
    for signature in [None, Some(json!("")), Some(json!(null))] {
        assert_eq!(findings(&abroad(signature)), []);
    }
    assert_eq!(
        findings(&abroad(Some(json!("<sign-name>")))),
        one("/signName", "placeholder", false)
    );
    let mut config = abroad(None);
    config["templates"][2]["templateCode"] = json!("1110000");
    assert!(findings(&config).contains(&("/signName".into(), "required", true)));
    read_config(&abroad(None), |config| {
        assert_eq!(config.mainland.sign_name, None)
    });
}

#[test]
fn unserved_route_is_a_warning() {
    let with = |entries: &[(&str, Value)], change: fn(&mut Value)| {
        let mut config = logto();
        config["templates"] = entries
            .iter()
            .map(|(usage, code)| json!({"usageType": usage, "templateCode": code}))
            .collect();
        change(&mut config);
        findings(&config)
    };
    let home = || json!({"mainland": "1"});
    let both = || json!("1");
    let four = |generic: Value, register: Value| {
        [
            ("SignIn", both()),
            ("Register", register),
            ("ForgotPassword", both()),
            ("Generic", generic),
        ]
    };
    // Generic serves abroad, so every message has a template.
    assert_eq!(with(&four(both(), home()), |_| {}), []);
    // No template serves registrations abroad.
    assert_eq!(
        with(&four(home(), home()), |_| {}),
        one("/templates/1/templateCode", "unserved-route", false)
    );
    // Every other usage has its own.
    assert_eq!(with(&four(home(), both()), |_| {}), []);
    // No template serves abroad at all, which is reported once, and not if it is intended.
    let mainland = [
        ("SignIn", home()),
        ("Register", home()),
        ("ForgotPassword", home()),
        ("Generic", home()),
    ];
    assert_eq!(
        with(&mainland, |_| {}),
        one("/templates", "unserved-route", false)
    );
    assert_eq!(
        with(&mainland, |config| config["allowedCountries"] =
            json!(["86"])),
        []
    );
}

#[test]
fn unprovided_variable_is_a_warning() {
    let params = |params: Value| changed("/templates/0/params", params);
    assert_eq!(
        findings(&params(json!(["{{code}}", "{{ ttlMinutes }}", "5", 5]))),
        []
    );
    assert_eq!(
        findings(&params(json!(["{{code}}", "{{expireMinutes}}"]))),
        one("/templates/0/params/1", "unprovided-parameter", false)
    );
}

/// Placeholders of other products for a code, text around one, and variables that are never digits.
#[test]
fn impossible_parameter_is_an_error() {
    for param in [
        "{1}",
        "${code}",
        "{code}",
        "{{code",
        "code}}",
        "%code%",
        "{{ code }",
        "code",
        "",
        "5分钟",
        "1234567",
        "{{code}} ",
        "Your code: {{code}}",
        "{{link}}",
        "{{locale}}",
        "{{expireMinutes}} minutes",
    ] {
        let config = changed("/templates/0/params", json!(["{{code}}", param]));
        let found = validate_config::<TencentSms>(&config.to_string(), Language::English);
        let errors: Vec<_> = found
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect();
        let [error] = errors.as_slice() else {
            panic!("{param}: {found:?}")
        };
        assert_eq!(error.pointer, "/templates/0/params/1", "{param}");
        assert_eq!(error.code, "unusable-parameter", "{param}");
        for meant in ["{{code}}", "1 to 6 digits"] {
            assert!(error.message.contains(meant), "{param}: {}", error.message);
        }
        let found = validate_config::<TencentSms>(&config.to_string(), Language::Chinese);
        let error = found.iter().find(|found| found.severity == Severity::Error);
        let message = &error.unwrap().message;
        assert!(!message.contains("digits"), "{param}: {message}");
    }
    for param in [
        "{{code}}",
        "{{ttlMinutes}}",
        "5",
        "123456",
        "1{{code}}",
        "{{unheard}}",
    ] {
        let config = changed("/templates/0/params", json!([param]));
        let errors = findings(&config)
            .into_iter()
            .filter(|(_, _, is_error)| *is_error);
        assert_eq!(errors.count(), 0, "{param}");
    }
}

#[test]
fn foreign_placeholder_in_a_notice_is_a_warning() {
    let notice = |param: &str| {
        let mut config = changed("/templates/0/params", json!([param]));
        config["templates"][0]["kind"] = "notice".into();
        findings(&config)
    };
    for param in ["{1}", "${code}", "Code {{code", "%code%"] {
        let expected = one("/templates/0/params/0", "foreign-placeholder", false);
        assert_eq!(notice(param), expected, "{param}");
    }
    for param in ["Code {{code}}: 5 min", "5分钟", "100 %"] {
        assert_eq!(notice(param), [], "{param}");
    }
    assert_eq!(notice(""), one("/templates/0/params/0", "blank", true));
}
