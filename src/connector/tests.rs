use super::*;
use alloc::format;
use serde_json::{Value, json};

const SECRET: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const NOW: u64 = 1_551_113_065;

fn config_with(change: impl FnOnce(&mut Value)) -> String {
    let mut config = json!({
        "accessKeyId": "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        "accessKeySecret": SECRET,
        "signName": "\u{817e}\u{8baf}\u{4e91}",
        "sdkAppId": "1400006666",
        "region": "ap-guangzhou",
        "templates": [
            {"usageType": "SignIn", "templateCode": {"mainland": "1110000", "international": "1110002"}, "locale": "en"},
            {"usageType": "Register", "templateCode": "1110000"},
            {"usageType": "ForgotPassword", "templateCode": "1110000"},
            {"usageType": "Generic", "templateCode": {"mainland": "1110000"}},
        ],
    });
    change(&mut config);
    config.to_string()
}

fn config() -> String {
    config_with(|_| {})
}

fn message() -> Message {
    Message {
        to: "+86 138 0013 8000".into(),
        usage: "SignIn".into(),
        variables: alloc::vec![("code".into(), "123456".into())],
        ..Message::default()
    }
}

/// What a request looked like when it left.
struct Sent {
    authority: String,
    tls: bool,
    headers: Vec<(&'static str, String)>,
    body: String,
    deadline_ms: u32,
}

/// A host that answers from a list and remembers what it was asked.
struct Scripted {
    now: u64,
    answers: Vec<Result<HttpAnswer, SendError>>,
    sent: Vec<Sent>,
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Result<HttpAnswer, SendError>>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            now: NOW,
            answers,
            sent: Vec::new(),
        }
    }
}

impl Host for Scripted {
    fn unix_time_s(&mut self) -> u64 {
        self.now
    }

    fn exchange(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u32,
    ) -> Result<HttpAnswer, SendError> {
        self.sent.push(Sent {
            authority: request.authority.into(),
            tls: request.tls,
            headers: request
                .headers
                .iter()
                .map(|(name, value)| (*name, value.to_string()))
                .collect(),
            body: String::from_utf8(request.body.to_vec()).unwrap(),
            deadline_ms,
        });
        self.answers
            .pop()
            .expect("one exchange more than the script has")
    }
}

fn answer(body: &str, date: Option<&str>) -> Result<HttpAnswer, SendError> {
    Ok(HttpAnswer {
        status: 200,
        date: date.map(Into::into),
        body: body.as_bytes().to_vec(),
    })
}

fn accepted() -> Result<HttpAnswer, SendError> {
    answer(
        r#"{"Response":{"SendStatusSet":[{"SerialNo":"5000:1","PhoneNumber":"+8613800138000","Fee":1,"SessionContext":"","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"r-1"}}"#,
        None,
    )
}

fn expired(date: Option<&str>) -> Result<HttpAnswer, SendError> {
    answer(
        r#"{"Response":{"Error":{"Code":"AuthFailure.SignatureExpire","Message":"The signature is expired, please request again."},"RequestId":"r-2"}}"#,
        date,
    )
}

fn transport_failure() -> Failure {
    Failure::new(FailureKind::Unreachable, Turn::Host, "no route")
}

fn header<'s>(sent: &'s Sent, name: &str) -> &'s str {
    sent.headers
        .iter()
        .find(|(header, _)| *header == name)
        .map_or("", |(_, value)| value)
}

/// Logto's connector 1.4.4 builds its body so, but for the number's plus.
#[test]
fn the_body_has_logtos_keys_in_logtos_order_and_the_number_with_its_plus() {
    let mut host = Scripted::new([accepted()]);
    send_message(&config(), &message(), &mut host).unwrap();
    assert_eq!(
        host.sent[0].body,
        "{\"SmsSdkAppId\":\"1400006666\",\"SignName\":\"\u{817e}\u{8baf}\u{4e91}\",\"TemplateId\":\"1110000\",\
         \"TemplateParamSet\":[\"123456\"],\"PhoneNumberSet\":[\"+8613800138000\"]}"
    );
}

