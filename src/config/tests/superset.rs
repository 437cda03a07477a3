//! What this connector's config has beyond Logto's six fields.

use super::*;
use crate::phone::PhoneNumber;

/// The config's own reading of a document that has no error.
fn reading<T>(config: &Value, look: impl FnOnce(&Config<'_>) -> T) -> T {
    let text = config.to_string();
    let document = parse(&text).unwrap();
    let reading = Config::read(&document);
    look(&reading.config.expect("a config without an error"))
}

fn with_international(block: Value) -> Value {
    changed("/international", block)
}

#[test]
fn numbers_abroad_take_what_the_block_names_and_the_rest_from_the_top() {
    let block = json!({"sdkAppId": 2_400_006_666_u64, "senderId": "ACME", "region": "ap-singapore",
        "endpoint": "sms.intl.tencentcloudapi.com", "signName": " Acme "});
    reading(&with_international(block), |config| {
        let abroad = config.account(Route::International);
        assert_eq!(abroad.sdk_app_id, "2400006666");
        assert_eq!(abroad.sender_id, Some("ACME"));
        assert_eq!(abroad.sign_name, Some("Acme"));
        assert_eq!(abroad.region, "ap-singapore");
        assert_eq!(abroad.endpoint.authority, "sms.intl.tencentcloudapi.com");
        assert_eq!(
            abroad.secret_id.reveal(),
            config.mainland.secret_id.reveal()
        );
        let home = config.account(Route::Mainland);
        assert_eq!(
            (home.sdk_app_id.as_ref(), home.sender_id),
            ("1400006666", None)
        );
        assert_eq!(home.endpoint, Endpoint::default());
    });
}

#[test]
fn without_a_block_and_with_an_empty_one_all_numbers_share_the_account() {
    for config in [
        logto(),
        with_international(json!(null)),
        with_international(json!({})),
        with_international(json!({"sdkAppId": " ", "accessKeyId": "", "signName": null})),
    ] {
        assert_eq!(found(&config), []);
        reading(&config, |config| {
            let abroad = config.account(Route::International);
            assert_eq!(abroad.sdk_app_id, "1400006666");
            assert_eq!(abroad.sign_name, config.mainland.sign_name);
        });
    }
}

#[test]
fn credentials_of_the_block_come_together_and_bring_their_own_token() {
    let both =
        json!({"accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "accessKeySecret": "other"});
    let mut config = with_international(both);
    config["sessionToken"] = json!("token-of-the-top");
    reading(&config, |config| {
        let abroad = config.account(Route::International);
        assert_eq!(abroad.secret_key.reveal(), "other");
        assert!(abroad.session_token.is_none(), "a token belongs to its key");
        assert!(config.mainland.session_token.is_some());
    });
    for (block, missing) in [
        (json!({"accessKeyId": "id"}), &["accessKeySecret"][..]),
        (json!({"accessKeySecret": "key"}), &["accessKeyId"]),
        (
            json!({"sessionToken": "token"}),
            &["accessKeyId", "accessKeySecret"],
        ),
    ] {
        let expected: Vec<_> = missing
            .iter()
            .map(|key| (format!("/international/{key}"), "required", true))
            .collect();
        assert_eq!(found(&with_international(block)), expected);
    }
}

#[test]
fn what_is_wrong_in_the_block_is_found_at_its_place() {
    for (block, pointer, code, error) in [
        (json!("x"), "/international", "wrong-type", true),
        (
            json!({"sdkAppId": "x"}),
            "/international/sdkAppId",
            "malformed",
            true,
        ),
        (
            json!({"sdkAppId": "<app>"}),
            "/international/sdkAppId",
            "placeholder",
            false,
        ),
        (
            json!({"senderId": "sixteen characte"}),
            "/international/senderId",
            "malformed",
            true,
        ),
        (
            json!({"region": "mars"}),
            "/international/region",
            "unlisted-region",
            false,
        ),
        (
            json!({"endpoint": "https://example.com"}),
            "/international/endpoint",
            "malformed",
            true,
        ),
        (
            json!({"signName": "1234567"}),
            "/international/signName",
            "signature-id",
            false,
        ),
        (
            json!({"signname": "Acme"}),
            "/international/signname",
            "unknown-key",
            false,
        ),
        (
            json!({"templates": []}),
            "/international/templates",
            "unknown-key",
            false,
        ),
    ] {
        assert_eq!(found(&with_international(block)), one(pointer, code, error));
    }
}

#[test]
fn a_signature_is_needed_unless_every_template_is_for_numbers_abroad() {
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
        assert_eq!(found(&abroad(signature)), []);
    }
    assert_eq!(
        found(&abroad(Some(json!("<sign-name>")))),
        one("/signName", "placeholder", false)
    );
    let mut config = abroad(None);
    config["templates"][2]["templateCode"] = json!("1110000");
    assert!(found(&config).contains(&("/signName".into(), "required", true)));
    reading(&abroad(None), |config| {
        assert_eq!(config.mainland.sign_name, None)
    });
}

#[test]
fn an_id_in_place_of_a_signatures_text_is_pointed_out() {
    assert_eq!(
        found(&changed("/signName", json!("1234567"))),
        one("/signName", "signature-id", false)
    );
    assert_eq!(found(&changed("/signName", json!("7 Eleven"))), []);
}

#[test]
fn lists_of_countries_decide_by_calling_code_and_what_both_name_is_denied() {
    let number = |text: &str| PhoneNumber::parse(text).unwrap();
    let permitted = |lists: Value, to: &str| {
        let mut config = logto();
        for (key, list) in lists.as_object().unwrap() {
            config[key] = list.clone();
        }
        reading(&config, |config| config.permits(&number(to)))
    };
    for (lists, to, expected) in [
        (json!({}), "+8613800138000", true),
        (json!({"allowedCountries": ["86"]}), "+8613800138000", true),
        (
            json!({"allowedCountries": ["+86", 852]}),
            "+85268326366",
            true,
        ),
        (json!({"allowedCountries": ["86"]}), "+85268326366", false),
        (json!({"deniedCountries": ["1"]}), "+14155552671", false),
        (json!({"deniedCountries": ["1876"]}), "+14155552671", true),
        (json!({"deniedCountries": ["1876"]}), "+18765550123", false),
        (
            json!({"allowedCountries": ["1"], "deniedCountries": ["1876"]}),
            "+18765550123",
            false,
        ),
        (json!({"allowedCountries": ["1876"]}), "+14155552671", false),
    ] {
        assert_eq!(permitted(lists.clone(), to), expected, "{lists} {to}");
    }
}

#[test]
fn an_entry_that_no_country_begins_with_is_an_error_at_its_place() {
    for (entry, error) in [
        (json!("86"), false),
        (json!(" +86 "), false),
        (json!(1_876), false),
        (json!("1876555"), false),
        (json!("18765550"), true),
        (json!("0"), true),
        (json!("0086"), true),
        (json!("999"), true),
        (json!(""), true),
        (json!("CN"), true),
        (json!(null), true),
        (json!(-86), true),
        (json!("\u{ff18}\u{ff16}"), true),
    ] {
        let expected = if error {
            one("/deniedCountries/0", "malformed", true)
        } else {
            Vec::new()
        };
        let config = changed("/deniedCountries", json!([entry]));
        assert_eq!(found(&config), expected, "{entry}");
    }
    assert_eq!(
        found(&changed("/allowedCountries", json!("86"))),
        one("/allowedCountries", "wrong-type", true)
    );
    assert_eq!(
        found(&changed("/allowedCountries", json!(vec!["86"; 300]))),
        []
    );
    assert_eq!(
        found(&changed("/allowedCountries", json!(vec!["86"; 301]))),
        one("/allowedCountries", "wrong-type", true)
    );
}

#[test]
fn a_route_on_which_people_would_wait_in_vain_is_pointed_out() {
    let with = |entries: &[(&str, Value)], change: fn(&mut Value)| {
        let mut config = logto();
        config["templates"] = entries
            .iter()
            .map(|(usage, code)| json!({"usageType": usage, "templateCode": code}))
            .collect();
        change(&mut config);
        found(&config)
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
    // Generic serves abroad, so nobody waits.
    assert_eq!(with(&four(both(), home()), |_| {}), []);
    // Nobody serves those who register abroad.
    assert_eq!(
        with(&four(home(), home()), |_| {}),
        one("/templates/1/templateCode", "unserved-route", false)
    );
    // Every other usage has its own.
    assert_eq!(with(&four(home(), both()), |_| {}), []);
    // No template serves abroad at all, which is told once, and not when it is meant.
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
fn a_variable_that_no_host_is_known_to_pass_is_pointed_out() {
    let params = |params: Value| changed("/templates/0/params", params);
    assert_eq!(
        found(&params(json!(["{{code}}", "{{ ttlMinutes }}", "5", 5]))),
        []
    );
    assert_eq!(
        found(&params(json!([
            "{{code}}",
            "for {{expireMinutes}} minutes"
        ]))),
        one("/templates/0/params/1", "unprovided-parameter", false)
    );
    // Braces around anything else are literal text.
    assert_eq!(found(&params(json!(["{{not a name}}", "{{"]))), []);
}

#[test]
fn language_and_extension_are_read_and_their_forms_checked() {
    let mut config = changed("/language", json!("zh-CN"));
    config["extendCode"] = json!(12);
    reading(&config, |config| {
        assert_eq!(config.language, ProviderLanguage::Chinese);
        assert_eq!(config.mainland.extend_code.as_deref(), Some("12"));
    });
    reading(&logto(), |config| {
        assert_eq!(config.language, ProviderLanguage::English);
        assert_eq!(config.mainland.extend_code, None);
    });
    for (pointer, value) in [
        ("/language", json!("fr-FR")),
        ("/language", json!("zh-cn")),
        ("/extendCode", json!("a")),
        ("/extendCode", json!(1_000_000_000_000_u64)),
    ] {
        assert_eq!(
            found(&changed(pointer, value)),
            one(pointer, "malformed", true)
        );
    }
}

#[test]
fn an_example_left_in_an_optional_field_counts_as_absent_with_a_warning() {
    for key in ["sessionToken", "endpoint", "extendCode", "language"] {
        let pointer = format!("/{key}");
        assert_eq!(
            found(&changed(&pointer, json!("<example>"))),
            one(&pointer, "placeholder", false)
        );
    }
}

#[test]
fn a_finding_says_where_the_right_value_is_found() {
    let finding = |pointer: &str, value| {
        let text = changed(pointer, value).to_string();
        let document = parse(&text).unwrap();
        Config::read(&document).findings[0].diagnostic(crate::language::Language::Chinese)
    };
    let diagnostic = finding("/accessKeyId", json!(""));
    let attribute = |key: &str| {
        diagnostic
            .attributes
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    };
    assert!(
        attribute("hint")
            .unwrap()
            .contains("\u{8bbf}\u{95ee}\u{7ba1}\u{7406}")
    );
    assert_eq!(
        attribute("link"),
        Some("https://console.cloud.tencent.com/cam/capi")
    );
    assert!(finding("/unheard-of", json!(1)).attributes.is_empty());
}
