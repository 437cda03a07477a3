use super::*;
use alloc::format;
use serde_json::{Value, json};

mod superset;

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

/// Pointer, code and whether it is an error, of every finding.
fn findings(text: &str) -> Vec<(String, &'static str, bool)> {
    let describe = |finding: &Finding| {
        (
            finding.pointer.clone(),
            finding.rule.code(),
            finding.severity == Severity::Error,
        )
    };
    match parse(text) {
        Err(finding) => alloc::vec![describe(&finding)],
        Ok(document) => {
            let reading = Config::read(&document);
            let errors = reading
                .findings
                .iter()
                .any(|finding| finding.severity == Severity::Error);
            assert_eq!(
                reading.config.is_none(),
                errors,
                "a config is given exactly when no finding is an error"
            );
            reading.findings.iter().map(describe).collect()
        }
    }
}

fn found(config: &Value) -> Vec<(String, &'static str, bool)> {
    findings(&config.to_string())
}

fn one(pointer: &str, code: &'static str, error: bool) -> Vec<(String, &'static str, bool)> {
    alloc::vec![(pointer.into(), code, error)]
}

#[test]
fn a_config_of_logtos_is_accepted_unchanged_and_without_a_finding() {
    assert_eq!(found(&logto()), []);
}

#[test]
fn what_logto_ignores_is_accepted_with_a_warning() {
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
        assert_eq!(found(&config), one(pointer, code, false));
    }
}

fn with_entry(entry: Value) -> Value {
    let mut config = logto();
    config["templates"].as_array_mut().unwrap().push(entry);
    config
}

#[test]
fn a_template_that_no_usage_requires_may_wait_for_its_code() {
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
            found(&with_entry(entry)),
            one("/templates/4/templateCode", code, false)
        );
    }
    let invented = json!({"usageType": "Invented", "templateCode": "1"});
    assert_eq!(
        found(&with_entry(invented)),
        one("/templates/4/usageType", "unregistered-usage", false)
    );
    let repeated = json!({"usageType": "SignIn", "templateCode": "1"});
    assert_eq!(
        found(&with_entry(repeated)),
        one("/templates/4", "duplicate", false)
    );
    let translated = json!({"usageType": "SignIn", "templateCode": "1", "locale": "en"});
    assert_eq!(found(&with_entry(translated)), []);
}

#[test]
fn a_required_field_that_is_absent_null_blank_or_a_placeholder_is_an_error() {
    for key in [
        "accessKeyId",
        "accessKeySecret",
        "signName",
        "sdkAppId",
        "region",
    ] {
        let pointer = format!("/{key}");
        assert_eq!(found(&without(key)), one(&pointer, "required", true));
        for (value, code) in [
            (Value::Null, "required"),
            (json!(""), "blank"),
            (json!(" \t\u{3000}"), "blank"),
            (json!("<value>"), "placeholder"),
            (json!(true), "wrong-type"),
            (json!(["x"]), "wrong-type"),
        ] {
            assert_eq!(
                found(&changed(&pointer, value)),
                one(&pointer, code, true),
                "{key} {code}"
            );
        }
    }
}

#[test]
fn a_malformed_value_is_an_error_at_its_place() {
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
            found(&changed(pointer, value.clone())),
            one(pointer, "malformed", true),
            "{pointer} {value}"
        );
    }
}

#[test]
fn a_value_of_another_type_is_an_error_at_its_place() {
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
        ("/timeoutMs", json!("1000"), "/timeoutMs"),
        ("/timeoutMs", json!(-1), "/timeoutMs"),
        ("/endpoint", json!(1), "/endpoint"),
        ("/sessionToken", json!(1), "/sessionToken"),
    ] {
        assert_eq!(
            found(&changed(pointer, value)),
            one(expected, "wrong-type", true),
            "{pointer}"
        );
    }
    for code in [json!(true), json!(1.5), json!(["1"]), json!({})] {
        let entry = json!({"usageType": "BindMfa", "templateCode": code});
        assert_eq!(
            found(&with_entry(entry)),
            one("/templates/4/templateCode", "wrong-type", true),
            "{code}"
        );
    }
    let entry = json!({"usageType": 1, "templateCode": "1"});
    assert_eq!(
        found(&with_entry(entry)),
        one("/templates/4/usageType", "wrong-type", true)
    );
    let entry = json!({"usageType": "BindMfa", "templateCode": "1", "kind": "otp"});
    assert_eq!(
        found(&with_entry(entry)),
        one("/templates/4/kind", "malformed", true)
    );
    assert_eq!(
        found(&with_entry(json!("BindMfa"))),
        one("/templates/4", "wrong-type", true)
    );
    assert_eq!(
        found(&with_entry(json!({}))),
        [
            ("/templates/4/usageType".into(), "required", true),
            ("/templates/4/templateCode".into(), "required", true)
        ]
    );
}