/// Expected values by `tests/vectors/send_sms.py`, which shares no code with the connector.
#[test]
fn body_and_authorization_are_what_an_independent_implementation_computes() {
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../tests/vectors/send_sms.json")).unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let message = Message {
            to: vector["to"].as_str().unwrap().into(),
            variables: alloc::vec![("code".into(), "918273".into())],
            ..message()
        };
        let mut host = Scripted::new([accepted()]);
        host.now = vector["timestamp"].as_u64().unwrap();
        // The scripted answer is about one number; only the request matters here.
        let _ = send_message(&config(), &message, &mut host);
        let sent = &host.sent[0];
        assert_eq!(sent.body, vector["body"], "{}", vector["name"]);
        assert_eq!(
            header(sent, "authorization"),
            vector["authorization"],
            "{}",
            vector["name"]
        );
        assert_eq!(sent.authority, vector["host"]);
        assert_eq!(header(sent, "content-type"), vector["content_type"]);
    }
}

#[test]
fn every_header_that_the_service_needs_is_there() {
    let mut host = Scripted::new([accepted()]);
    send_message(&config(), &message(), &mut host).unwrap();
    let sent = &host.sent[0];
    for (name, value) in [
        ("x-tc-action", "SendSms"),
        ("x-tc-version", "2021-01-11"),
        ("x-tc-timestamp", "1551113065"),
        ("x-tc-region", "ap-guangzhou"),
        ("x-tc-language", "en-US"),
        ("x-tc-token", ""),
    ] {
        assert_eq!(header(sent, name), value, "{name}");
    }
    assert!(sent.tls);
}

#[test]
fn the_connector_names_itself_in_the_characters_that_the_service_allows() {
    let mut host = Scripted::new([accepted()]);
    send_message(&config(), &message(), &mut host).unwrap();
    let name = header(&host.sent[0], "x-tc-requestclient");
    assert!(name.starts_with("tencent-sms-connector_"));
    assert!(
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_ ,;.".contains(&byte)),
        "{name}"
    );
}

#[test]
fn a_receipt_says_which_template_it_took_and_whether_it_fell_back() {
    let attributes = |usage: &str, locales: &[&str]| {
        let message = Message {
            usage: usage.into(),
            locales: locales.iter().map(|tag| (*tag).into()).collect(),
            ..message()
        };
        send_message(&config(), &message, &mut Scripted::new([accepted()]))
            .unwrap()
            .attributes
    };
    assert_eq!(
        attributes("SignIn", &["en-GB"]),
        [
            attribute("route", "mainland"),
            attribute("template", "1110000"),
            attribute("usage", "SignIn"),
            attribute("fallback", "false"),
            attribute("locale", "en"),
            attribute("segments", "1"),
            attribute("country", "CN"),
        ]
    );
    let fell_back = attributes("BindMfa", &[]);
    assert!(fell_back.contains(&attribute("usage", "Generic")));
    assert!(fell_back.contains(&attribute("fallback", "true")));
}

#[test]
fn temporary_credentials_and_a_correlation_id_travel_with_the_request() {
    let config = config_with(|config| config["sessionToken"] = json!("token-of-sts"));
    let message = Message {
        correlation_id: Some("order-7".into()),
        ..message()
    };
    let mut host = Scripted::new([accepted()]);
    send_message(&config, &message, &mut host).unwrap();
    assert_eq!(header(&host.sent[0], "x-tc-token"), "token-of-sts");
    assert!(
        host.sent[0]
            .body
            .ends_with(",\"SessionContext\":\"order-7\"}"),
        "{}",
        host.sent[0].body
    );
}

#[test]
fn the_deadline_is_the_smallest_of_the_messages_the_configs_and_eight_seconds() {
    for (of_message, of_config, expected) in [
        (None, None, 8_000),
        (Some(500), None, 500),
        (None, Some(700), 700),
        (Some(500), Some(700), 500),
        (Some(900), Some(700), 700),
        (Some(60_000), Some(60_000), 8_000),
        (Some(0), None, 0),
    ] {
        let config = config_with(|config| config["timeoutMs"] = json!(of_config));
        let message = Message {
            timeout_ms: of_message,
            ..message()
        };
        let mut host = Scripted::new([accepted()]);
        send_message(&config, &message, &mut host).unwrap();
        assert_eq!(
            host.sent[0].deadline_ms, expected,
            "{of_message:?} {of_config:?}"
        );
    }
}

