//! Checks of the account: credentials, application, balance, signature.

use std::collections::BTreeMap;

use connector_kit::connector::check_config;
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::{
    Asked, NOW, Reply, Service, answer, config_with, dated, raw, refusal, unreachable,
};

mod abroad;
mod templates;

fn package(amount: u64, used: u64, expires: u64) -> Value {
    json!({"PackageAmount": amount, "CurrentUsage": used, "PackageExpiredTime": expires})
}

fn packages(set: &[Value]) -> Reply {
    answer(&json!({ "SmsPackagesStatisticsSet": set }))
}

fn signature(name: &str, status: i64) -> Value {
    json!({"SignId": 1, "SignName": name, "StatusCode": status, "International": 0})
}

fn signatures(set: &[Value]) -> Reply {
    answer(&json!({ "DescribeSignListStatusSet": set }))
}

fn template(id: u64, international: u64, status: i64, content: &str) -> Value {
    json!({"TemplateId": id, "International": international, "StatusCode": status, "TemplateContent": content})
}

/// The templates of a list that were requested, as the service filters them.
fn listed(asked: &Asked, all: &[Value]) -> Reply {
    let ids = asked.body["TemplateIdSet"].as_array().unwrap();
    let international = &asked.body["International"];
    let set: Vec<&Value> = all
        .iter()
        .filter(|entry| ids.contains(&entry["TemplateId"]))
        .filter(|entry| entry["International"] == *international || entry["International"] == 3)
        .collect();
    answer(&json!({ "DescribeTemplateStatusSet": set }))
}

const NAME: &str = "\u{817e}\u{8baf}\u{4e91}";

/// An account in which everything is as the config needs it.
fn all_is_well(asked: &Asked) -> Reply {
    match asked.action.as_str() {
        "SmsPackagesStatistics" => packages(&[package(100, 40, NOW + 1)]),
        "DescribeSmsSignList" => signatures(&[signature("other", 0), signature(NAME, 0)]),
        _ => listed(
            asked,
            &[
                template(11, 0, 0, "code {1}"),
                template(12, 1, 0, "code {1}"),
            ],
        ),
    }
}

/// An account that differs in one action.
fn with(
    action: &'static str,
    mut reply: impl FnMut(&Asked) -> Reply + 'static,
) -> impl FnMut(&Asked) -> Reply {
    move |asked| {
        if asked.action == action {
            reply(asked)
        } else {
            all_is_well(asked)
        }
    }
}

fn config() -> String {
    config_with(|_| {})
}

fn run(config: &str, service: &mut Service) -> Vec<Check> {
    let checks = check_config::<TencentSms>(config, Language::English, None, service).unwrap();
    for check in &checks {
        let shown = format!("{check:?}");
        assert!(
            !shown.contains("EXAMPLE") && !shown.contains("13800138000"),
            "{shown}"
        );
        assert!(!shown.contains('#'), "{shown}");
    }
    checks
}

fn checks(config: &str, script: impl FnMut(&Asked) -> Reply + 'static) -> Vec<Check> {
    run(config, &mut Service::new(script))
}

fn of<'c>(checks: &'c [Check], subject: &str) -> &'c Check {
    let mut found = checks.iter().filter(|check| check.subject == subject);
    let check = found
        .next()
        .unwrap_or_else(|| panic!("no {subject} in {checks:?}"));
    assert!(found.next().is_none(), "{subject} twice");
    check
}

fn verdict(checks: &[Check], subject: &str) -> Verdict {
    of(checks, subject).verdict
}

fn value<'c>(check: &'c Check, key: &str) -> Option<&'c str> {
    let found = check.attributes.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

fn verdicts(checks: &[Check]) -> BTreeMap<&str, Verdict> {
    checks
        .iter()
        .map(|check| (check.subject.as_str(), check.verdict))
        .collect()
}

