//! Checks of configs without sending. Each test asserts at its end that nothing was sent.

use super::{failed, rig};
use crate::support::{Rig, SECRET_KEY, attribute, discreet, host, load, to_config};
use auth_connector_host::{Check, FailureKind, Verdict};
use serde_json::{Value, json};
use tencent_sms_simulator::{
    Credential, Fault, Signature, Simulator, Status, Template, TemplateKind, TemplateRoute,
};

async fn checked(rig: &Rig, config: &Value) -> Vec<Check> {
    let checks = rig.plugin.check_config(&to_config(config), &[], None).await;
    let checks = checks.expect("the service answers");
    discreet(&format!("{checks:?}"));
    assert!(rig.simulator.messages().is_empty());
    assert_eq!(
        rig.simulator.complete_requests(),
        0,
        "a check sent something"
    );
    checks
}

fn verdict(checks: &[Check], subject: &str) -> Verdict {
    check(checks, subject).verdict
}

fn check<'c>(checks: &'c [Check], subject: &str) -> &'c Check {
    let found = checks.iter().find(|check| check.subject == subject);
    found.unwrap_or_else(|| panic!("no {subject} in {checks:#?}"))
}

const FIRST: &str = "/templates/0/templateCode/mainland";

#[tokio::test]
async fn a_config_that_works_passes_in_every_point() {
    let rig = rig(|_| {});
    let checks = checked(&rig, &rig.config()).await;
    assert!(
        checks.iter().all(|check| check.verdict == Verdict::Pass),
        "{checks:#?}"
    );
    let balance = check(&checks, "balance");
    assert_eq!(attribute(&balance.attributes, "balance"), Some("1000"));
    for subject in ["credentials", "application", "signature", FIRST] {
        assert_eq!(verdict(&checks, subject), Verdict::Pass);
    }
    assert_eq!(rig.simulator.journal().len(), 4);
}

#[tokio::test]
async fn balance_is_what_unexpired_package_has_left() {
    let now = 1_700_014_400;
    for (balance, ends, expected, left) in [
        (None, None, Verdict::CannotVerify, "0"),
        (Some(0), None, Verdict::Fail, "0"),
        (Some(7), None, Verdict::Pass, "7"),
        (Some(7), Some(now), Verdict::CannotVerify, "0"),
    ] {
        let rig = rig(|catalogue| {
            catalogue.accounts[0].apps[0].balance = balance;
            catalogue.accounts[0].apps[0].balance_expires_at = ends;
        });
        let checks = checked(&rig, &rig.config()).await;
        let check = check(&checks, "balance");
        assert_eq!(check.verdict, expected, "{balance:?} {ends:?}");
        assert_eq!(attribute(&check.attributes, "balance"), Some(left));
    }
}

#[tokio::test]
async fn each_key_kind_passes_fails_or_is_unverifiable() {
    let rig = rig(|catalogue| {
        let key = |id: &str| Credential {
            secret_id: id.to_owned(),
            ..catalogue.accounts[0].credentials[1].clone()
        };
        let ended = Credential {
            expires_at: Some(1_700_000_000),
            ..key("AKIDexpired0")
        };
        let senders = Credential {
            token: None,
            allow: vec!["sms:SendSms".to_owned()],
            ..key("AKIDsender00")
        };
        catalogue.accounts[0].credentials.extend([ended, senders]);
    });
    let config = |id: &str, key: &str, token: Option<&str>| {
        let mut config = rig.config();
        config["accessKeyId"] = id.into();
        config["accessKeySecret"] = key.into();
        config["sessionToken"] = token.into();
        config
    };
    let temporary = "AKID5URYX45jqRO25g3uK5kbAAegiEXAMPLE";
    let (key, token) = (
        "Wq7dNf2ZkVxS9mTbR4hLcYp8gEXAMPLE",
        Some("Kx4vRb9TnZ2mQw7sHd5LEXAMPLE"),
    );
    for (config, expected, code) in [
        (config(temporary, key, token), Verdict::Pass, None),
        (
            config(temporary, key, Some("another-token")),
            Verdict::Fail,
            Some("AuthFailure.TokenFailure"),
        ),
        (
            config("AKIDexpired0", key, token),
            Verdict::Fail,
            Some("AuthFailure.TokenFailure"),
        ),
        (
            config("AKIDnobody00", key, None),
            Verdict::Fail,
            Some("AuthFailure.SecretIdNotFound"),
        ),
        (
            config(
                "AKIDpdaZPNtriSPvMUC6j7OrJ1BkkEXAMPLE",
                "Bn5wLs1FxKtV8rQcG4jZmPd9hEXAMPLE",
                None,
            ),
            Verdict::Fail,
            Some("AuthFailure.SecretIdNotFound"),
        ),
        (
            config(temporary, SECRET_KEY, token),
            Verdict::Fail,
            Some("AuthFailure.SignatureFailure"),
        ),
    ] {
        let checks = checked(&rig, &config).await;
        let check = check(&checks, "credentials");
        assert_eq!(check.verdict, expected, "{checks:#?}");
        assert_eq!(attribute(&check.attributes, "provider-code"), code);
        if expected == Verdict::Fail {
            let others = checks.iter().skip(1);
            assert!(others.clone().count() > 3);
            assert!(
                others
                    .clone()
                    .all(|check| check.verdict == Verdict::CannotVerify)
            );
        }
    }

    // Keys that may send but not look everything up.
    for (id, key, subject, permission) in [
        (
            "AKIDuE8LCAnmuO6RvvBfOHZ1FzfnKEXAMPLE",
            "Hj3xPv9LtQbD6wZkM1sGnRf5cEXAMPLE",
            FIRST,
            "sms:DescribeSmsTemplateList",
        ),
        (
            "AKIDpcmgfmqSWstSqkNh5brTo21oKEXAMPLE",
            "Ty8kCm4RzWgJ2vXqB7pNdHs3fEXAMPLE",
            FIRST,
            "sms:DescribeSmsTemplateList",
        ),
        ("AKIDsender00", key, "balance", "sms:SmsPackagesStatistics"),
        (
            "AKIDsender00",
            key,
            "application",
            "sms:SmsPackagesStatistics",
        ),
        ("AKIDsender00", key, "signature", "sms:DescribeSmsSignList"),
    ] {
        let checks = checked(&rig, &config(id, key, None)).await;
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass, "{id}");
        let check = check(&checks, subject);
        assert_eq!(check.verdict, Verdict::CannotVerify, "{id} {subject}");
        assert_eq!(attribute(&check.attributes, "permission"), Some(permission));
        assert!(check.message.contains(permission), "{check:?}");
        let mut attributes = checks.iter().flat_map(|check| &check.attributes);
        let is_garbled = attributes.any(|(_, value)| value.contains("****"));
        assert!(!is_garbled, "{checks:#?}");
        assert!(checks.iter().all(|check| check.verdict != Verdict::Fail));
    }
}