#[test]
fn an_expired_signature_is_made_again_once_with_the_servers_time() {
    let mut host = Scripted::new([expired(Some("Mon, 25 Feb 2019 16:50:00 GMT")), accepted()]);
    let receipt = send_message(&config(), &message(), &mut host).unwrap();
    assert!(receipt.attributes.contains(&attribute("attempts", "2")));
    assert_eq!(host.sent.len(), 2);
    assert_eq!(header(&host.sent[1], "x-tc-timestamp"), "1551113400");
    assert_eq!(host.sent[0].body, host.sent[1].body);
    assert_ne!(
        header(&host.sent[0], "authorization"),
        header(&host.sent[1], "authorization")
    );
}

#[test]
fn an_expired_signature_is_not_made_again_without_a_usable_date() {
    for date in [None, Some("yesterday")] {
        let mut host = Scripted::new([expired(date)]);
        let Err(SendError::NotSent(failure)) = send_message(&config(), &message(), &mut host)
        else {
            panic!("a refused signature sends nothing")
        };
        assert_eq!(
            failure.provider_code.as_deref(),
            Some("AuthFailure.SignatureExpire")
        );
        assert_eq!(failure.kind, FailureKind::Authentication);
    }
}

#[test]
fn a_signature_that_expires_twice_is_not_made_a_third_time() {
    let date = Some("Mon, 25 Feb 2019 16:50:00 GMT");
    let mut host = Scripted::new([expired(date), expired(date)]);
    let Err(SendError::NotSent(failure)) = send_message(&config(), &message(), &mut host) else {
        panic!("a refused signature sends nothing")
    };
    assert_eq!(host.sent.len(), 2);
    assert!(failure.attributes.contains(&attribute("attempts", "2")));
}

#[test]
fn nothing_else_is_ever_attempted_twice() {
    let refusals = [
        "RequestLimitExceeded",
        "InternalError",
        "AuthFailure.SignatureFailure",
        "ServiceUnavailable",
    ];
    for code in refusals {
        let body = format!(
            r#"{{"Response":{{"Error":{{"Code":"{code}","Message":""}},"RequestId":"r"}}}}"#
        );
        let mut host = Scripted::new([answer(&body, Some("Mon, 25 Feb 2019 16:50:00 GMT"))]);
        assert!(
            send_message(&config(), &message(), &mut host).is_err(),
            "{code}"
        );
    }
    for error in [
        SendError::NotSent(transport_failure()),
        SendError::Unknown(transport_failure()),
    ] {
        let mut host = Scripted::new([Err(error.clone())]);
        assert_eq!(send_message(&config(), &message(), &mut host), Err(error));
    }
}

#[test]
fn what_the_transport_says_of_the_second_attempt_stands() {
    let date = Some("Mon, 25 Feb 2019 16:50:00 GMT");
    let mut host = Scripted::new([expired(date), Err(SendError::Unknown(transport_failure()))]);
    let Err(SendError::Unknown(failure)) = send_message(&config(), &message(), &mut host) else {
        panic!("the second attempt may have arrived")
    };
    assert!(failure.attributes.contains(&attribute("attempts", "2")));
}

