use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::*;
use crate::connector::HttpAnswer;
use crate::contract::SendError;
use crate::operations::scripted::{Asked, NOW, Service, answer, config_with, refusal, unreachable};

type Reply = Result<HttpAnswer, SendError>;

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

/// The templates of a list that were asked for, as the service filters them.
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
    let checks = check_config(config, Language::English, None, service).unwrap();
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

#[test]
fn a_config_that_works_passes_in_every_point_with_four_requests() {
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
fn texts_come_in_the_language_asked_for() {
    let mut service = Service::new(all_is_well);
    let chinese = check_config(&config(), Language::Chinese, None, &mut service).unwrap();
    for (chinese, english) in chinese.iter().zip(&checks(&config(), all_is_well)) {
        assert_ne!(chinese.message, english.message);
    }
    let broken = config_with(|config| config["region"] = Value::Null);
    let failure = check_config(&broken, Language::Chinese, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert_eq!(failure.diagnostics[0].pointer, "/region");
    assert!(!failure.diagnostics[0].message.is_ascii());
    assert_eq!(service.asked.len(), 4);
}

#[test]
fn a_config_that_is_not_json_fails_before_anything_is_asked() {
    let mut service = Service::new(all_is_well);
    let failure = check_config("{", Language::English, None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert_eq!(failure.diagnostics[0].code, "not-json");
    assert!(service.asked.is_empty());
}

#[test]
fn credentials_fail_where_the_service_does_not_accept_them_and_nothing_else_is_asked() {
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

#[test]
fn a_clock_that_is_wrong_is_corrected_once_and_stays_so() {
    let right = NOW + 4000;
    let mut service = Service::new(move |asked: &Asked| {
        if asked.timestamp.abs_diff(right) <= 300 {
            return all_is_well(asked);
        }
        refusal("AuthFailure.SignatureExpire").map(|answer| HttpAnswer {
            date: Some("Mon, 25 Feb 2019 17:51:05 GMT".into()),
            ..answer
        })
    });
    // The package that expires in a second by the host's clock has expired by the service's.
    let checks = run(&config(), &mut service);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "balance"), Verdict::CannotVerify);
    let timestamps: Vec<u64> = service.asked.iter().map(|asked| asked.timestamp).collect();
    assert_eq!(timestamps, [NOW, right, right, right, right]);
}

#[test]
fn a_clock_that_cannot_be_corrected_is_the_hosts_turn_and_says_nothing_of_the_key() {
    let checks = checks(&config(), |_| refusal("AuthFailure.SignatureExpire"));
    let credentials = of(&checks, "credentials");
    assert_eq!(credentials.verdict, Verdict::CannotVerify);
    assert!(credentials.message.contains("clock"), "{credentials:?}");
}

#[test]
fn an_application_of_another_account_fails_and_the_rest_is_still_asked() {
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

#[test]
fn a_region_without_the_service_fails_at_its_place() {
    let checks = checks(&config(), |_| refusal("UnsupportedRegion"));
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "/region"), Verdict::Fail);
    assert_eq!(verdict(&checks, "application"), Verdict::CannotVerify);
    assert_eq!(verdict(&checks, "signature"), Verdict::CannotVerify);
}

#[test]
fn what_policies_accounts_and_kinds_of_keys_forbid_cannot_be_verified_and_names_the_permission() {
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
fn a_refusal_that_has_nothing_to_do_with_permissions_names_none() {
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
fn the_balance_is_what_unexpired_packages_have_left() {
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
fn packages_and_signatures_are_read_page_by_page() {
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
fn the_best_signature_with_the_text_counts() {
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

/// A check of the code of `SignIn`, given as one text or by route, against what the account has.
fn template_check(
    code: &Value,
    params: Option<&Value>,
    has: &[Value],
) -> Vec<(String, Verdict, String)> {
    let config = config_with(|config| {
        config["templates"][0]["templateCode"] = code.clone();
        if let Some(params) = params {
            config["templates"][0]["params"] = params.clone();
        }
    });
    let mut all = has.to_vec();
    all.extend([template(11, 0, 0, "{1}"), template(12, 1, 0, "{1}")]);
    let checks = checks(
        &config,
        with("DescribeSmsTemplateList", move |asked| listed(asked, &all)),
    );
    checks
        .into_iter()
        .filter(|check| check.subject.starts_with("/templates/0/"))
        .map(|check| (check.subject, check.verdict, check.message))
        .collect()
}

#[test]
fn a_template_by_route_must_be_there_approved_and_of_that_route() {
    let place = "/templates/0/templateCode/mainland";
    for (has, expected, words) in [
        (template(7, 0, 0, "{1}"), Verdict::Pass, "Approved"),
        (template(7, 3, 0, "{1}"), Verdict::Pass, "Approved"),
        (
            template(7, 1, 0, "{1}"),
            Verdict::Fail,
            "not for this route",
        ),
        (template(8, 0, 0, "{1}"), Verdict::Fail, "no template"),
        (template(7, 0, 1, "{1}"), Verdict::Fail, "review"),
        (template(7, 0, 2, "{1}"), Verdict::Fail, "not yet in effect"),
        (template(7, 0, -1, "{1}"), Verdict::Fail, "Refused"),
    ] {
        let shown = format!("{has}");
        let found = template_check(&json!({"mainland": "7"}), None, &[has]);
        let [(subject, verdict, message)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!((subject.as_str(), *verdict), (place, expected), "{shown}");
        assert!(message.contains(words), "{shown}: {message}");
    }
}

#[test]
fn one_code_for_all_numbers_passes_if_it_serves_some_and_says_which() {
    for (has, expected, words) in [
        (template(7, 0, 0, "{1}"), Verdict::Pass, "+86 only"),
        (template(7, 1, 0, "{1}"), Verdict::Pass, "outside +86 only"),
        (template(7, 3, 0, "{1}"), Verdict::Pass, "Approved."),
        (template(7, 1, 1, "{1}"), Verdict::Fail, "review"),
        (template(8, 0, 0, "{1}"), Verdict::Fail, "no template"),
    ] {
        let shown = format!("{has}");
        let found = template_check(&json!("7"), None, &[has]);
        let [(subject, verdict, message)] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(
            (subject.as_str(), *verdict),
            ("/templates/0/templateCode", expected),
            "{shown}"
        );
        assert!(message.contains(words), "{shown}: {message}");
    }
}

#[test]
fn variables_and_declared_parameters_must_be_as_many() {
    for (params, content, expected) in [
        (None, "{1}", Verdict::Pass),
        (None, "no variable", Verdict::Fail),
        (None, "{1} {2}", Verdict::Fail),
        (Some(json!(["{{code}}", "5"])), "{1} {2}", Verdict::Pass),
        (Some(json!(["{{code}}", "5"])), "{1}", Verdict::Fail),
        // An empty list is no list.
        (Some(json!([])), "no variable", Verdict::Fail),
        (Some(json!([])), "{1}", Verdict::Pass),
    ] {
        let has = template(7, 0, 0, content);
        let found = template_check(&json!("7"), params.as_ref(), &[has]);
        assert_eq!(found[0].1, expected, "{params:?} {content}");
        if expected == Verdict::Fail {
            assert!(found[0].2.contains("variables"), "{}", found[0].2);
        }
    }
}

#[test]
fn an_identifier_that_no_template_can_have_is_not_asked_for() {
    let found = template_check(&json!("99999999999999999999999"), None, &[]);
    assert_eq!(found[0].1, Verdict::Fail);
}

#[test]
fn templates_are_asked_for_in_batches_and_only_those_asked_for_are_judged() {
    let config = config_with(|config| {
        for id in 0..25 {
            let entry =
                json!({"usageType": format!("U{id}"), "templateCode": {"mainland": 100 + id}});
            config["templates"].as_array_mut().unwrap().push(entry);
        }
    });
    let mut calls = 0;
    let mut service = Service::new(with("DescribeSmsTemplateList", move |asked| {
        let ids = asked.body["TemplateIdSet"].as_array().unwrap();
        assert!(ids.len() <= 20);
        calls += 1;
        if calls == 2 {
            return refusal("InternalError");
        }
        let all: Vec<_> = ids
            .iter()
            .map(|id| template(id.as_u64().unwrap(), 3, 0, "{1}"))
            .collect();
        listed(asked, &all)
    }));
    let checks = run(&config, &mut service);
    let by_verdict = |wanted| {
        let all = verdicts(&checks);
        all.values().filter(|verdict| **verdict == wanted).count()
    };
    // Of 26 mainland codes 20 were in the first batch; the one for numbers abroad was to come later.
    assert_eq!(by_verdict(Verdict::Pass), 4 + 4 + 19);
    assert_eq!(by_verdict(Verdict::CannotVerify), 6 + 4);
}

#[test]
fn a_check_makes_at_most_sixteen_requests_and_says_what_it_did_not_ask() {
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

#[test]
fn it_fails_only_when_nothing_at_all_could_be_asked() {
    let mut service = Service::new(|_: &Asked| unreachable());
    let failure = check_config(&config(), Language::English, None, &mut service).unwrap_err();
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
fn what_is_no_answer_is_silence() {
    let page = |status: u16, body: &str| {
        let body = body.as_bytes().to_vec();
        move |_: &Asked| {
            Ok(HttpAnswer {
                status,
                date: None,
                body: body.clone(),
            })
        }
    };
    for (status, body) in [
        (502, "<html>"),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"Response":{"RequestId":"r"}}"#),
        (200, r#"{"Response":{"DescribeSignListStatusSet":7}}"#),
        (302, r#"{"Response":{"DescribeSignListStatusSet":[]}}"#),
    ] {
        let checks = checks(&config(), with("DescribeSmsSignList", page(status, body)));
        let check = of(&checks, "signature");
        assert_eq!(check.verdict, Verdict::CannotVerify, "{status} {body}");
        assert!(check.attributes.is_empty());
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
fn the_deadline_is_that_of_a_send() {
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
        check_config(&config, Language::English, timeout, &mut service).unwrap();
        assert!(
            service
                .asked
                .iter()
                .all(|asked| asked.deadline_ms == expected)
        );
    }
}

const ABROAD_ID: &str = "AKIDabroad0000000000000000000EXAMPLE";
const ABROAD_KEY: &str = "abroadSecretKey0000000000000EXAMPLE";

/// A config whose numbers abroad are served by another account, under another name, from another entrance.
fn config_with_an_account_abroad() -> String {
    config_with(|config| {
        config["international"] = json!({
            "accessKeyId": ABROAD_ID,
            "accessKeySecret": ABROAD_KEY,
            "sdkAppId": "2400006666",
            "signName": "Abroad",
            "region": "ap-singapore",
            "endpoint": "sms.intl.tencentcloudapi.com",
        });
    })
}

/// Two accounts in which everything is as that config needs it, and neither of which has what the other has.
fn all_is_well_in_both(asked: &Asked) -> Reply {
    let abroad = asked.key == ABROAD_ID;
    let (name, entry) = if abroad {
        ("Abroad", template(12, 1, 0, "code {1}"))
    } else {
        (NAME, template(11, 0, 0, "code {1}"))
    };
    match asked.action.as_str() {
        "DescribeSmsSignList" => signatures(&[signature(name, 0)]),
        "DescribeSmsTemplateList" => listed(asked, &[entry]),
        _ => all_is_well(asked),
    }
}

#[test]
fn an_account_abroad_is_asked_with_its_own_key_at_its_own_entrance() {
    let mut service = Service::new(all_is_well_in_both);
    let checks = run(&config_with_an_account_abroad(), &mut service);
    assert!(
        checks.iter().all(|check| check.verdict == Verdict::Pass),
        "{checks:?}"
    );
    for subject in [
        "credentials",
        "signature",
        "/international/accessKeyId",
        "/international/sdkAppId",
        "/international/signName",
        "/templates/3/templateCode/mainland",
        "/templates/3/templateCode/international",
    ] {
        of(&checks, subject);
    }
    for asked in &service.asked {
        let abroad = asked.authority == "sms.intl.tencentcloudapi.com";
        assert_eq!(asked.key == ABROAD_ID, abroad, "{asked:?}");
        let asks_of = match asked.action.as_str() {
            "SmsPackagesStatistics" => asked.body["SmsSdkAppId"] == "2400006666",
            _ => asked.body["International"] == 1,
        };
        assert_eq!(asks_of, abroad, "{asked:?}");
    }
    // Three questions to each of the two.
    assert_eq!(service.asked.len(), 6);
}

#[test]
fn a_key_abroad_that_is_refused_leaves_the_mainland_as_it_is() {
    let mut service = Service::new(|asked: &Asked| {
        if asked.key == ABROAD_ID {
            refusal("AuthFailure.SecretIdNotFound")
        } else {
            all_is_well_in_both(asked)
        }
    });
    let checks = run(&config_with_an_account_abroad(), &mut service);
    assert_eq!(
        verdict(&checks, "/international/accessKeyId"),
        Verdict::Fail
    );
    for (subject, verdict) in verdicts(&checks) {
        let abroad = subject.starts_with("/international")
            || subject.ends_with("templateCode/international");
        let expected = match subject {
            "/international/accessKeyId" => Verdict::Fail,
            _ if abroad => Verdict::CannotVerify,
            _ => Verdict::Pass,
        };
        assert_eq!(verdict, expected, "{subject}");
    }
    // Nothing more is asked with a key that is refused.
    let abroad = service.asked.iter().filter(|asked| asked.key == ABROAD_ID);
    assert_eq!(abroad.count(), 1);
}

#[test]
fn a_region_abroad_where_the_service_is_not_is_named_where_it_stands() {
    let checks = checks(&config_with_an_account_abroad(), |asked: &Asked| {
        if asked.key == ABROAD_ID {
            refusal("UnsupportedRegion")
        } else {
            all_is_well_in_both(asked)
        }
    });
    assert_eq!(verdict(&checks, "/international/region"), Verdict::Fail);
    assert!(!checks.iter().any(|check| check.subject == "/region"));
}

#[test]
fn an_application_abroad_under_the_same_key_is_asked_about_and_the_key_is_not_judged_twice() {
    let config = config_with(|config| {
        config["international"] = json!({"sdkAppId": "2400006666", "signName": "Abroad"});
    });
    let mut service = Service::new(|asked: &Asked| match asked.action.as_str() {
        "SmsPackagesStatistics" if asked.body["SmsSdkAppId"] == "2400006666" => {
            refusal("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        }
        "DescribeSmsSignList" => signatures(&[signature(NAME, 0), signature("Abroad", 1)]),
        _ => all_is_well(asked),
    });
    let checks = run(&config, &mut service);
    assert_eq!(verdict(&checks, "credentials"), Verdict::Pass);
    assert_eq!(verdict(&checks, "application"), Verdict::Pass);
    assert_eq!(verdict(&checks, "/international/sdkAppId"), Verdict::Fail);
    assert_eq!(verdict(&checks, "signature"), Verdict::Pass);
    assert_ne!(verdict(&checks, "/international/signName"), Verdict::Pass);
    assert!(
        !checks
            .iter()
            .any(|check| check.subject == "/international/accessKeyId")
    );
}

#[test]
fn a_block_that_only_inherits_is_the_account_at_home_and_asks_nothing_more() {
    let config = config_with(|config| config["international"] = json!({"senderId": "ACME"}));
    let mut service = Service::new(all_is_well);
    let checks = run(&config, &mut service);
    assert!(
        !checks
            .iter()
            .any(|check| check.subject.starts_with("/international"))
    );
    assert_eq!(service.asked.len(), 4);
}
