//! Successful deliveries: through the component, over TLS, to a service that verifies the signature.

use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, Rig, accepted, attribute, code_to, config, discreet, host, load,
    not_sent, to_config,
};
use auth_connector_host::{FailureKind, Message};
use serde_json::json;
use tencent_sms_simulator::Simulator;

/// The receipt names the service's serial number.
#[tokio::test]
async fn code_to_a_mainland_number_arrives() {
    let rig = Rig::new();
    let receipt = accepted(rig.send(&code_to(MAINLAND)).await);

    let [message] = &rig.simulator.messages()[..] else {
        panic!("one message")
    };
    assert_eq!(message.to, MAINLAND);
    assert_eq!(
        message.text,
        "【腾讯云】您的验证码是918273，请于5分钟内填写。如非本人操作，请忽略本短信。"
    );
    assert_eq!(receipt.message_id, message.serial_no);
    assert_eq!(
        receipt.request_id.as_deref(),
        Some(rig.simulator.journal()[0].request_id.as_str())
    );
    assert_eq!(
        attributes(&receipt.attributes),
        [
            ("route", "mainland"),
            ("template", "1110000"),
            ("usage", "Register"),
            ("fallback", "false"),
            ("segments", "1"),
            ("country", "CN"),
        ]
    );
    assert_eq!(rig.simulator.complete_requests(), 1);
}

#[tokio::test]
async fn code_abroad_uses_international_template() {
    let rig = Rig::new();
    let receipt = accepted(rig.send(&code_to(INTERNATIONAL)).await);
    assert_eq!(rig.texts(), ["Your verification code is 918273."]);
    let found = |key| attribute(&receipt.attributes, key);
    assert_eq!(
        (found("route"), found("template"), found("country")),
        (Some("international"), Some("1110002"), Some("GB"))
    );
}

/// Each number gets its message from its own application, with its own key, signature and sender.
#[tokio::test]
async fn one_config_serves_mainland_and_world() {
    let rig = Rig::new();
    let mut config = rig.config();
    config["extendCode"] = "12".into();
    config["international"] = json!({
        "sdkAppId": "2400006666",
        "signName": "Tencent",
        "senderId": "ACME",
        "region": "ap-singapore",
        "accessKeyId": "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE",
        "accessKeySecret": "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE",
        "sessionToken": "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE",
    });
    for (number, expected) in [
        (MAINLAND, ["1400006666", "腾讯云", "12", ""]),
        (INTERNATIONAL, ["2400006666", "Tencent", "", "ACME"]),
    ] {
        rig.simulator.reset();
        accepted(rig.send_with(&config, &code_to(number)).await);
        let [message] = &rig.simulator.messages()[..] else {
            panic!("one message")
        };
        let sent = [
            &message.app_id,
            &message.sign,
            &message.extend_code,
            &message.sender_id,
        ];
        assert_eq!(sent, expected);
    }
}

#[tokio::test]
async fn formatted_number_arrives_in_e164() {
    let rig = Rig::new();
    accepted(rig.send(&code_to("00 86 (138) 0013-8000")).await);
    assert_eq!(rig.simulator.messages()[0].to, MAINLAND);
}

#[tokio::test]
async fn the_callers_own_identifier_travels_with_the_message() {
    let rig = Rig::new();
    let message = |id: Option<String>| Message {
        correlation_id: id,
        ..code_to(MAINLAND)
    };
    let session = || rig.simulator.messages().pop().unwrap().session_context;
    for (id, kept) in [
        (Some("login \"7f3a\" ~".to_owned()), "login \"7f3a\" ~"),
        (Some("x".repeat(128)), &"x".repeat(128)),
        (None, ""),
    ] {
        rig.simulator.reset();
        accepted(rig.send(&message(id)).await);
        assert_eq!(session(), kept);
    }
    for id in ["x".repeat(129), "tab\there".to_owned(), "号".to_owned()] {
        let failure = not_sent(rig.send(&message(Some(id))).await);
        assert_eq!(failure.kind, FailureKind::InvalidMessage);
    }
    assert_eq!(rig.simulator.messages().len(), 1);
}