#[test]
fn each_of_the_four_required_usages_needs_a_template_that_some_route_can_use() {
    for (index, usage) in [
        (0, "SignIn"),
        (1, "Register"),
        (2, "ForgotPassword"),
        (3, "Generic"),
    ] {
        let mut config = logto();
        config["templates"].as_array_mut().unwrap().remove(index);
        assert_eq!(
            found(&config),
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
                found(&changed(&code, value)),
                one(&code, word, true),
                "{usage}"
            );
        }
        let half = json!({"mainland": "<template-code>", "international": "1"});
        assert_eq!(
            found(&changed(&code, half)),
            one(&format!("{code}/mainland"), "placeholder", false),
            "{usage}"
        );
    }
    assert_eq!(
        found(&changed("/templates", json!([]))),
        one("/templates", "missing-usage", true)
    );
}

#[test]
fn the_message_names_the_usages_that_are_missing_and_no_other() {
    let mut config = logto();
    config["templates"] = json!([{"usageType": "SignIn", "templateCode": "1"}, {"usageType": "Generic", "templateCode": "1"}]);
    let text = config.to_string();
    let document = parse(&text).unwrap();
    let finding = &Config::read(&document).findings[0];
    let message = finding
        .diagnostic(crate::language::Language::English)
        .message;
    assert!(message.contains("Register, ForgotPassword."), "{message}");
}

#[test]
fn every_finding_is_reported_at_once() {
    let config = json!({
        "accessKeyId": "", "accessKeySecret": "<access-key-secret>", "sdkAppId": "x", "region": "mars", "extra": 1,
        "templates": [{"usageType": "SignIn", "templateCode": "<template-code>"}],
    });
    assert_eq!(
        found(&config),
        [
            ("/extra".into(), "unknown-key", false),
            ("/accessKeyId".into(), "blank", true),
            ("/accessKeySecret".into(), "placeholder", true),
            ("/signName".into(), "required", true),
            ("/sdkAppId".into(), "malformed", true),
            ("/region".into(), "unlisted-region", false),
            ("/templates/0/templateCode".into(), "placeholder", true),
            ("/templates".into(), "missing-usage", true),
        ]
    );
}

