//! Invalid configs and messages: every function returns the same typed error with the place and the next step. No
//! function sends a request, traps, or repeats the wrong value.

use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, assert_is_sentence, code_to, config, discreet, host, load,
    not_sent, to_config,
};
use auth_connector_host::{CallError, Config, Failure, FailureKind, Message, Plugin, Severity};
use serde_json::{Value, json};

/// A plugin without egress: none of these tests may need a network.
fn plugin() -> Plugin {
    load(host())
}

/// Pointer and code of the errors, which all three functions report alike.
async fn blocked(plugin: &Plugin, config: &Config) -> Vec<(String, String)> {
    let findings = plugin.validate_config(config, &[]).await.unwrap();
    discreet(&format!("{findings:?}"));
    let message = code_to(MAINLAND);
    let Err(CallError::Connector(previewed)) = plugin.preview_message(config, &message).await
    else {
        panic!("a preview of what cannot work")
    };
    let sent = plugin.send_message_reported(config, &message).await;
    assert!(sent.report.http.is_empty());
    let sent = not_sent(sent.outcome);
    assert_eq!(*previewed, sent);
    assert_eq!(
        (sent.kind, &sent.diagnostics),
        (FailureKind::InvalidConfig, &findings)
    );
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors
        .map(|finding| {
            assert!(finding.message.len() > 10);
            assert_is_sentence(&finding.message);
            (finding.pointer, finding.code)
        })
        .collect()
}

#[tokio::test]
async fn malformed_config_text_is_refused_with_place() {
    let plugin = plugin();
    for (text, code, place) in [
        ("", "not-json", "line 1, column 1"),
        ("accessKeyId: x", "not-json", "line 1, column 1"),
        (
            "{\"accessKeyId\": \"x\",\n  oops}",
            "not-json",
            "line 2, column 3",
        ),
        (
            "{\"accessKeySecret\": \"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
            "not-json",
            "line 1",
        ),
        ("null", "wrong-type", "object"),
        ("[]", "wrong-type", "object"),
    ] {
        let config = Config::new(text);
        assert_eq!(
            blocked(&plugin, &config).await,
            [(String::new(), code.to_owned())],
            "{text:?}"
        );
        let findings = plugin.validate_config(&config, &[]).await.unwrap();
        assert!(
            findings[0].message.contains(place),
            "{}",
            findings[0].message
        );
    }
}

#[tokio::test]
async fn all_missing_required_fields_are_named_at_once() {
    let plugin = plugin();
    let fields = [
        "accessKeyId",
        "accessKeySecret",
        "signName",
        "sdkAppId",
        "region",
        "templates",
    ];
    for (value, code) in [
        (json!(null), "required"),
        (json!(" \t"), "blank"),
        (json!("<example>"), "placeholder"),
        (json!(true), "wrong-type"),
    ] {
        for field in fields {
            let mut config = config(None);
            config[field] = value.clone();
            let code = if field == "templates" && value.is_string() {
                "wrong-type"
            } else {
                code
            };
            assert_eq!(
                blocked(&plugin, &to_config(&config)).await,
                [(format!("/{field}"), code.to_owned())],
            );
        }
    }
    let all: Vec<_> = fields
        .map(|field| (format!("/{field}"), "required".to_owned()))
        .into();
    assert_eq!(blocked(&plugin, &Config::new("{}")).await, all);
}

#[tokio::test]
async fn unworkable_value_is_refused_where_it_stands() {
    let plugin = plugin();
    for (pointer, value, code) in [
        ("/sdkAppId", json!("14000x"), "malformed"),
        ("/sdkAppId", json!(-1), "wrong-type"),
        ("/sdkAppId", json!(1.5), "wrong-type"),
        ("/region", json!("ap guangzhou"), "malformed"),
        ("/region", json!("ap-guangzhou\r\nx-evil: 1"), "malformed"),
        ("/accessKeyId", json!("AKID/x"), "malformed"),
        ("/accessKeySecret", json!("two words"), "malformed"),
        ("/sessionToken", json!("line\nbreak"), "malformed"),
        ("/timeoutMs", json!(0), "malformed"),
        ("/timeoutMs", json!(-1), "wrong-type"),
        ("/timeoutMs", json!("5000"), "wrong-type"),
        (
            "/endpoint",
            json!("http://sms.tencentcloudapi.com"),
            "malformed",
        ),
        ("/endpoint", json!("https://sms.example.com"), "malformed"),
        (
            "/endpoint",
            json!("https://sms.tencentcloudapi.com.example.com"),
            "malformed",
        ),
        ("/endpoint", json!("http://10.0.0.1:80"), "malformed"),
        ("/endpoint", json!(1), "wrong-type"),
        ("/templates", json!([]), "missing-usage"),
        ("/templates/0", json!(7), "wrong-type"),
        ("/templates/0/usageType", json!(7), "wrong-type"),
        ("/templates/1/templateCode", json!("SMS_1"), "malformed"),
        (
            "/templates/1/templateCode",
            json!("<template-code>"),
            "placeholder",
        ),
        ("/templates/1/templateCode", json!({}), "blank"),
        ("/templates/1/params", json!("code"), "wrong-type"),
        ("/templates/1/kind", json!("otp"), "malformed"),
    ] {
        let mut config = config(None);
        let optional = ["/sessionToken", "/timeoutMs", "/endpoint"];
        let place = match config.pointer_mut(pointer) {
            Some(place) => place,
            None => {
                let (parent, key) = pointer.rsplit_once('/').unwrap();
                assert!(optional.contains(&pointer) || !parent.is_empty());
                &mut config.pointer_mut(parent).unwrap()[key]
            }
        };
        *place = value.clone();
        let found = blocked(&plugin, &to_config(&config)).await;
        assert!(
            found.contains(&(pointer.to_owned(), code.to_owned())),
            "{pointer} {value}: {found:?}"
        );
    }
}