/// Such an account cannot list its signatures and templates.
#[tokio::test]
async fn personal_account_is_referred_to_console() {
    let rig = rig(|catalogue| catalogue.accounts[0].enterprise = false);
    let checks = checked(&rig, &rig.config()).await;
    for subject in ["credentials", "application", "balance"] {
        assert_eq!(verdict(&checks, subject), Verdict::Pass);
    }
    for subject in ["signature", FIRST] {
        let check = check(&checks, subject);
        assert_eq!(check.verdict, Verdict::CannotVerify);
        assert_eq!(
            attribute(&check.attributes, "provider-code"),
            Some("FailedOperation.NotEnterpriseCertification")
        );
        assert!(check.message.contains("console"), "{check:?}");
    }
}

#[tokio::test]
async fn foreign_application_and_unserved_region_fail() {
    let rig = rig(|_| {});
    let mut config = rig.config();
    config["sdkAppId"] = "1400007777".into();
    let checks = checked(&rig, &config).await;
    assert_eq!(verdict(&checks, "application"), Verdict::Fail);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, FIRST), Verdict::Pass);

    let mut config = rig.config();
    config["region"] = "ap-shanghai".into();
    let checks = checked(&rig, &config).await;
    assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
    assert_eq!(verdict(&checks, FIRST), Verdict::CannotVerify);
}

#[tokio::test]
async fn signature_must_be_approved_and_for_mainland() {
    let rig = rig(|catalogue| {
        let signature = |id, name: &str, status| Signature {
            id,
            name: name.to_owned(),
            status,
            international: false,
        };
        // More than one page, with the relevant entry on the last.
        let many = (0..60).map(|id| signature(id, "许多", Status::Approved));
        catalogue.accounts[0].signatures.extend(many);
        catalogue.accounts[0].signatures.extend([
            signature(100_010, "已拒绝", Status::Rejected),
            signature(100_011, "未生效", Status::Pending),
            signature(100_012, "重新申请", Status::Rejected),
            signature(100_013, "重新申请", Status::Approved),
        ]);
    });
    for (name, expected, words) in [
        ("腾讯云", Verdict::Pass, "Approved"),
        ("重新申请", Verdict::Pass, "Approved"),
        ("待审核", Verdict::Fail, "review"),
        ("未生效", Verdict::Fail, "not yet in effect"),
        ("已拒绝", Verdict::Fail, "Refused"),
        ("Tencent", Verdict::Fail, "no such signature"),
        ("100001", Verdict::Fail, "not its ID"),
    ] {
        let mut config = rig.config();
        config["signName"] = name.into();
        let checks = checked(&rig, &config).await;
        let check = check(&checks, "signature");
        assert_eq!(check.verdict, expected, "{name}");
        assert!(check.message.contains(words), "{name}: {}", check.message);
    }
}

