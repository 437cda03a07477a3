//! Refusals of the service, and their report to the operator: the class, the time to wait, and who has to act.
//!
//! First refusals by the simulator's own rules, then single codes.

use crate::support::{
    INTERNATIONAL, MAINLAND, Rig, accepted, assert_is_sentence, attribute, code_to, discreet,
    not_sent, unknown,
};
use auth_connector_host::{Failure, FailureKind};
use serde_json::{Value, json};
use tencent_sms_simulator::Fault;

/// Code, class, and who has to act.
fn gist(failure: &Failure) -> (&str, FailureKind, &str) {
    let turn = attribute(&failure.attributes, "turn").unwrap();
    (
        failure.provider_code.as_deref().unwrap(),
        failure.kind,
        turn,
    )
}

/// The operator gets the service's code and the field to check.
#[tokio::test]
async fn operators_mistake_is_diagnosed_with_code_and_field() {
    type Mistake = fn(&mut Value);
    let cases: [(Mistake, &str, FailureKind, &str); 7] = [
        (
            |config| config["sdkAppId"] = "1400007777".into(),
            "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
            FailureKind::InvalidConfig,
            "sdkAppId",
        ),
        (
            |config| config["signName"] = "100001".into(),
            "FailedOperation.SignatureIncorrectOrUnapproved",
            FailureKind::InvalidConfig,
            "signName",
        ),
        (
            |config| config["templates"][1]["templateCode"] = json!(1110005),
            "FailedOperation.TemplateIncorrectOrUnapproved",
            FailureKind::InvalidConfig,
            "template ID",
        ),
        (
            |config| config["templates"][1]["templateCode"] = json!(1110001),
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
            FailureKind::InvalidConfig,
            "params",
        ),
        (
            |config| config["templates"][1]["templateCode"] = json!(1110002),
            "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
            FailureKind::InvalidConfig,
            "templateCode",
        ),
        (
            |config| config["region"] = "eu-frankfurt".into(),
            "UnsupportedRegion",
            FailureKind::InvalidConfig,
            "ap-guangzhou",
        ),
        (
            |config| {
                config["accessKeyId"] = "AKIDpcmgfmqSWstSqkNh5brTo21oKEXAMPLE".into();
                config["accessKeySecret"] = "Ty8kCm4RzWgJ2vXqB7pNdHs3fEXAMPLE".into();
            },
            "AuthFailure.UnauthorizedOperation",
            FailureKind::Denied,
            "sms:SendSms",
        ),
    ];
    let rig = Rig::new();
    for (mistake, code, kind, hint) in cases {
        let mut config = rig.config();
        mistake(&mut config);
        let failure = not_sent(rig.send_with(&config, &code_to(MAINLAND)).await);
        assert_eq!(gist(&failure), (code, kind, "operator"));
        assert!(failure.message.contains(hint), "{}", failure.message);
        assert_is_sentence(&failure.message);
        assert!(failure.request_id.is_some() && failure.retry_after_ms.is_none());
    }
    assert!(rig.simulator.messages().is_empty());
}

/// After that time it is accepted.
#[tokio::test]
async fn same_code_within_30_seconds_must_wait() {
    let rig = Rig::new();
    accepted(rig.send(&code_to(MAINLAND)).await);
    let failure = not_sent(rig.send(&code_to(MAINLAND)).await);
    assert_eq!(
        gist(&failure),
        (
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            FailureKind::RateLimited,
            "caller"
        )
    );
    let wait = failure.retry_after_ms.unwrap();
    accepted(rig.send(&code_to(INTERNATIONAL)).await);
    rig.simulator
        .advance(std::time::Duration::from_millis(wait.into()));
    accepted(rig.send(&code_to(MAINLAND)).await);
}

#[tokio::test]
async fn each_refusal_class_tells_wait_and_turn() {
    let rig = Rig::new();
    for (code, kind, turn, wait) in [
        (
            "RequestLimitExceeded",
            FailureKind::RateLimited,
            "caller",
            Some(1_000),
        ),
        (
            "LimitExceeded.PhoneNumberOneHourLimit",
            FailureKind::RateLimited,
            "caller",
            Some(3_600_000),
        ),
        (
            "FailedOperation.InsufficientBalanceInSmsPackage",
            FailureKind::Quota,
            "operator",
            None,
        ),
        (
            "FailedOperation.PhoneNumberInBlacklist",
            FailureKind::RecipientRejected,
            "recipient",
            None,
        ),
        (
            "UnsupportedOperation.UnsupportedRegion",
            FailureKind::RecipientRejected,
            "operator",
            None,
        ),
        (
            "InvalidParameterValue.IncorrectPhoneNumber",
            FailureKind::InvalidMessage,
            "caller",
            None,
        ),
        (
            "AuthFailure.SecretIdNotFound",
            FailureKind::Authentication,
            "operator",
            None,
        ),
        (
            "InternalError.RequestTimeException",
            FailureKind::Authentication,
            "host",
            None,
        ),
    ] {
        rig.simulator.queue_fault(Fault::Code {
            code: code.to_owned(),
            message: None,
        });
        let failure = not_sent(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(gist(&failure), (code, kind, turn));
        assert_eq!(failure.retry_after_ms, wait, "{code}");
    }
    for code in [
        "InternalError.OtherError",
        "ServiceUnavailable",
        "Nobody.Knows",
    ] {
        rig.simulator.queue_fault(Fault::Code {
            code: code.to_owned(),
            message: None,
        });
        let failure = unknown(rig.send(&code_to(MAINLAND)).await);
        assert_eq!(failure.provider_code.as_deref(), Some(code));
    }
    assert!(rig.simulator.messages().is_empty());
}

/// The failure replaces quotes of the message and of the keys.
#[tokio::test]
async fn provider_words_reach_operator_redacted() {
    let rig = Rig::new();
    for (code, words) in [
        (
            "FailedOperation.ContainSensitiveWord",
            "the text 918273 to +8613800138000 (13800138000) holds a word",
        ),
        (
            "AuthFailure.SignatureFailure",
            "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE of AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE does not sign",
        ),
    ] {
        rig.simulator.queue_fault(Fault::Code {
            code: code.to_owned(),
            message: Some(words.to_owned()),
        });
        let failure = not_sent(rig.send(&code_to(MAINLAND)).await);
        let shown = attribute(&failure.attributes, "provider-message").unwrap();
        discreet(shown);
        assert!(shown.contains("****"), "{shown}");
        assert!(shown.contains(words.rsplit(' ').next().unwrap()), "{shown}");
    }
}