#[tokio::test]
async fn misplaced_value_is_not_repeated() {
    let plugin = plugin();
    let mut config = config(None);
    config[CODE] = 1.into();
    config["+8613800138000"] = 1.into();
    config["Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"] = 1.into();
    config["templates"][0]["usageType"] = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE".into();
    let found = blocked(&plugin, &to_config(&config)).await;
    assert_eq!(
        found,
        [("/templates".to_owned(), "missing-usage".to_owned())]
    );
}

/// The failure of an invalid message, on which preview and send agree.
async fn refused(plugin: &Plugin, config: &Value, message: &Message) -> Failure {
    let config = to_config(config);
    let Err(CallError::Connector(previewed)) = plugin.preview_message(&config, message).await
    else {
        panic!("a preview of what cannot work")
    };
    let sent = plugin.send_message_reported(&config, message).await;
    assert!(sent.report.http.is_empty());
    let failure = not_sent(sent.outcome);
    assert_eq!(*previewed, failure);
    failure
}

/// Neither the usage nor `Generic` has a template code for the route.
#[tokio::test]
async fn route_without_template_code_is_refused_before_cost() {
    let plugin = plugin();
    let mut config = config(None);
    for index in 0..4 {
        config["templates"][index]["templateCode"] = json!({"mainland": "1110000"});
    }
    let failure = refused(&plugin, &config, &code_to(INTERNATIONAL)).await;
    assert_eq!(failure.kind, FailureKind::NoTemplate);
    for words in ["Register", "Generic", "international", "templates"] {
        assert!(failure.message.contains(words), "{}", failure.message);
    }
    let preview = plugin
        .preview_message(&to_config(&config), &code_to(MAINLAND))
        .await;
    assert_eq!(preview.unwrap().template, "1110000");
}

#[tokio::test]
async fn unacceptable_code_is_refused_by_position() {
    let plugin = plugin();
    for code in [
        "",
        "12a456",
        "1234567",
        "12 34",
        "-12345",
        "\u{ff11}\u{ff12}\u{ff13}\u{ff14}",
        "12345\u{0}",
    ] {
        let message = Message::to(MAINLAND).usage("Register").code(code);
        let failure = refused(&plugin, &config(None), &message).await;
        assert_eq!(failure.kind, FailureKind::InvalidMessage, "{code:?}");
        assert!(failure.message.contains("Parameter 1") && failure.message.contains("digits"));
        assert!(code.is_empty() || !failure.message.contains(code));
    }
    for code in ["1", "123456"] {
        let message = Message::to(MAINLAND).usage("Register").code(code);
        let preview = plugin
            .preview_message(&to_config(&config(None)), &message)
            .await;
        assert_eq!(preview.unwrap().parameters, [code]);
    }
}

/// The service would refuse it, and the caller gets the error before any request.
#[tokio::test]
async fn unacceptable_second_parameter_is_refused_by_position() {
    let mut config = config(None);
    config["templates"][1]["params"] = json!(["{{code}}", "{{ttlMinutes}}"]);
    let mut message = code_to(MAINLAND);
    message
        .variables
        .push(("ttlMinutes".to_owned(), "ten".to_owned()));
    let failure = refused(&plugin(), &config, &message).await;
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(
        failure.message.contains("Parameter 2"),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn missing_template_variable_is_named() {
    let mut message = code_to(MAINLAND);
    message.variables[0].0 = "Code".to_owned();
    let failure = refused(&plugin(), &config(None), &message).await;
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(
        failure.message.contains("variable code"),
        "{}",
        failure.message
    );
}

/// Such a number could be somebody else's.
#[tokio::test]
async fn ambiguous_number_is_refused_without_its_digits() {
    let plugin = plugin();
    for number in [
        "13800138000",
        "18624017194",
        "85268326366",
        "8613012345678",
        "",
        "+",
        "+86",
        "+8613800138000 ext. 2",
        "+34 (0)612 345 678",
        "+8612345678901",
        "+9991234567",
    ] {
        let failure = refused(&plugin, &config(None), &code_to(number)).await;
        assert_eq!(failure.kind, FailureKind::InvalidMessage, "{number}");
        assert!(failure.message.contains("number"));
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        assert!(digits.len() < 3 || !format!("{failure:?}").contains(&digits));
    }
}