/// It must be approved, for the route that it serves, and with as many variables as there are parameters.
#[tokio::test]
async fn template_needs_approval_route_and_variable_count() {
    let rig = rig(|catalogue| {
        let template = |id: &str, route, status, text: &str| Template {
            id: id.to_owned(),
            name: String::new(),
            route,
            kind: TemplateKind::Otp,
            status,
            text: text.to_owned(),
        };
        catalogue.accounts[0].templates.extend([
            template("7", TemplateRoute::Both, Status::Approved, "code {1}"),
            template("8", TemplateRoute::Mainland, Status::Rejected, "code {1}"),
            template("9", TemplateRoute::Mainland, Status::Pending, "code {1}"),
        ]);
    });
    let one = json!(["{{code}}"]);
    let two = json!(["{{code}}", "5"]);
    let by_route = |route: &str, code: &str| json!({ route: code });
    for (code, params, expected, words) in [
        (
            by_route("mainland", "1110000"),
            &one,
            Verdict::Pass,
            "Approved",
        ),
        (by_route("mainland", "7"), &one, Verdict::Pass, "Approved"),
        (
            by_route("international", "7"),
            &one,
            Verdict::Pass,
            "Approved",
        ),
        (
            by_route("mainland", "1110002"),
            &one,
            Verdict::Fail,
            "not for this route",
        ),
        (
            by_route("international", "1110000"),
            &one,
            Verdict::Fail,
            "not for this route",
        ),
        (
            by_route("mainland", "1110001"),
            &one,
            Verdict::Fail,
            "2 variables and params declares 1",
        ),
        (
            by_route("mainland", "1110000"),
            &two,
            Verdict::Fail,
            "1 variables and params declares 2",
        ),
        (
            by_route("mainland", "1110001"),
            &two,
            Verdict::Pass,
            "Approved",
        ),
        (
            by_route("mainland", "1110005"),
            &one,
            Verdict::Fail,
            "review",
        ),
        (by_route("mainland", "8"), &one, Verdict::Fail, "Refused"),
        (
            by_route("mainland", "9"),
            &one,
            Verdict::Fail,
            "not yet in effect",
        ),
        (
            by_route("mainland", "424242"),
            &one,
            Verdict::Fail,
            "no template",
        ),
        (json!("1110000"), &one, Verdict::Pass, "+86 only"),
        (json!("1110002"), &one, Verdict::Pass, "outside +86 only"),
        (json!("7"), &one, Verdict::Pass, "Approved."),
        (json!("8"), &one, Verdict::Fail, "Refused"),
    ] {
        let mut config = rig.config();
        config["templates"][0]["templateCode"] = code.clone();
        config["templates"][0]["params"] = params.clone();
        let checks = checked(&rig, &config).await;
        let mut own = checks
            .iter()
            .filter(|check| check.subject.starts_with("/templates/0/"));
        let check = own.next().unwrap();
        assert_eq!(
            check.verdict, expected,
            "{code} {params}: {}",
            check.message
        );
        assert!(
            check.message.contains(words),
            "{code} {params}: {}",
            check.message
        );
        assert!(own.next().is_none());
    }
}

#[tokio::test]
async fn check_answers_in_chinese_on_request() {
    let rig = rig(|_| {});
    let locales = ["zh-CN".to_owned()];
    let checks = rig
        .plugin
        .check_config(&to_config(&rig.config()), &locales, None)
        .await
        .unwrap();
    assert!(
        checks.iter().all(|check| !check.message.is_ascii()),
        "{checks:#?}"
    );
}

/// An invalid config fails with its findings.
#[tokio::test]
async fn check_fails_where_nothing_can_be_asked() {
    let simulator = Simulator::builder().start_blocking().unwrap();
    let plugin = load(host());
    let mut config = crate::support::config(Some(&simulator.url()));
    let failure = failed(plugin.check_config(&to_config(&config), &[], None).await);
    assert_eq!(failure.kind, FailureKind::Denied);
    let failure = failed(plugin.check_config(&to_config(&config), &[], Some(0)).await);
    assert_eq!(failure.kind, FailureKind::Timeout);
    config["sdkAppId"] = Value::Null;
    let failure = failed(plugin.check_config(&to_config(&config), &[], None).await);
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert_eq!(failure.diagnostics[0].pointer, "/sdkAppId");
    assert!(simulator.journal().is_empty());
}

#[tokio::test]
async fn sick_service_leaves_points_open_and_fails_none() {
    for fault in [
        Fault::AcceptThenClose,
        Fault::Truncated,
        Fault::CutJson,
        Fault::EmptyBody,
        Fault::AcceptThenStatus { status: 502 },
        Fault::AcceptThenCode {
            code: "InternalError".to_owned(),
        },
    ] {
        let rig = rig(|_| {});
        let all = checked(&rig, &rig.config()).await.len();
        // The fault applies to the second look-up, of the signature.
        rig.simulator.queue_fault(Fault::Delay { ms: 1 });
        rig.simulator.queue_fault(fault.clone());
        let checks = checked(&rig, &rig.config()).await;
        assert_eq!(checks.len(), all);
        assert_eq!(
            verdict(&checks, "signature"),
            Verdict::CannotVerify,
            "{fault:?}"
        );
        let passed = checks
            .iter()
            .filter(|check| check.verdict == Verdict::Pass)
            .count();
        assert_eq!(passed, all - 1, "{fault:?}");
    }
}
