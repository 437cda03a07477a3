use connector_kit::connector::send_message;
use serde_json::json;

use super::*;
use crate::TencentSms;
use crate::tests::{Asked, Service, config_with, message, raw};

fn asked(config: &str) -> Asked {
    let mut service = Service::with([raw(200, "")]);
    let _ = send_message::<TencentSms>(config, &message(), &mut service);
    service.asked.swap_remove(0)
}

#[test]
fn request_has_every_header_of_the_service() {
    let asked = asked(&config_with(|_| {}));
    for (name, value) in [
        ("accept", "application/json"),
        ("content-type", "application/json; charset=utf-8"),
        ("x-tc-action", "SendSms"),
        ("x-tc-version", "2021-01-11"),
        ("x-tc-timestamp", "1551113065"),
        ("x-tc-region", "ap-guangzhou"),
        ("x-tc-language", "en-US"),
        ("x-tc-token", ""),
    ] {
        assert_eq!(asked.header(name), value, "{name}");
    }
    assert_eq!(
        (asked.authority.as_str(), asked.tls),
        ("sms.tencentcloudapi.com", true)
    );
}

#[test]
fn config_decides_language_token_and_endpoint() {
    let asked = asked(&config_with(|config| {
        config["language"] = json!("zh-CN");
        config["sessionToken"] = json!("token-of-sts");
        config["endpoint"] = json!("http://127.0.0.1:8080");
    }));
    assert_eq!(asked.header("x-tc-language"), "zh-CN");
    assert_eq!(asked.header("x-tc-token"), "token-of-sts");
    assert_eq!(
        (asked.authority.as_str(), asked.tls),
        ("127.0.0.1:8080", false)
    );
}

/// The service refuses a name with other characters.
#[test]
fn client_name_has_allowed_characters_only() {
    assert!(REQUEST_CLIENT.starts_with("tencent-sms-connector_"));
    let mut bytes = REQUEST_CLIENT.bytes();
    let is_allowed = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_ ,;.".contains(&byte));
    assert!(is_allowed, "{REQUEST_CLIENT}");
}

#[test]
fn response_is_read_from_its_envelope_only() {
    let code = |body: &str| -> Option<String> {
        let head: Head<'_> = parse(body.as_bytes())?;
        head.error.map(|error| error.code.into())
    };
    for (body, expected) in [
        (r#"{"Response":{"Error":{"Code":"A"}}}"#, Some("A")),
        (
            r#"{"Other":1,"Response":{"Error":{"Code":"\u0041"},"X":[]}}"#,
            Some("A"),
        ),
        (r#"{"Response":{"Error":{"Code":1}}}"#, None),
        (r#"{"response":{"Error":{"Code":"A"}}}"#, None),
        (r#"{"Error":{"Code":"A"}}"#, None),
        (r#"[{"Response":{}}]"#, None),
        (r#"{"Response":{"Error":{"Code":"A"}}} x"#, None),
        ("", None),
    ] {
        assert_eq!(code(body).as_deref(), expected, "{body}");
    }
}
