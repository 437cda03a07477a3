//! Weaknesses of the connector that this one replaces, each with a test that it is gone.

use crate::support::trial::{OK, PLENTY, against, answer, answered};
use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, Rig, SECRET_KEY, Server, accepted, attribute, code_to, config,
    front, host, load, not_sent, to_config,
};
use auth_connector_host::{Config, Failure, FailureKind, Message, Severity, WallClock};
use serde_json::{Value, json};
use std::time::Duration;
use tencent_sms_simulator::Fault;

fn with_variables(message: Message, variables: &[(&str, &str)]) -> Message {
    let more = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut message = message;
    message.variables.extend(more);
    message
}

/// Every finding about a config: pointer, code, and whether it is an error.
async fn findings(config: &Value) -> Vec<(String, String, bool)> {
    let plugin = load(host());
    let found = plugin
        .validate_config(&to_config(config), &[])
        .await
        .unwrap();
    found
        .into_iter()
        .map(|finding| {
            let blocks = finding.severity == Severity::Error;
            (finding.pointer, finding.code, blocks)
        })
        .collect()
}

/// The stranger would be in China.
#[tokio::test]
async fn foreign_number_without_prefix_reaches_no_stranger() {
    let rig = Rig::new();
    for digits in [
        "18624017194",
        "15551234567",
        "85268326366",
        "6598765432",
        "8613012345678",
        "13800138000",
    ] {
        let failure = not_sent(rig.send(&code_to(digits)).await);
        assert_eq!(failure.kind, FailureKind::InvalidMessage, "{digits}");
        assert!(failure.message.contains("neither + nor 00"));
    }
    assert_eq!(rig.simulator.complete_requests(), 0);
    for (written, reached) in [
        ("+18624017194", "+18624017194"),
        ("008613012345678", "+8613012345678"),
        ("+8613012345678", "+8613012345678"),
    ] {
        rig.simulator.reset();
        accepted(rig.send(&code_to(written)).await);
        assert_eq!(rig.simulator.messages()[0].to, reached);
    }
}

#[tokio::test]
async fn only_declared_parameters_reach_service() {
    let rig = Rig::new();
    let message = with_variables(
        code_to(MAINLAND),
        &[
            ("uiLocales", "fr-CA fr"),
            ("locale", "fr"),
            ("link", "https://example.com"),
            ("application", "[object Object]"),
        ],
    );
    accepted(rig.send(&message).await);
    assert_eq!(rig.simulator.messages()[0].params, [CODE]);
}

/// The receipt says so.
#[tokio::test]
async fn usage_without_template_falls_back_to_generic() {
    let rig = Rig::new();
    let receipt = accepted(
        rig.send(&Message::to(MAINLAND).usage("BindMfa").code(CODE))
            .await,
    );
    let found = |key| attribute(&receipt.attributes, key);
    assert_eq!(
        (found("usage"), found("fallback"), found("template")),
        (Some("Generic"), Some("true"), Some("1110000"))
    );
}

/// Each gets its messages from its own application, with its own signature and template.
#[tokio::test]
async fn one_config_serves_mainland_and_world() {
    let rig = Rig::new();
    let mut config = rig.config();
    config["international"] = json!({
        "sdkAppId": "2400006666",
        "signName": "Tencent",
        "region": "ap-singapore",
        "accessKeyId": "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE",
        "accessKeySecret": "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE",
        "sessionToken": "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE",
    });
    for (number, app, sign, template, text) in [
        (
            MAINLAND,
            "1400006666",
            "腾讯云",
            "1110000",
            "【腾讯云】您的验证码是918273，请于5分钟内填写。如非本人操作，请忽略本短信。",
        ),
        (
            INTERNATIONAL,
            "2400006666",
            "Tencent",
            "1110002",
            "Your verification code is 918273.",
        ),
    ] {
        rig.simulator.reset();
        accepted(rig.send_with(&config, &code_to(number)).await);
        let [message] = &rig.simulator.messages()[..] else {
            panic!("one message")
        };
        assert_eq!(
            (
                message.app_id.as_str(),
                message.sign.as_str(),
                message.template_id.as_str()
            ),
            (app, sign, template)
        );
        assert!(message.text.ends_with(text), "{}", message.text);
    }
}

