//! Likely mistakes: names of other products, sample values, brackets, invisible characters.

use super::*;

fn messages(config: &Value) -> Vec<(String, String)> {
    validate_config::<TencentSms>(&config.to_string(), Language::English)
        .into_iter()
        .map(|finding| (finding.pointer, finding.message))
        .collect()
}

#[test]
fn key_of_another_product_gets_a_suggestion() {
    for (key, meant) in [
        ("SecretId", "accessKeyId"),
        ("secret_id", "accessKeyId"),
        ("access-key-id", "accessKeyId"),
        ("ACCESS_KEY_SECRET", "accessKeySecret"),
        ("SecretKey", "accessKeySecret"),
        ("SmsSdkAppId", "sdkAppId"),
        ("SmsSdkAppid", "sdkAppId"),
        ("SdkAppID", "sdkAppId"),
        ("SignName", "signName"),
        ("Sign", "signName"),
        ("Region", "region"),
        ("timeout_ms", "timeoutMs"),
        ("token", "sessionToken"),
    ] {
        let found = messages(&changed(&format!("/{key}"), json!("")));
        let [(pointer, message)] = found.as_slice() else {
            panic!("{key}: {found:?}")
        };
        assert_eq!(pointer, &format!("/{key}"));
        assert!(
            message.contains(&format!("did you mean {meant}?")),
            "{message}"
        );
    }
    for (key, meant) in [
        ("TemplateId", "templateCode"),
        ("templateId", "templateCode"),
        ("TemplateID", "templateCode"),
        ("usage", "usageType"),
        ("TemplateParamSet", "params"),
    ] {
        let found = messages(&changed(&format!("/templates/0/{key}"), json!("1")));
        assert!(
            found[0].1.contains(&format!("did you mean {meant}?")),
            "{found:?}"
        );
    }
    let by_route = json!({"china": "1", "overseas": "2", "mainland": "3"});
    let found = messages(&changed("/templates/0/templateCode", by_route));
    for (key, meant) in [("china", "mainland"), ("overseas", "international")] {
        let (_, message) = found
            .iter()
            .find(|(pointer, _)| pointer == &format!("/templates/0/templateCode/{key}"))
            .unwrap();
        assert!(
            message.contains(&format!("did you mean {meant}?")),
            "{message}"
        );
    }
}

#[test]
fn unknown_key_keeps_its_pointer() {
    for (key, pointer) in [
        ("with-dash", "/with-dash"),
        ("with.dot", "/with.dot"),
        ("with/slash", "/with~1slash"),
        ("with~tilde", "/with~0tilde"),
        ("签名内容", "/签名内容"),
        ("clé", "/clé"),
    ] {
        let mut config = logto();
        config[key] = 1.into();
        assert_eq!(
            findings(&config),
            one(pointer, "unknown-key", false),
            "{key}"
        );
    }
    let long = "a-rather-long-name".repeat(20);
    let mut config = logto();
    config[&long] = 1.into();
    assert_eq!(
        findings(&config),
        one(&format!("/{long}"), "unknown-key", false)
    );
    // A key that could be a value in the wrong place is not repeated.
    for key in [
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "13800138000",
        "918273",
    ] {
        let mut config = logto();
        config[key] = 1.into();
        assert_eq!(findings(&config), one("", "unknown-key", false), "{key}");
    }
}

#[test]
fn brackets_around_a_signature_are_a_warning() {
    for name in ["【腾讯云】", "[Acme]", "【腾讯云", "腾讯云】"] {
        for pointer in ["/signName", "/international/signName"] {
            let config = match pointer {
                "/signName" => changed(pointer, json!(name)),
                _ => changed("/international", json!({"signName": name})),
            };
            assert_eq!(findings(&config), one(pointer, "brackets", false), "{name}");
        }
    }
    assert_eq!(findings(&changed("/signName", json!("A (B) 【C】 D"))), []);
}

#[test]
fn invisible_character_in_a_signature_is_a_warning() {
    for name in [
        "腾\u{200b}讯云",
        "\u{202e}Acme",
        "Ac\u{7}me",
        "Acme\u{ad}",
        "Ac\nme",
    ] {
        let expected = one("/signName", "invisible-character", false);
        assert_eq!(
            findings(&changed("/signName", json!(name))),
            expected,
            "{name:?}"
        );
    }
    assert_eq!(findings(&changed("/signName", json!(" 腾讯 云\n"))), []);
}

#[test]
fn sample_or_masked_key_is_a_warning() {
    for sample in [
        "your_secret_id",
        "YOUR-SECRET-ID",
        "AKID****************",
        "AKIDxxxxxxxxxxxxxxxx",
        "${TENCENT_SECRET_ID}",
        "{{secretId}}",
        "%SECRET_ID%",
    ] {
        for pointer in ["/accessKeyId", "/accessKeySecret"] {
            let config = changed(pointer, json!(sample));
            let expected = (pointer.into(), "sample-value", false);
            assert!(findings(&config).contains(&expected), "{pointer} {sample}");
        }
    }
    assert_eq!(findings(&logto()), []);
}

#[test]
fn swapped_key_and_secret_are_a_warning() {
    let mut config = logto();
    let (id, secret) = (
        config["accessKeyId"].take(),
        config["accessKeySecret"].take(),
    );
    (config["accessKeyId"], config["accessKeySecret"]) = (secret, id);
    assert_eq!(
        findings(&config),
        one("/accessKeySecret", "swapped-keys", false)
    );
    // Two ids are a mistake of another kind.
    let config = changed(
        "/accessKeySecret",
        json!("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"),
    );
    assert_eq!(findings(&config), []);
}

#[test]
fn timeout_above_the_cap_is_a_warning() {
    assert_eq!(findings(&changed("/timeoutMs", json!(8_000))), []);
    let expected = one("/timeoutMs", "above-cap", false);
    assert_eq!(findings(&changed("/timeoutMs", json!(8_001))), expected);
    assert_eq!(findings(&changed("/timeoutMs", json!(1e12))), expected);
}

#[test]
fn byte_order_mark_is_skipped() {
    let text = format!("\u{feff}{}", logto());
    assert_eq!(validate_config::<TencentSms>(&text, Language::English), []);
}

#[test]
fn country_lists_take_iso_codes() {
    let permits = |lists: Value, number: &str| {
        let mut config = logto();
        for (key, list) in lists.as_object().unwrap() {
            config[key] = list.clone();
        }
        assert_eq!(findings(&config), []);
        let number = PhoneNumber::parse(number).unwrap();
        read_config(&config, |config| config.permits(&number))
    };
    let us = json!({"allowedCountries": ["US", "CN"], "deniedCountries": []});
    for (number, expected) in [
        ("+14155552671", true),
        ("+8613800138000", true),
        ("+16135550100", false),
        ("+18095550100", false),
        ("+19005550100", false),
        ("+18005550100", false),
        ("+447911123456", false),
    ] {
        assert_eq!(permits(us.clone(), number), expected, "{number}");
    }
    let mixed = json!({"allowedCountries": ["us", "1613", "+44"], "deniedCountries": ["GG"]});
    for (number, expected) in [
        ("+14155552671", true),
        ("+16135550100", true),
        ("+447911223456", true),
        ("+447781123456", false),
    ] {
        assert_eq!(permits(mixed.clone(), number), expected, "{number}");
    }
}
