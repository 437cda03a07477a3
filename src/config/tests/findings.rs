//! Findings as a whole: completeness, order, bounds, and texts that repeat no value.

use super::*;

/// In the order of the field table; those about no field come first.
#[test]
fn every_finding_is_reported_at_once() {
    let config = json!({
        "accessKeyId": "", "accessKeySecret": "<access-key-secret>", "sdkAppId": "x", "region": "mars", "extra": 1,
        "templates": [{"usageType": "SignIn", "templateCode": "<template-code>"}],
    });
    assert_eq!(
        findings(&config),
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
fn findings_beyond_a_hundred_are_one_more() {
    let with = |unknown: usize| {
        let mut config = logto();
        for index in 0..unknown {
            let key: String = ["k", &"x".repeat(index)].concat();
            config["templates"][0][key] = 0.into();
        }
        config
    };
    assert_eq!(findings(&with(100)).len(), 100);
    assert!(
        findings(&with(100))
            .iter()
            .all(|(_, code, _)| *code == "unknown-key")
    );
    let beyond = findings(&with(101));
    assert_eq!(
        (beyond.len(), &beyond[100]),
        (101, &(String::new(), "more", false))
    );
}

/// Some errors are found after all entries were read, others in a later field.
#[test]
fn error_after_hundred_warnings_is_listed() {
    let with = |unknown: usize, pointer: &str, value: Value| {
        let mut config = changed(pointer, value);
        for index in 0..unknown {
            let key: String = ["k", &"x".repeat(index)].concat();
            config["templates"][3][key] = 0.into();
        }
        findings(&config)
    };
    let code = "/templates/0/templateCode";
    let countries = "/allowedCountries";
    for (pointer, value, place, word) in [
        (code, json!("x"), code, "malformed"),
        (countries, json!(["XX"]), "/allowedCountries/0", "malformed"),
    ] {
        let error: Found = (place.into(), word, true);
        for (unknown, has_more) in [(99, false), (100, true), (101, true)] {
            let found = with(unknown, pointer, value.clone());
            assert!(found.contains(&error), "{unknown} {found:?}");
            assert_eq!(found.contains(&(String::new(), "more", false)), has_more);
            assert_eq!(found.len(), if has_more { 101 } else { 100 });
        }
    }
}

#[test]
fn unreadable_text_is_one_finding_at_the_root() {
    for (text, code) in [
        ("", "not-json"),
        ("{", "not-json"),
        ("accessKeyId: x", "not-json"),
        ("[]", "wrong-type"),
        ("null", "wrong-type"),
        (&"[".repeat(17), "too-deep"),
        (&" ".repeat(65_537), "too-long"),
    ] {
        assert_eq!(findings_of(text), one("", code, true));
    }
}

#[test]
fn repeated_key_is_a_warning() {
    let text = logto()
        .to_string()
        .replacen('{', r#"{"region":"ap-beijing","#, 1);
    assert_eq!(findings_of(&text), one("/region", "repeated-key", false));
}

#[test]
fn finding_repeats_no_value_in_any_language() {
    let secret = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
    let spoilt = json!({
        "accessKeyId": format!("{secret} x"), "accessKeySecret": format!("{secret} y"), "signName": [secret], "sdkAppId": secret,
        "region": format!("{secret}\n"), "endpoint": format!("https://{secret}.example"), "sessionToken": format!("{secret} z"),
        "timeoutMs": secret, secret: 1,
        "templates": [{"usageType": secret, "templateCode": secret, "params": secret, "kind": secret, "locale": [secret], secret: 1}],
    });
    let text = spoilt.to_string();
    for language in [Language::English, Language::Chinese] {
        let findings = diagnostics(&text, language);
        assert!(findings.len() > 12, "{}", findings.len());
        let shown = format!("{findings:?}");
        assert!(!shown.contains("Gu5t9x"), "{shown}");
    }
}

#[test]
fn debug_output_holds_no_secret() {
    let config = changed("/sessionToken", json!("token-of-sts"));
    let shown = read_config(&config, |config| format!("{config:?}"));
    for secret in ["AKIDz8krbs", "Gu5t9x", "token-of-sts"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn finding_says_where_the_value_is_found() {
    let finding = |pointer: &str, value| {
        let text = changed(pointer, value).to_string();
        diagnostics(&text, Language::Chinese).swap_remove(0)
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
