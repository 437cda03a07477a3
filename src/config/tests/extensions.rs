//! Optional fields that Logto's connector does not have.

use super::*;

fn with_international(block: Value) -> Value {
    changed("/international", block)
}

#[test]
fn block_replaces_what_it_names() {
    let block = json!({"sdkAppId": 2_400_006_666_u64, "senderId": "ACME", "region": "ap-singapore",
        "endpoint": "sms.intl.tencentcloudapi.com", "signName": " Acme "});
    read_config(&with_international(block), |config| {
        let abroad = config.account(Route::International);
        assert_eq!(abroad.sdk_app_id, "2400006666");
        assert_eq!(abroad.sender_id, Some("ACME"));
        assert_eq!(abroad.sign_name, Some("Acme"));
        assert_eq!(abroad.region, "ap-singapore");
        assert_eq!(abroad.endpoint.authority, "sms.intl.tencentcloudapi.com");
        assert_eq!(
            abroad.credentials.secret_id.reveal(),
            config.mainland.credentials.secret_id.reveal()
        );
        let home = config.account(Route::Mainland);
        assert_eq!(
            (home.sdk_app_id.as_ref(), home.sender_id),
            ("1400006666", None)
        );
        assert_eq!(home.endpoint.authority, endpoint::DEFAULT_HOST);
    });
}

#[test]
fn absent_or_empty_block_shares_the_account() {
    for config in [
        logto(),
        with_international(json!(null)),
        with_international(json!({})),
        with_international(json!({"sdkAppId": " ", "accessKeyId": "", "signName": null})),
    ] {
        assert_eq!(findings(&config), []);
        read_config(&config, |config| {
            let abroad = config.account(Route::International);
            assert_eq!(abroad.sdk_app_id, "1400006666");
            assert_eq!(abroad.sign_name, config.mainland.sign_name);
        });
    }
}

/// They bring their own token.
#[test]
fn credentials_of_the_block_come_together() {
    let both =
        json!({"accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "accessKeySecret": "other"});
    let mut config = with_international(both);
    config["sessionToken"] = json!("token-of-the-top");
    read_config(&config, |config| {
        let abroad = config.account(Route::International);
        assert_eq!(abroad.credentials.secret_key.reveal(), "other");
        assert!(
            abroad.credentials.session_token.is_none(),
            "a token belongs to its key"
        );
        assert!(config.mainland.credentials.session_token.is_some());
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
        assert_eq!(findings(&with_international(block)), expected);
    }
}

#[test]
fn finding_in_the_block_has_its_pointer() {
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
        assert_eq!(
            findings(&with_international(block)),
            one(pointer, code, error)
        );
    }
}

#[test]
fn country_lists_decide_and_denial_wins() {
    let number = |text: &str| PhoneNumber::parse(text).unwrap();
    let permitted = |lists: Value, to: &str| {
        let mut config = logto();
        for (key, list) in lists.as_object().unwrap() {
            config[key] = list.clone();
        }
        read_config(&config, |config| config.permits(&number(to)))
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
fn unassigned_calling_code_is_an_error() {
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
        (json!("CN"), false),
        (json!("us"), false),
        (json!("XX"), true),
        (json!("C"), true),
        (json!("CHN"), true),
        (json!("\u{ff18}\u{ff16}"), true),
    ] {
        let expected = if error {
            one("/deniedCountries/0", "malformed", true)
        } else {
            Vec::new()
        };
        let config = changed("/deniedCountries", json!([entry]));
        assert_eq!(findings(&config), expected, "{entry}");
    }
    for entry in [json!(null), json!(-86), json!(8.6), json!(["86"])] {
        let config = changed("/deniedCountries", json!([entry]));
        let expected = one("/deniedCountries/0", "wrong-type", true);
        assert_eq!(findings(&config), expected, "{entry}");
    }
    assert_eq!(
        findings(&changed("/allowedCountries", json!("86"))),
        one("/allowedCountries", "wrong-type", true)
    );
    assert_eq!(
        findings(&changed("/allowedCountries", json!(vec!["86"; 300]))),
        []
    );
    assert_eq!(
        findings(&changed("/allowedCountries", json!(vec!["86"; 301]))),
        one("/allowedCountries", "wrong-type", true)
    );
}

#[test]
fn language_and_extension_are_read_and_checked() {
    let mut config = changed("/language", json!("zh-CN"));
    config["extendCode"] = json!(12);
    read_config(&config, |config| {
        assert_eq!(config.language, "zh-CN");
        assert_eq!(config.mainland.extend_code.as_deref(), Some("12"));
    });
    read_config(&logto(), |config| {
        assert_eq!(config.language, "en-US");
        assert_eq!(config.mainland.extend_code, None);
    });
    for (pointer, value) in [
        ("/language", json!("fr-FR")),
        ("/language", json!("zh-cn")),
        ("/extendCode", json!("a")),
        ("/extendCode", json!(1_000_000_000_000_u64)),
    ] {
        assert_eq!(
            findings(&changed(pointer, value)),
            one(pointer, "malformed", true)
        );
    }
}