/// The receipt says so.
#[tokio::test]
async fn usage_without_a_template_takes_the_generic_one() {
    let rig = Rig::new();
    let message = Message::to(MAINLAND).usage("MfaVerification").code(CODE);
    let receipt = accepted(rig.send(&message).await);
    let found = |key| attribute(&receipt.attributes, key);
    assert_eq!(
        (found("usage"), found("fallback")),
        (Some("Generic"), Some("true"))
    );
    assert_eq!(rig.simulator.messages()[0].template_id, "1110000");
}

#[tokio::test]
async fn best_language_match_picks_template_and_parameters() {
    let rig = Rig::new();
    let mut config = rig.config();
    let templates = config["templates"].as_array_mut().unwrap();
    templates.push(json!({"usageType": "Register", "locale": "en", "templateCode": {"international": "1110003"},
        "params": ["{{code}}", "{{ttlMinutes}}"]}));
    let short = "Your verification code is 918273.";
    let long = "Your verification code is 918273. It expires in 10 minutes.";
    for (locales, text) in [
        (&["en"][..], long),
        (&["en-GB"], long),
        (&["fr", "EN"], long),
        (&["fr"], short),
        (&[], short),
    ] {
        rig.simulator.reset();
        let mut message = code_to(INTERNATIONAL);
        message
            .variables
            .push(("ttlMinutes".to_owned(), "10".to_owned()));
        message.locales = locales.iter().map(|tag| (*tag).to_owned()).collect();
        let receipt = accepted(rig.send_with(&config, &message).await);
        assert_eq!(rig.texts(), [text], "{locales:?}");
        assert_eq!(
            attribute(&receipt.attributes, "locale"),
            (text == long).then_some("en")
        );
    }
}

#[tokio::test]
async fn what_a_preview_shows_is_what_is_sent() {
    let rig = Rig::new();
    for number in [MAINLAND, INTERNATIONAL] {
        let message = code_to(number);
        let config = to_config(&rig.config());
        let preview = rig.plugin.preview_message(&config, &message).await.unwrap();
        accepted(rig.send(&message).await);
        let sent = rig.simulator.messages().pop().unwrap();
        assert_eq!(
            (preview.template, preview.parameters),
            (sent.template_id, sent.params)
        );
    }
    assert_eq!(rig.simulator.complete_requests(), 2, "one for each send");
}

/// The config is unchanged; the service's name resolves to the simulator.
#[tokio::test]
async fn real_service_config_works_with_simulator() {
    let simulator = Simulator::builder().tls(true).start_blocking().unwrap();
    let plugin = load(
        host()
            .allow("https://sms.tencentcloudapi.com")
            .unwrap()
            .resolve(&format!("sms.tencentcloudapi.com:443:{}", simulator.addr()))
            .unwrap()
            .trust_pem(simulator.ca_pem().unwrap().as_bytes()),
    );
    let config = to_config(&config(None));
    accepted(plugin.send_message(&config, &code_to(MAINLAND)).await);
    assert_eq!(simulator.messages().len(), 1);
    let canonical = simulator.journal()[0].canonical_request.clone().unwrap();
    assert!(
        canonical.contains("\nhost:sms.tencentcloudapi.com\n"),
        "{canonical}"
    );
}

#[tokio::test]
async fn temporary_credentials_work_only_with_their_token() {
    let rig = Rig::new();
    let mut config = rig.config();
    config["accessKeyId"] = "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE".into();
    config["accessKeySecret"] = "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE".into();
    config["sessionToken"] = "Kx4vRb9TnZ2mQw7sHd5LEXAMPLE".into();
    accepted(rig.send_with(&config, &code_to(MAINLAND)).await);

    for token in [json!("Kx4vRb9TnZ2mQw7sHd5LEXAMPLF"), json!(null)] {
        config["sessionToken"] = token;
        let failure = not_sent(rig.send_with(&config, &code_to(INTERNATIONAL)).await);
        assert_eq!(
            failure.provider_code.as_deref(),
            Some("AuthFailure.TokenFailure")
        );
        assert_eq!(failure.kind, FailureKind::Authentication);
        let shown = format!("{failure:?}");
        discreet(&shown);
        assert!(!shown.contains("temporary-token") && !shown.contains("temporarySecretKey"));
    }
    assert_eq!(rig.simulator.messages().len(), 1);
}

fn attributes(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}