#[test]
fn a_key_beside_a_code_does_not_stand_in_for_what_is_wrong_with_it() {
    let mut config = changed(
        "/templates/3/templateCode",
        json!({"mainland": null, "other": 1}),
    );
    config["templates"][3]["templateCodeOld"] = json!("1");
    assert_eq!(
        found(&config),
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

#[test]
fn a_value_that_no_account_can_have_is_too_long() {
    for (pointer, filler, most) in [
        ("/accessKeyId", "a", 256),
        ("/accessKeySecret", "a", 256),
        ("/signName", "a", 256),
        ("/sdkAppId", "1", 32),
        ("/sessionToken", "a", 8_192),
        ("/extendCode", "1", 12),
    ] {
        assert_eq!(
            found(&changed(pointer, json!(filler.repeat(most)))),
            [],
            "{pointer}"
        );
        let beyond = found(&changed(pointer, json!(filler.repeat(most + 1))));
        assert_eq!(beyond, one(pointer, "malformed", true), "{pointer}");
    }
    let params = |bytes: usize| changed("/templates/0/params", json!(["{".repeat(bytes)]));
    assert_eq!(found(&params(512)), []);
    assert_eq!(
        found(&params(513)),
        one("/templates/0/params/0", "wrong-type", true)
    );
}

#[test]
fn a_hundred_findings_are_listed_and_the_next_is_told_as_more() {
    let with = |unknown: usize| {
        let mut config = logto();
        for index in 0..unknown {
            let key: String = ["k", &"x".repeat(index)].concat();
            config["templates"][0][key] = 0.into();
        }
        config
    };
    assert_eq!(found(&with(100)).len(), 100);
    assert!(
        found(&with(100))
            .iter()
            .all(|(_, code, _)| *code == "unknown-key")
    );
    let beyond = found(&with(101));
    assert_eq!(
        (beyond.len(), &beyond[100]),
        (101, &(String::new(), "more", false))
    );

    // An error that is not listed blocks all the same.
    let mut config = with(101);
    config["sessionToken"] = "line\nbreak".into();
    assert_eq!(found(&config)[100], (String::new(), "more", true));
    // So does a required usage whose template is found unusable beyond the list.
    let mut config = with(101);
    config["templates"][1]["templateCode"] = "x".into();
    assert_eq!(found(&config)[100], (String::new(), "more", true));
}

#[test]
fn a_required_usage_whose_routes_are_all_null_has_no_template() {
    let code = json!({"mainland": null, "international": null});
    assert_eq!(
        found(&changed("/templates/1/templateCode", code)),
        one("/templates", "missing-usage", true)
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
    let text = config.to_string();
    let document = parse(&text).unwrap();
    let reading = Config::read(&document);
    assert!(reading.findings.is_empty(), "{:?}", reading.findings);
    let config = reading.config.unwrap();
    assert_eq!(config.mainland.secret_id.reveal(), "id");
    assert_eq!(config.mainland.secret_key.reveal(), "key");
    assert_eq!(config.mainland.session_token.unwrap().reveal(), "token");
    assert_eq!(
        (
            config.mainland.sign_name,
            config.mainland.sdk_app_id.as_ref(),
            config.mainland.region
        ),
        (Some("s"), "1400006666", "ap-guangzhou")
    );
    assert_eq!(config.mainland.endpoint, Endpoint::default());
    assert_eq!(config.timeout_ms, Some(5_000));
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
        (last.locale, last.kind, last.params.as_deref()),
        (Some("en"), Kind::Notice, None)
    );
}

#[test]
fn optional_fields_that_a_form_left_empty_count_as_absent() {
    for key in ["sessionToken", "endpoint", "timeoutMs", "allowedCountries"] {
        for blank in [Value::Null, json!(""), json!(" "), json!({}), json!([])] {
            let config = changed(&format!("/{key}"), blank.clone());
            assert_eq!(found(&config), [], "{key} {blank}");
        }
    }
}

#[test]
fn text_that_is_not_a_json_object_is_one_finding_at_the_root() {
    for (text, code) in [
        ("", "not-json"),
        ("{", "not-json"),
        ("accessKeyId: x", "not-json"),
        ("[]", "wrong-type"),
        ("null", "wrong-type"),
        (&"[".repeat(17), "too-deep"),
        (&" ".repeat(65_537), "too-long"),
    ] {
        assert_eq!(findings(text), one("", code, true));
    }
}

#[test]
fn a_repeated_key_is_a_warning() {
    let text = logto()
        .to_string()
        .replacen('{', r#"{"region":"ap-beijing","#, 1);
    assert_eq!(findings(&text), one("/region", "repeated-key", false));
}

#[test]
fn no_finding_in_any_language_repeats_a_value() {
    let secret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
    let spoilt = json!({
        "accessKeyId": format!("{secret} x"), "accessKeySecret": format!("{secret} y"), "signName": [secret], "sdkAppId": secret,
        "region": format!("{secret}\n"), "endpoint": format!("https://{secret}.example"), "sessionToken": format!("{secret} z"),
        "timeoutMs": secret, secret: 1,
        "templates": [{"usageType": secret, "templateCode": secret, "params": secret, "kind": secret, "locale": [secret], secret: 1}],
    });
    let text = spoilt.to_string();
    let document = parse(&text).unwrap();
    let reading = Config::read(&document);
    assert!(reading.findings.len() > 12, "{}", reading.findings.len());
    for finding in &reading.findings {
        for language in [
            crate::language::Language::English,
            crate::language::Language::Chinese,
        ] {
            let shown = format!("{finding:?} {:?}", finding.diagnostic(language));
            assert!(!shown.contains("Gu5t9x"), "{shown}");
        }
    }
}

#[test]
fn debug_output_of_a_config_holds_no_secret() {
    let text = changed("/sessionToken", json!("token-of-sts")).to_string();
    let document = parse(&text).unwrap();
    let shown = format!("{:?}", Config::read(&document).config.unwrap());
    for secret in ["AKIDz8krbs", "Gu5t9x", "token-of-sts"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