/// A config that works passes in every point with four requests.
#[test]
fn working_config_passes_with_four_requests() {
    let mut service = Service::new(all_is_well);
    let checks = run(&config(), &mut service);
    assert!(
        checks.iter().all(|check| check.verdict == Verdict::Pass),
        "{checks:?}"
    );
    let subjects: Vec<&str> = checks.iter().map(|check| check.subject.as_str()).collect();
    assert_eq!(
        subjects[..6],
        [
            "credentials",
            "application",
            "balance",
            "signature",
            "/templates/0/templateCode/mainland",
            "/templates/0/templateCode/international",
        ]
    );
    assert_eq!(subjects.len(), 4 + 8);
    assert_eq!(value(of(&checks, "balance"), "balance"), Some("60"));
    assert_eq!(
        service.actions(),
        [
            "SmsPackagesStatistics",
            "DescribeSmsSignList",
            "DescribeSmsTemplateList",
            "DescribeSmsTemplateList",
        ]
    );
    assert!(service.asked.iter().all(|asked| asked.action != "SendSms"));
}

#[test]
fn texts_come_in_the_requested_language() {
    let mut service = Service::new(all_is_well);
    let chinese =
        check_config::<TencentSms>(&config(), Language::Chinese, None, &mut service).unwrap();
    for (chinese, english) in chinese.iter().zip(&checks(&config(), all_is_well)) {
        assert_ne!(chinese.message, english.message);
    }
    let broken = config_with(|config| config["region"] = Value::Null);
    let failure =
        check_config::<TencentSms>(&broken, Language::Chinese, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert_eq!(failure.diagnostics[0].pointer, "/region");
    assert!(!failure.diagnostics[0].message.is_ascii());
    assert_eq!(service.asked.len(), 4);
}

#[test]
fn invalid_json_fails_without_a_request() {
    let mut service = Service::new(all_is_well);
    let failure =
        check_config::<TencentSms>("{", Language::English, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert_eq!(failure.diagnostics[0].code, "not-json");
    assert!(service.asked.is_empty());
}

/// Credentials fail if the service does not accept them, and no further query is made.
#[test]
fn refused_credentials_fail_and_end_the_check() {
    for code in [
        "AuthFailure.SecretIdNotFound",
        "AuthFailure.SignatureFailure",
        "AuthFailure.TokenFailure",
        "AuthFailure.InvalidSecretId",
    ] {
        let mut service = Service::new(move |_| refusal(code));
        let checks = run(&config(), &mut service);
        let credentials = of(&checks, "credentials");
        assert_eq!(credentials.verdict, Verdict::Fail, "{code}");
        assert_eq!(value(credentials, "provider-code"), Some(code));
        assert!(value(credentials, "request-id").is_some());
        for check in &checks[1..] {
            assert_eq!(check.verdict, Verdict::CannotVerify, "{check:?}");
        }
        assert_eq!(service.asked.len(), 1);
    }
}

/// A clock that is wrong is corrected once and stays so.
#[test]
fn wrong_clock_is_corrected_once() {
    let right = NOW + 4000;
    let mut service = Service::new(move |asked: &Asked| {
        if asked.timestamp.abs_diff(right) <= 300 {
            return all_is_well(asked);
        }
        dated(
            refusal("AuthFailure.SignatureExpire"),
            "Mon, 25 Feb 2019 17:51:05 GMT",
        )
    });
    // The package that expires in a second by the host's clock has expired by the service's.
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
    let timestamps: Vec<u64> = service.asked.iter().map(|asked| asked.timestamp).collect();
    assert_eq!(timestamps, [NOW, right, right, right, right]);
}

/// It is the turn of whoever runs the host.
#[test]
fn uncorrectable_clock_leaves_the_key_unverified() {
    let checks = checks(&config(), |_| refusal("AuthFailure.SignatureExpire"));
    let credentials = of(&checks, "credentials");
    assert_eq!(credentials.verdict, Verdict::CannotVerify);
    assert!(credentials.message.contains("clock"), "{credentials:?}");
}

/// An application of another account fails, and the rest is still checked.
#[test]
fn foreign_application_fails_and_the_rest_is_asked() {
    for code in APPLICATION_CODES {
        let checks = checks(
            &config(),
            with("SmsPackagesStatistics", move |_| refusal(code)),
        );
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass, "{code}");
        assert_eq!(verdict(&checks, "application"), Verdict::Fail);
        assert_eq!(
            value(of(&checks, "application"), "provider-code"),
            Some(code)
        );
        assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
        assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    }
}

/// The service names the region by a code, or by a code for any parameter with the header in its words.
#[test]
fn unserved_region_fails_at_its_pointer() {
    for (code, message) in [
        ("UnsupportedRegion", ""),
        (
            "InvalidParameterValue",
            "The value of header X-TC-Region is invalid.",
        ),
    ] {
        let response = json!({"Error": {"Code": code, "Message": message}});
        let checks = checks(&config(), move |_| answer(&response));
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
        assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
        assert_eq!(verdict(&checks, "application"), Verdict::CannotVerify);
        assert_eq!(verdict(&checks, "signature"), Verdict::CannotVerify);
    }
    // About another parameter.
    let checks = checks(&config(), |_| refusal("InvalidParameterValue"));
    assert!(!checks.iter().any(|check| check.subject == "/region"));
}

/// Policies, kinds of accounts and kinds of keys forbid queries.
#[test]
fn forbidden_query_cannot_verify_and_names_permission() {
    for (action, code, subject) in [
        (
            "SmsPackagesStatistics",
            "AuthFailure.UnauthorizedOperation",
            "application",
        ),
        (
            "SmsPackagesStatistics",
            "AuthFailure.UnauthorizedOperation",
            "balance",
        ),
        (
            "DescribeSmsSignList",
            "AuthFailure.UnauthorizedOperation",
            "signature",
        ),
        (
            "DescribeSmsSignList",
            "FailedOperation.NotEnterpriseCertification",
            "signature",
        ),
        (
            "DescribeSmsTemplateList",
            "FailedOperation.ProhibitSubAccountUse",
            "/templates/1/templateCode/mainland",
        ),
        (
            "DescribeSmsTemplateList",
            "FailedOperation.NotEnterpriseCertification",
            "/templates/3/templateCode/international",
        ),
    ] {
        let checks = checks(&config(), with(action, move |_| refusal(code)));
        let check = of(&checks, subject);
        let permission = format!("sms:{action}");
        assert_eq!(check.verdict, Verdict::CannotVerify, "{check:?}");
        assert_eq!(value(check, "permission"), Some(permission.as_str()));
        assert_eq!(value(check, "provider-code"), Some(code));
        assert!(check.message.contains(&permission), "{check:?}");
        assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    }
}

#[test]
fn other_refusal_names_no_permission() {
    let checks = checks(
        &config(),
        with("DescribeSmsSignList", |_| refusal("RequestLimitExceeded")),
    );
    let check = of(&checks, "signature");
    assert_eq!(check.verdict, Verdict::CannotVerify);
    assert_eq!(value(check, "provider-code"), Some("RequestLimitExceeded"));
    assert_eq!(value(check, "permission"), None);
}

#[test]
fn balance_is_the_rest_of_unexpired_packages() {
    for (set, expected, balance) in [
        (Vec::new(), Verdict::CannotVerify, "0"),
        (
            alloc::vec![package(100, 0, NOW)],
            Verdict::CannotVerify,
            "0",
        ),
        (alloc::vec![package(100, 100, NOW + 1)], Verdict::Fail, "0"),
        (alloc::vec![package(100, 120, NOW + 1)], Verdict::Fail, "0"),
        (alloc::vec![package(100, 99, NOW + 1)], Verdict::Pass, "1"),
        (
            alloc::vec![
                package(100, 100, NOW + 1),
                package(10, 3, NOW + 9),
                package(5, 0, NOW - 1)
            ],
            Verdict::Pass,
            "7",
        ),
    ] {
        let shown = format!("{set:?}");
        let checks = checks(
            &config(),
            with("SmsPackagesStatistics", move |_| packages(&set)),
        );
        let check = of(&checks, "balance");
        assert_eq!(check.verdict, expected, "{shown}");
        assert_eq!(value(check, "balance"), Some(balance));
    }
    let unpaid = "UnauthorizedOperation.ServiceSuspendDueToArrears";
    let checks = checks(
        &config(),
        with("SmsPackagesStatistics", move |_| refusal(unpaid)),
    );
    assert_eq!(verdict(&checks, "balance"), Verdict::Fail);
}

#[test]
fn packages_and_signatures_are_read_by_page() {
    let mut service = Service::new(|asked: &Asked| {
        let offset = asked.body["Offset"].as_u64().unwrap_or_default();
        let page = |size: u64, total: u64| total.saturating_sub(offset).min(size);
        match asked.action.as_str() {
            "SmsPackagesStatistics" => {
                let count = page(200, 201);
                packages(
                    &(0..count)
                        .map(|_| package(2, 1, NOW + 1))
                        .collect::<Vec<_>>(),
                )
            }
            "DescribeSmsSignList" => {
                let mut set: Vec<_> = (0..page(50, 60)).map(|_| signature("other", 0)).collect();
                if offset == 50 {
                    set[9] = signature(NAME, 0);
                }
                signatures(&set)
            }
            _ => all_is_well(asked),
        }
    });
    let checks = run(&config(), &mut service);
    assert_eq!(value(of(&checks, "balance"), "balance"), Some("201"));
    assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    let offsets: Vec<_> = service.asked[..4]
        .iter()
        .map(|asked| asked.body["Offset"].as_u64().unwrap())
        .collect();
    assert_eq!(offsets, [0, 200, 0, 50]);
}

#[test]
fn best_signature_with_the_text_counts() {
    for (statuses, expected) in [
        (&[0][..], Verdict::Pass),
        (&[1], Verdict::Fail),
        (&[2], Verdict::Fail),
        (&[-1], Verdict::Fail),
        (&[-1, 0], Verdict::Pass),
        (&[0, -1], Verdict::Pass),
        (&[1, -1], Verdict::Fail),
        (&[], Verdict::Fail),
    ] {
        let set: Vec<_> = statuses
            .iter()
            .map(|status| signature(NAME, *status))
            .collect();
        let checks = checks(
            &config(),
            with("DescribeSmsSignList", move |_| signatures(&set)),
        );
        assert_eq!(verdict(&checks, "signature"), expected, "{statuses:?}");
    }
    let words = |set: &[Value]| {
        let set = set.to_vec();
        let checks = checks(
            &config(),
            with("DescribeSmsSignList", move |_| signatures(&set)),
        );
        of(&checks, "signature").message.clone()
    };
    let waits = words(&[signature(NAME, -1), signature(NAME, 1)]);
    assert!(waits.contains("review"), "{waits}");
    assert_ne!(waits, words(&[signature(NAME, -1)]));
    assert_ne!(words(&[]), words(&[signature(NAME, -1)]));
}

/// The checks that were not made say so.
#[test]
fn check_ends_after_sixteen_requests() {
    let full: Vec<_> = (0..50).map(|_| signature("other", 0)).collect();
    let mut service = Service::new(with("DescribeSmsSignList", move |_| signatures(&full)));
    let checks = run(&config(), &mut service);
    assert_eq!(service.asked.len(), 16);
    let check = of(&checks, "signature");
    assert_eq!(check.verdict, Verdict::CannotVerify);
    assert!(check.message.contains("16 requests"), "{check:?}");
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::CannotVerify
    );
}

