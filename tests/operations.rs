//! Look-ups against the simulator: whether a config would work, and what became of a message. Nothing is ever sent
//! by a check, which each test's end looks at.

use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, Rig, SECRET_KEY, accepted, attribute, code_to, discreet, host,
    load, to_config, unknown,
};
use auth_connector_host::{
    CallError, Check, Deliveries, DeliveryQuery, DeliveryState, Failure, FailureKind, Message,
    Verdict, WallClock,
};
use serde_json::{Value, json};
use std::time::Duration;
use tencent_sms_simulator::{
    Catalogue, Credential, Fault, Signature, Simulator, Status, Template, TemplateKind,
    TemplateRoute,
};

/// A simulator with this catalogue, and a component that reaches it.
fn rig(change: impl FnOnce(&mut Catalogue)) -> Rig {
    let mut catalogue = Catalogue::default();
    catalogue.accounts[0].apps[0].balance = Some(1000);
    catalogue.requests_per_second.clear();
    change(&mut catalogue);
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .start_blocking()
        .unwrap();
    let plugin = load(host().allow(&simulator.url()).unwrap());
    Rig { simulator, plugin }
}

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

/// The failure of a look-up, in the connector's own words.
fn failed<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> Failure {
    match outcome {
        Err(CallError::Connector(failure)) => {
            discreet(&format!("{failure:?}"));
            *failure
        }
        other => panic!("a failure was expected: {other:?}"),
    }
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
    let temporary = "AKIDtemporary0000000000000000EXAMPLE";
    let (key, token) = (
        "temporarySecretKey0000000EXAMPLE",
        Some("temporary-token-EXAMPLE"),
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
                "AKIDdisabled00000000000000000EXAMPLE",
                "disabledSecretKey00000000EXAMPLE",
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

    // Keys that send and may not look everything up.
    for (id, key, subject, permission) in [
        (
            "AKIDsubaccount000000000000000EXAMPLE",
            "subaccountSecretKey000000EXAMPLE",
            FIRST,
            "sms:DescribeSmsTemplateList",
        ),
        (
            "AKIDreadonly00000000000000000EXAMPLE",
            "readonlySecretKey00000000EXAMPLE",
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
        // More than one page, the one that counts on the last.
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

/// It must be approved, of the route that it serves, and of as many variables as there are parameters.
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

/// A config that cannot work fails with its findings.
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
        // The second look-up, of the signature, meets it.
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

async fn find(rig: &Rig, query: &DeliveryQuery) -> Result<Deliveries, CallError> {
    let found = rig
        .plugin
        .find_deliveries(&to_config(&rig.config()), query, None)
        .await;
    discreet(&format!("{found:?}"));
    found
}

fn query(to: &str, id: Option<&str>) -> DeliveryQuery {
    DeliveryQuery {
        to: to.to_owned(),
        max_age_s: 600,
        correlation_id: id.map(str::to_owned),
        message_id: None,
    }
}

fn message(to: &str, id: &str) -> Message {
    Message {
        correlation_id: Some(id.to_owned()),
        ..code_to(to)
    }
}

/// Before its report it is found as being on its way.
#[tokio::test]
async fn unknown_outcome_is_found_by_its_own_identifier() {
    let rig = rig(|_| {});
    for to in [MAINLAND, INTERNATIONAL] {
        rig.simulator.queue_fault(Fault::AcceptThenClose);
        unknown(rig.send(&message(to, "attempt 1/a")).await);

        let ours = query(to, Some("attempt 1/a"));
        let deliveries = find(&rig, &ours).await.unwrap();
        let [delivery] = deliveries.found.as_slice() else {
            panic!("{deliveries:?}");
        };
        assert_eq!(delivery.state, DeliveryState::Pending);
        assert_eq!(attribute(&delivery.attributes, "correlation-id"), None);
        assert!(deliveries.exhaustive);

        rig.simulator.advance(Duration::from_secs(2));
        let deliveries = find(&rig, &ours).await.unwrap();
        let [delivery] = deliveries.found.as_slice() else {
            panic!("{deliveries:?}");
        };
        let sent = rig.simulator.messages().pop().unwrap();
        assert_eq!(delivery.message_id, sent.serial_no);
        assert_eq!(delivery.state, DeliveryState::Delivered);
        assert_eq!(
            attribute(&delivery.attributes, "correlation-id"),
            Some("attempt 1/a")
        );
        assert_eq!(
            attribute(&delivery.attributes, "provider-code"),
            Some("DELIVRD")
        );

        // Another attempt's identifier does not find it, the serial number does, and so does the number alone.
        assert!(
            find(&rig, &query(to, Some("attempt 2/a")))
                .await
                .unwrap()
                .found
                .is_empty()
        );
        let by_serial = DeliveryQuery {
            message_id: Some(sent.serial_no),
            ..query(to, None)
        };
        assert_eq!(find(&rig, &by_serial).await.unwrap().found.len(), 1);
        assert_eq!(find(&rig, &query(to, None)).await.unwrap().found.len(), 1);
    }
}

#[tokio::test]
async fn lost_message_is_absent_from_complete_records() {
    let rig = rig(|_| {});
    rig.simulator
        .queue_fault(Fault::Unavailable { status: 503 });
    unknown(rig.send(&message(MAINLAND, "one")).await);
    let deliveries = find(&rig, &query(MAINLAND, Some("one"))).await.unwrap();
    assert!(deliveries.found.is_empty() && deliveries.exhaustive);
    let far = DeliveryQuery {
        max_age_s: 72 * 3600,
        ..query(MAINLAND, Some("one"))
    };
    let deliveries = find(&rig, &far).await.unwrap();
    assert!(deliveries.found.is_empty() && !deliveries.exhaustive);
}

/// The code of the refusal comes with it.
#[tokio::test]
async fn refusal_by_carrier_or_service_is_undelivered() {
    let rig = rig(|_| {});
    for (to, code, taken) in [
        ("+441134960001", "UNDELIV", true),
        ("+441134960004", "MK:0001", true),
        (
            "+441632960123",
            "LimitExceeded.PhoneNumberThirtySecondLimit",
            false,
        ),
    ] {
        let sent = rig.send(&message(to, "one")).await;
        assert_eq!(sent.is_ok(), taken, "{sent:?}");
        rig.simulator.advance(Duration::from_secs(2));
        let deliveries = find(&rig, &query(to, Some("one"))).await.unwrap();
        let delivery = &deliveries.found[0];
        assert_eq!(delivery.state, DeliveryState::Undelivered, "{to}");
        assert_eq!(attribute(&delivery.attributes, "provider-code"), Some(code));
        assert_eq!(delivery.message_id.is_empty(), !taken);
    }
}

#[tokio::test]
async fn messages_beyond_one_page_come_newest_first() {
    let rig = rig(|catalogue| {
        catalogue.limits.same_content_interval_s = None;
        catalogue.limits.per_day = None;
    });
    for attempt in 0..23 {
        accepted(rig.send(&message(MAINLAND, &format!("a{attempt}"))).await);
        rig.simulator.advance(Duration::from_secs(1));
    }
    rig.simulator.advance(Duration::from_secs(2));
    let deliveries = find(&rig, &query(MAINLAND, None)).await.unwrap();
    let ids: Vec<_> = deliveries
        .found
        .iter()
        .map(|delivery| {
            attribute(&delivery.attributes, "correlation-id")
                .unwrap()
                .to_owned()
        })
        .collect();
    let expected: Vec<_> = (0..23).rev().map(|attempt| format!("a{attempt}")).collect();
    assert_eq!(ids, expected);
    assert!(deliveries.exhaustive);
    assert!(deliveries.found.is_sorted_by_key(|delivery| delivery.age_s));
}

#[tokio::test]
async fn reports_reach_further_back_than_records() {
    let start = 1_700_014_400;
    let host = |at: i64| host().wall_clock(WallClock::fixed(at.unsigned_abs()));
    let sender = Rig::at(start, host(start));
    accepted(sender.send(&message(MAINLAND, "old")).await);
    let later = start + 4 * 86_400;
    sender.simulator.freeze_clock(later);
    let reader = host(later)
        .allow(&sender.simulator.url())
        .unwrap()
        .trust_pem(sender.simulator.ca_pem().unwrap().as_bytes());
    let rig = Rig {
        plugin: load(reader),
        simulator: sender.simulator,
    };
    let query = DeliveryQuery {
        max_age_s: 5 * 86_400,
        ..query(MAINLAND, Some("old"))
    };
    let deliveries = find(&rig, &query).await.unwrap();
    assert_eq!(deliveries.found.len(), 1, "{deliveries:?}");
    assert_eq!(deliveries.found[0].state, DeliveryState::Delivered);
    assert!(!deliveries.exhaustive);
}

/// The permission is the one to look deliveries up.
#[tokio::test]
async fn missing_permission_of_key_is_named() {
    let rig = rig(|catalogue| {
        catalogue.accounts[0].credentials[0].allow = vec![
            "sms:SendSms".to_owned(),
            "sms:PullSmsSendStatusByPhoneNumber".to_owned(),
        ];
        let sender = Credential {
            secret_id: "AKIDsender00".to_owned(),
            allow: vec!["sms:SendSms".to_owned()],
            ..catalogue.accounts[0].credentials[0].clone()
        };
        catalogue.accounts[0].credentials.push(sender);
    });
    accepted(rig.send(&message(MAINLAND, "one")).await);
    rig.simulator.advance(Duration::from_secs(2));
    // The carriers' reports stand in for the records.
    let deliveries = find(&rig, &query(MAINLAND, Some("one"))).await.unwrap();
    assert_eq!(deliveries.found.len(), 1);
    assert!(!deliveries.exhaustive);

    let mut config = rig.config();
    config["accessKeyId"] = "AKIDsender00".into();
    let query = query(MAINLAND, Some("one"));
    let failure = failed(
        rig.plugin
            .find_deliveries(&to_config(&config), &query, None)
            .await,
    );
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(
        failure.message.contains("sms:DescribeSendRecordList"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn look_ups_work_with_clock_one_hour_off() {
    let rig = rig(|_| {});
    accepted(rig.send(&message(MAINLAND, "one")).await);
    rig.simulator.set_clock_offset_s(3600);
    let checks = rig
        .plugin
        .check_config(&to_config(&rig.config()), &[], None)
        .await
        .unwrap();
    assert!(
        checks.iter().all(|check| check.verdict == Verdict::Pass),
        "{checks:#?}"
    );
    let hour = DeliveryQuery {
        max_age_s: 3700,
        ..query(MAINLAND, Some("one"))
    };
    let deliveries = find(&rig, &hour).await.unwrap();
    assert_eq!(deliveries.found.len(), 1);
    assert!(deliveries.exhaustive);
    assert!(
        (3590..3700).contains(&deliveries.found[0].age_s),
        "{deliveries:?}"
    );
    assert!(
        find(&rig, &query(MAINLAND, None))
            .await
            .unwrap()
            .found
            .is_empty()
    );
}

#[tokio::test]
async fn impossible_number_is_refused_before_any_request() {
    let rig = rig(|_| {});
    let failure = failed(find(&rig, &query("13800138000", None)).await);
    assert_eq!(failure.kind, FailureKind::InvalidMessage);
    assert!(rig.simulator.journal().is_empty());
    assert!(!failure.message.contains(CODE));
}
