//! Checks of configs: an account in which everything is right, and deviations from it.

use std::collections::BTreeMap;

use connector_kit::connector::check_config;
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::{
    Asked, NOW, Reply, Service, answer, config_with, dated, raw, refusal, unreachable,
};

mod abroad;
mod account;
mod bounds;
mod refusals;
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