/// A second attempt would be the seventeenth request, which hosts deny.
#[test]
fn last_request_is_not_repeated() {
    let full: Vec<_> = (0..50).map(|_| signature("other", 0)).collect();
    let mut signature_pages = 0;
    let mut service = Service::new(with("DescribeSmsSignList", move |_| {
        signature_pages += 1;
        match signature_pages {
            15 => dated(
                refusal("AuthFailure.SignatureExpire"),
                "Mon, 25 Feb 2019 17:51:05 GMT",
            ),
            _ => signatures(&full),
        }
    }));
    let checks = run(&config(), &mut service);
    assert_eq!(service.asked.len(), 16);
    let check = of(&checks, "signature");
    let code = Some("AuthFailure.SignatureExpire");
    assert_eq!(value(check, "provider-code"), code);
}

/// The service once wrote some codes in other letters.
#[test]
fn case_of_a_code_does_not_count() {
    let right = NOW + 4000;
    let mut service = Service::new(move |asked: &Asked| match asked.action.as_str() {
        _ if asked.timestamp.abs_diff(right) > 300 => dated(
            refusal("authfailure.signatureexpire"),
            "Mon, 25 Feb 2019 17:51:05 GMT",
        ),
        "SmsPackagesStatistics" => refusal("UNSUPPORTEDREGION"),
        _ => all_is_well(asked),
    });
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    let code = value(of(&checks, "/region"), "provider-code");
    assert_eq!(code, Some("UnsupportedRegion"));
    let checks = super::tests::checks(
        &config(),
        with("SmsPackagesStatistics", |_| {
            refusal("authFailure.unauthorizedOperation")
        }),
    );
    let check = of(&checks, "application");
    let permission = Some("sms:SmsPackagesStatistics");
    assert_eq!(value(check, "permission"), permission);
    assert_eq!(value(check, "provider-code"), Some(NOT_GRANTED));
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
}