/// The minutes until the code expires are one of the values.
#[tokio::test]
async fn template_takes_code_and_values_in_order() {
    let rig = Rig::new();
    let mut config = rig.config();
    config["templates"][1] = json!({"usageType": "Register", "templateCode": "1110001",
        "params": ["{{code}}", "{{ttlMinutes}}"]});
    let message = with_variables(code_to(MAINLAND), &[("ttlMinutes", "10")]);
    accepted(rig.send_with(&config, &message).await);
    assert_eq!(rig.simulator.messages()[0].params, [CODE, "10"]);

    // The service would refuse each of these, and the caller gets the error before any request.
    for (code, minutes) in [("1234567", "10"), ("12a4", "10"), (CODE, "ten"), ("", "10")] {
        rig.simulator.reset();
        let message = with_variables(
            Message::to(MAINLAND).usage("Register").code(code),
            &[("ttlMinutes", minutes)],
        );
        let failure = not_sent(rig.send_with(&config, &message).await);
        assert_eq!(failure.kind, FailureKind::InvalidMessage);
        assert_eq!(rig.simulator.complete_requests(), 0);
    }
}

#[tokio::test]
async fn message_without_code_is_refused_unsent() {
    let rig = Rig::new();
    let mut message = code_to(MAINLAND);
    message.variables = vec![("link".to_owned(), "https://example.com".to_owned())];
    let failure = not_sent(rig.send(&message).await);
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(
        failure.message.contains("the variable code"),
        "{}",
        failure.message
    );
    assert_eq!(rig.simulator.complete_requests(), 0);
}