#[test]
fn a_config_or_message_that_cannot_work_never_reaches_the_network() {
    let with = |change: fn(&mut Message)| {
        let mut message = message();
        change(&mut message);
        message
    };
    for (config, message, kind) in [
        ("{".into(), message(), FailureKind::InvalidConfig),
        (
            config_with(|config| config["signName"] = json!("")),
            message(),
            FailureKind::InvalidConfig,
        ),
        (
            config(),
            with(|message| message.to = "13800138000".into()),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables.clear()),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables[0].1 = "12345a".into()),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables = alloc::vec![("code".into(), "1".into()); 65]),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.variables[0].1 = "1".repeat(1_025)),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.correlation_id = Some("x".repeat(129))),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| message.correlation_id = Some("a\nb".into())),
            FailureKind::InvalidMessage,
        ),
        (
            config(),
            with(|message| {
                message.to = "+14155552671".into();
                message.usage = "BindMfa".into();
            }),
            FailureKind::NoTemplate,
        ),
    ] {
        let mut host = Scripted::new([]);
        let Err(SendError::NotSent(failure)) = send_message(&config, &message, &mut host) else {
            panic!("{kind:?}: not sent was expected")
        };
        assert_eq!(failure.kind, kind);
        assert_eq!(
            preview_message(&config, &message).unwrap_err(),
            failure,
            "a preview fails in the same way"
        );
        assert!(host.sent.is_empty());
    }
}

#[test]
fn an_invalid_config_comes_with_all_of_its_findings() {
    let config = config_with(|config| {
        config["signName"] = json!("");
        config["extra"] = json!(1);
    });
    let failure = preview_message(&config, &message()).unwrap_err();
    let codes: Vec<_> = failure
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    assert_eq!(codes, ["unknown-key", "blank"]);
    assert!(
        failure.message.contains("errors: 1."),
        "{}",
        failure.message
    );
}

#[test]
fn a_preview_shows_what_would_be_sent_and_masks_the_number() {
    let preview = preview_message(&config(), &message()).unwrap();
    assert_eq!(
        (preview.route, preview.template.as_str()),
        ("mainland", "1110000")
    );
    assert_eq!(preview.parameters, ["123456"]);
    assert_eq!(
        preview.attributes,
        [
            attribute("usage", "SignIn"),
            attribute("fallback", "false"),
            attribute("locale", "en"),
            attribute("to", "+86138****8000"),
        ]
    );
}

#[test]
fn no_debug_output_holds_a_number_a_code_or_a_secret() {
    let preview = preview_message(&config(), &message()).unwrap();
    let echo = format!(
        r#"{{"Response":{{"Error":{{"Code":"FailedOperation.ContainSensitiveWord","Message":"123456 to +8613800138000 by {SECRET}"}}}}}}"#
    );
    let error = send_message(
        &config(),
        &message(),
        &mut Scripted::new([answer(&echo, None)]),
    )
    .unwrap_err();
    for shown in [
        format!("{:?}", message()),
        format!("{preview:?}"),
        format!("{error:?}"),
    ] {
        for secret in ["123456", "13800138000", "138 0013", SECRET] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn what_a_message_may_carry_ends_exactly_at_the_contracts_bounds() {
    let with = |change: fn(&mut Message)| {
        let mut message = message();
        change(&mut message);
        preview_message(&config(), &message).is_ok()
    };
    let (at, beyond) = (
        [
            with(|message| message.variables = alloc::vec![("code".into(), "1".into()); 64]),
            with(|message| message.variables.push(("n".repeat(1_024), String::new()))),
            with(|message| message.variables.push(("n".into(), "v".repeat(1_024)))),
            with(|message| message.correlation_id = Some("x".repeat(128))),
        ],
        [
            with(|message| message.variables = alloc::vec![("code".into(), "1".into()); 65]),
            with(|message| message.variables.push(("n".repeat(1_025), String::new()))),
            with(|message| message.variables.push(("n".into(), "v".repeat(1_025)))),
            with(|message| message.correlation_id = Some("x".repeat(129))),
        ],
    );
    assert_eq!((at, beyond), ([true; 4], [false; 4]));
}

#[test]
fn a_refused_config_is_counted_by_its_errors_and_not_by_its_warnings() {
    let wrong = config_with(|config| {
        config["region"] = "eu-frankfurt".into();
        config["accessKeyId"] = " ".into();
        config["sdkAppId"] = "x".into();
    });
    let failure = preview_message(&wrong, &message()).unwrap_err();
    assert!(
        failure.message.contains("errors: 2."),
        "{}",
        failure.message
    );
    assert_eq!(failure.diagnostics.len(), 3);
}