#[test]
fn clock_at_its_end_does_not_overflow() {
    let mut service = Service::new(all_is_well);
    service.now = u64::MAX;
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
}

#[test]
fn check_fails_only_without_any_answer() {
    let mut service = Service::new(|_: &Asked| unreachable());
    let failure =
        check_config::<TencentSms>(&config(), Language::English, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert_eq!(service.asked.len(), 1);

    let checks = checks(&config(), with("DescribeSmsSignList", |_| unreachable()));
    assert_eq!(verdict(&checks, "signature"), Verdict::CannotVerify);
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::Pass
    );
}

#[test]
fn unusable_answer_counts_as_silence() {
    let page = |status: u16, body: &'static str| move |_: &Asked| raw(status, body);
    for (status, body) in [
        (502, "<html>"),
        (
            502,
            r#"{"Response":{"Error":{"Code":"UnauthorizedOperation"}}}"#,
        ),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"Response":{"RequestId":"r"}}"#),
        (200, r#"{"Response":{"DescribeSignListStatusSet":7}}"#),
        (302, r#"{"Response":{"DescribeSignListStatusSet":[]}}"#),
    ] {
        let checks = checks(&config(), with("DescribeSmsSignList", page(status, body)));
        let check = of(&checks, "signature");
        assert_eq!(check.verdict, Verdict::CannotVerify, "{status} {body}");
        for key in ["provider-code", "permission"] {
            assert_eq!(value(check, key), None, "{status} {body}");
        }
    }
    // An entry that is not understood makes the whole answer useless, or a template would be called missing.
    let entry = r#"{"Response":{"DescribeTemplateStatusSet":[{"TemplateId":"11"}]}}"#;
    let checks = checks(&config(), with("DescribeSmsTemplateList", page(200, entry)));
    assert_eq!(
        verdict(&checks, "/templates/0/templateCode/mainland"),
        Verdict::CannotVerify
    );
}

#[test]
fn deadline_is_the_smallest_limit() {
    for (timeout, limit, expected) in [
        (None, None, 8_000),
        (Some(9_000), None, 8_000),
        (Some(500), None, 500),
        (Some(500), Some(300), 300),
    ] {
        let config = config_with(|config| {
            if let Some(limit) = limit {
                config["timeoutMs"] = limit.into();
            }
        });
        let mut service = Service::new(all_is_well);
        check_config::<TencentSms>(&config, Language::English, timeout, &mut service).unwrap();
        assert!(
            service
                .asked
                .iter()
                .all(|asked| asked.deadline_ms == expected)
        );
    }
}