#[tokio::test]
async fn unusable_answer_or_connection_is_typed_error() {
    for body in [
        "",
        "{}",
        "null",
        "<html></html>",
        r#"{"Response":{}}"#,
        r#"{"Response":{"SendStatusSet":[]}}"#,
        r#"{"Response":{"Error":{"Code":"InternalError"}}}"#,
        &OK[..OK.len() - 1],
    ] {
        let ended = answered(answer("200 OK", body)).await;
        let told = ended.told(PLENTY);
        assert_eq!(told, ("unknown", Some(FailureKind::Provider)), "{body}");
    }
    for bytes in [
        Vec::new(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec(),
    ] {
        let (state, kind) = answered(bytes).await.told(PLENTY);
        assert_eq!(state, "unknown");
        assert!(matches!(
            kind,
            Some(FailureKind::Provider | FailureKind::Unreachable)
        ));
    }
    let ended = against(PLENTY, |peer| async move { peer.reset() }).await;
    assert!(matches!(
        ended.told(PLENTY).1,
        Some(FailureKind::Unreachable)
    ));
}

#[tokio::test]
async fn error_is_a_sentence_without_parser_internals() {
    let rig = Rig::new();
    rig.simulator.queue_fault(Fault::Code {
        code: "FailedOperation.SignatureIncorrectOrUnapproved".to_owned(),
        message: None,
    });
    let refused = not_sent(rig.send(&code_to(MAINLAND)).await);
    let mut broken = rig.config();
    broken["templates"] = json!([{"usageType": 3}]);
    let invalid = not_sent(rig.send_with(&broken, &code_to(MAINLAND)).await);
    assert!(!invalid.diagnostics.is_empty());
    for failure in [refused, invalid] {
        let texts = [failure.message].into_iter().chain(
            failure
                .diagnostics
                .into_iter()
                .map(|finding| finding.message),
        );
        for text in texts {
            assert!(text.ends_with('.'), "{text}");
            for inside in ["{", "}", "success", "issues", "undefined", "RequestId"] {
                assert!(!text.contains(inside), "{inside} in {text}");
            }
        }
    }
}

/// One request is made until then.
#[tokio::test]
async fn hanging_service_is_left_at_deadline() {
    let ended = against(300, |mut peer| async move { peer.rest().await }).await;
    assert_eq!(ended.told(300), ("unknown", Some(FailureKind::Timeout)));
    assert_eq!(ended.complete, 1);

    // The config's own limit counts as well, if it is smaller.
    let server = Server::start(|mut peer| async move { peer.rest().await });
    let plugin = load(host().allow(&server.url()).unwrap());
    let mut config = config(Some(&server.url()));
    config["timeoutMs"] = 300.into();
    let begun = std::time::Instant::now();
    let outcome = plugin
        .send_message(&to_config(&config), &code_to(MAINLAND))
        .await;
    let failure = crate::support::unknown(outcome);
    assert_eq!(failure.kind, FailureKind::Timeout);
    // Logto's browser client gives up after ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(8));
}

/// They are named all at once.
#[tokio::test]
async fn all_config_mistakes_are_named_with_place() {
    let mut wrong = config(None);
    wrong["accessKeyId"] = " ".into();
    wrong["accessKeySecret"] = "<access-key-secret>".into();
    wrong["sdkAppId"] = "14000x".into();
    wrong["region"] = "eu-frankfurt".into();
    wrong["templates"][3]["templateCode"] = "<template-code>".into();
    let templates = wrong["templates"].as_array_mut().unwrap();
    templates.push(json!({"usageType": "Register", "templateCode": "1"}));
    templates.push(json!({"usageType": "Signin", "templateCode": "1"}));
    let found = findings(&wrong).await;
    for (pointer, code, blocks) in [
        ("/accessKeyId", "blank", true),
        ("/accessKeySecret", "placeholder", true),
        ("/sdkAppId", "malformed", true),
        ("/region", "unlisted-region", false),
        ("/templates/3/templateCode", "placeholder", true),
        ("/templates/4", "duplicate", false),
        ("/templates/5/usageType", "unregistered-usage", false),
    ] {
        let expected = (pointer.to_owned(), code.to_owned(), blocks);
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }

    // Logto refuses the number and sends the blanks.
    let mut lenient = config(None);
    lenient["sdkAppId"] = 1_400_006_666.into();
    lenient["signName"] = " Acme ".into();
    lenient["templates"][0]["templateCode"] = 1_110_000.into();
    assert_eq!(findings(&lenient).await, []);
}

/// The signature is required if a template serves the mainland.
#[tokio::test]
async fn signature_is_required_only_for_mainland() {
    let mut config = config(None);
    config.as_object_mut().unwrap().remove("signName");
    let required = ("/signName".to_owned(), "required".to_owned(), true);
    assert!(findings(&config).await.contains(&required));
    for template in config["templates"].as_array_mut().unwrap() {
        template["templateCode"] = json!({"international": "1110002"});
    }
    config["allowedCountries"] = json!(["44"]);
    assert_eq!(findings(&config).await, []);
}

#[tokio::test]
async fn template_follows_reader_language_or_falls_back() {
    let rig = Rig::new();
    let mut config = rig.config();
    let templates = config["templates"].as_array_mut().unwrap();
    for (locale, code) in [("zh-CN", "1110001"), ("en", "1110003")] {
        templates.push(
            json!({"usageType": "Register", "locale": locale, "templateCode": code,
            "params": ["{{code}}", "5"]}),
        );
    }
    let plain = ("1110000", None);
    for (locales, expected) in [
        (&["zh-CN"][..], ("1110001", Some("zh-CN"))),
        (&["fr-CA", "zh-CN", "en"], ("1110001", Some("zh-CN"))),
        (&["en-AU", "zh-CN"], ("1110003", Some("en"))),
        (&["fr"], plain),
        (&[], plain),
    ] {
        let mut message = code_to(MAINLAND);
        message.locales = locales.iter().map(|tag| (*tag).to_owned()).collect();
        let preview = rig
            .plugin
            .preview_message(&to_config(&config), &message)
            .await
            .unwrap();
        let locale = attribute(&preview.attributes, "locale");
        assert_eq!((preview.template.as_str(), locale), expected, "{locales:?}");
    }
}

#[tokio::test]
async fn operator_sets_endpoint_sender_extension_and_language() {
    let rig = Rig::new();
    let mut config = rig.config();
    config["extendCode"] = "12".into();
    config["international"] = json!({"senderId": "ACME"});
    let message = |number| Message {
        correlation_id: Some("login-7f3a".to_owned()),
        ..code_to(number)
    };
    for (number, extend_code, sender_id) in [(MAINLAND, "12", ""), (INTERNATIONAL, "", "ACME")] {
        rig.simulator.reset();
        accepted(rig.send_with(&config, &message(number)).await);
        let [message] = &rig.simulator.messages()[..] else {
            panic!("one message")
        };
        assert_eq!(message.session_context, "login-7f3a");
        assert_eq!(
            (message.extend_code.as_str(), message.sender_id.as_str()),
            (extend_code, sender_id)
        );
    }

    const INTL: &str = "sms.intl.tencentcloudapi.com";
    let server = Server::start(|mut peer| async move {
        peer.request().await;
    });
    let (address, authority) = front(INTL, server.address()).await;
    let host = host()
        .allow(&format!("https://{INTL}"))
        .unwrap()
        .resolve(&format!("{INTL}:443:{address}"))
        .unwrap()
        .trust_pem(authority.as_bytes());
    let mut config = crate::support::config(Some(INTL));
    config["sessionToken"] = "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE".into();
    config["language"] = "zh-CN".into();
    let _ = load(host)
        .send_message(&to_config(&config), &code_to(MAINLAND))
        .await;
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    for (header, value) in [
        ("host", INTL),
        ("x-tc-token", "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE"),
        ("x-tc-language", "zh-CN"),
    ] {
        assert_eq!(request.header(header), Some(value), "{header}");
    }
}

#[tokio::test]
async fn country_not_permitted_costs_no_message() {
    let rig = Rig::new();
    let mut config = rig.config();
    for (allowed, denied, number, permitted) in [
        (json!(["86"]), json!(null), MAINLAND, true),
        (json!(["86"]), json!(null), INTERNATIONAL, false),
        (json!(null), json!(["44"]), INTERNATIONAL, false),
        (json!(null), json!(["44"]), MAINLAND, true),
        (json!(["+44", 86]), json!(["447700"]), INTERNATIONAL, false),
        (json!(["+44", 86]), json!(["1"]), INTERNATIONAL, true),
    ] {
        rig.simulator.reset();
        config["allowedCountries"] = allowed;
        config["deniedCountries"] = denied;
        let outcome = rig.send_with(&config, &code_to(number)).await;
        if permitted {
            accepted(outcome);
        } else {
            let failure = not_sent(outcome);
            assert_eq!(failure.kind, FailureKind::Denied);
            assert_eq!(rig.simulator.complete_requests(), 0);
        }
    }
}

/// The receipt contains the numbers of the message and of the request as well.
#[tokio::test]
async fn receipt_tells_what_was_sent_and_how() {
    let rig = Rig::new();
    let receipt = accepted(rig.send(&code_to(INTERNATIONAL)).await);
    let [message] = &rig.simulator.messages()[..] else {
        panic!("one message")
    };
    assert_eq!(receipt.message_id, message.serial_no);
    let journal = rig.simulator.journal();
    assert_eq!(
        receipt.request_id.as_deref(),
        Some(journal[0].request_id.as_str())
    );
    let segments = message.segments.to_string();
    for (key, value) in [
        ("route", "international"),
        ("template", message.template_id.as_str()),
        ("usage", "Register"),
        ("fallback", "false"),
        ("segments", segments.as_str()),
        ("country", message.iso_code.as_str()),
    ] {
        assert_eq!(attribute(&receipt.attributes, key), Some(value), "{key}");
    }
}

/// The preview shows the choice of usage, language and route.
#[tokio::test]
async fn rehearsal_shows_route_and_sends_nothing() {
    let rig = Rig::new();
    let config = to_config(&rig.config());
    for (number, usage, route, template) in [
        (MAINLAND, "Register", "mainland", "1110000"),
        (INTERNATIONAL, "ForgotPassword", "international", "1110002"),
        (INTERNATIONAL, "BindMfa", "international", "1110002"),
    ] {
        let message = Message::to(number).usage(usage).code(CODE);
        let preview = rig.plugin.preview_message(&config, &message).await.unwrap();
        assert_eq!(
            (preview.route.as_str(), preview.template.as_str()),
            (route, template)
        );
        assert_eq!(preview.parameters, [CODE]);
        let to = attribute(&preview.attributes, "to").unwrap();
        assert!(to.contains("****") && !to.contains(&number[5..]), "{to}");
    }
    assert_eq!(rig.simulator.complete_requests(), 0);
}

/// The secrets are marked for forms and for stores.
#[tokio::test]
async fn secrets_are_marked_and_show_nowhere() {
    let plugin = load(host());
    let guard = plugin.get_config_guard(&[]).await.unwrap();
    assert!(
        guard
            .secret_pointers
            .contains(&"/accessKeySecret".to_owned())
    );
    let schema: Value = serde_json::from_str(&guard.json_schema).unwrap();
    let form: Value = serde_json::from_str(&guard.form_json).unwrap();
    let confidential = |key: &str| {
        let items = form.as_array().unwrap();
        items
            .iter()
            .any(|item| item["key"] == key && item["isConfidential"] == true)
    };
    for key in ["accessKeySecret", "sessionToken"] {
        assert_eq!(schema["properties"][key]["writeOnly"], true, "{key}");
        assert!(confidential(key), "{key}");
    }
    // In the wrong place, in broken text, and in a service's response.
    let mut misplaced = config(None);
    misplaced["region"] = SECRET_KEY.into();
    misplaced[SECRET_KEY] = 1.into();
    misplaced["templates"][0]["templateCode"] = SECRET_KEY.into();
    let broken = Config::new(format!("{{\"accessKeySecret\": \"{SECRET_KEY}"));
    for config in [to_config(&misplaced), broken] {
        let findings = plugin.validate_config(&config, &[]).await.unwrap();
        assert!(!findings.is_empty());
        let sent = plugin.send_message(&config, &code_to(MAINLAND)).await;
        for shown in [
            format!("{findings:?}"),
            format!("{sent:?}"),
            format!("{config:?}"),
        ] {
            assert!(!shown.contains(SECRET_KEY), "{shown}");
        }
    }
    let echo = format!(
        r#"{{"Response":{{"Error":{{"Code":"FailedOperation.JsonParseFail","Message":"{SECRET_KEY}"}},"RequestId":"{SECRET_KEY}"}}}}"#
    );
    let ended = answered(answer("200 OK", &echo)).await;
    assert!(!format!("{:?}", ended.state).contains(SECRET_KEY));
}

/// The original once signed with the wrong month, and had one test. The clock is the host's.
#[tokio::test]
async fn signature_holds_in_every_month() {
    // The first second of each month of 2024, and the last second of its 29 February.
    for moment in [
        1_704_067_200,
        1_706_745_600,
        1_709_251_199,
        1_709_251_200,
        1_711_929_600,
        1_714_521_600,
        1_717_200_000,
        1_719_792_000,
        1_722_470_400,
        1_725_148_800,
        1_727_740_800,
        1_730_419_200,
        1_733_011_200,
    ] {
        let clock = WallClock::fixed(u64::try_from(moment).unwrap());
        let rig = Rig::at(moment, host().wall_clock(clock));
        accepted(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(rig.simulator.complete_requests(), 1, "{moment}");
    }
}

/// The retry is one more attempt.
#[tokio::test]
async fn wrong_clock_costs_retry_or_is_named() {
    let noon: i64 = 1_700_049_600;
    let rig = || {
        let clock = WallClock::fixed(u64::try_from(noon + 3_600).unwrap());
        Rig::at(noon, host().wall_clock(clock))
    };
    let helped = rig();
    let receipt = accepted(helped.send(&code_to(MAINLAND)).await);
    assert_eq!(attribute(&receipt.attributes, "attempts"), Some("2"));
    assert_eq!(helped.simulator.messages().len(), 1);

    let without_date = rig();
    without_date.simulator.omit_date_header(true);
    let exceptional = Rig::new();
    exceptional.simulator.queue_fault(Fault::Code {
        code: "InternalError.RequestTimeException".to_owned(),
        message: None,
    });
    for rig in [without_date, exceptional] {
        let failure: Failure = not_sent(rig.send(&code_to(MAINLAND)).await);
        assert!(
            failure.message.contains("Set the host's clock"),
            "{}",
            failure.message
        );
        assert_eq!(attribute(&failure.attributes, "turn"), Some("host"));
        assert_eq!(rig.simulator.complete_requests(), 1);
    }
}
