//! Refusals, foreign answers and wrong clocks.

use super::*;

#[test]
fn refused_records_are_replaced_by_reports() {
    for code in [
        "AuthFailure.UnauthorizedOperation",
        "InvalidAction",
        "RequestLimitExceeded",
        "InternalError",
        "InvalidParameterValue.BeginTimeVerifyFail",
    ] {
        let mut service = Service::new(move |asked: &Asked| match asked.action.as_str() {
            "DescribeSendRecordList" => refusal(code),
            _ => reports(&[
                report("SUCCESS", 5, "5000:1", "mine"),
                report("FAIL", 9, "5000:2", "x"),
            ]),
        });
        let deliveries = find(&correlated("mine"), &mut service).unwrap();
        assert_eq!(ids(&deliveries), ["5000:1"], "{code}");
        assert!(!deliveries.exhaustive);
    }
}

#[test]
fn refused_reports_leave_records_without_correlation_ids() {
    let mut service = Service::new(|asked: &Asked| match asked.action.as_str() {
        "DescribeSendRecordList" => records(&[record(2, 5, "5000:1", "")]),
        _ => refusal("AuthFailure.UnauthorizedOperation"),
    });
    let deliveries = find(&correlated("mine"), &mut service).unwrap();
    assert_eq!(ids(&deliveries), ["5000:1"]);
    assert_eq!(value(&deliveries.found[0], "correlation-id"), None);
    assert!(deliveries.exhaustive);
}

/// It names the missing permission.
#[test]
fn first_refusal_counts_where_both_are_refused() {
    let mut service = Service::new(|_: &Asked| refusal("AuthFailure.UnauthorizedOperation"));
    let failure = find(&query(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(
        failure.message.contains("sms:DescribeSendRecordList"),
        "{failure:?}"
    );
    assert_eq!(
        failure.provider_code.as_deref(),
        Some("AuthFailure.UnauthorizedOperation")
    );
    assert!(failure.request_id.is_some());
    assert_eq!(service.asked.len(), 2);

    let mut service = Service::new(|_: &Asked| refusal("RequestLimitExceeded"));
    let failure = find(&query(), &mut service).unwrap_err();
    assert_eq!(
        (failure.kind, failure.retry_after_ms),
        (FailureKind::RateLimited, Some(1_000))
    );
}

/// The reports would meet the same.
#[test]
fn final_refusal_is_not_asked_again() {
    for (code, kind) in [
        ("AuthFailure.SignatureFailure", FailureKind::Authentication),
        (
            "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
            FailureKind::InvalidConfig,
        ),
        ("UnsupportedRegion", FailureKind::InvalidConfig),
    ] {
        let mut service = Service::new(move |_: &Asked| refusal(code));
        assert_eq!(find(&query(), &mut service).unwrap_err().kind, kind);
        assert_eq!(service.asked.len(), 1, "{code}");
    }
    let mut service = Service::new(|_: &Asked| unreachable());
    assert_eq!(
        find(&query(), &mut service).unwrap_err().kind,
        FailureKind::Unreachable
    );
    assert_eq!(service.asked.len(), 1);
}

#[test]
fn failed_query_mentions_no_pending_message() {
    for code in ["InternalError", "FailedOperation.SomethingNew", "Surprise"] {
        let mut service = Service::new(move |_: &Asked| refusal(code));
        let failure = find(&query(), &mut service).unwrap_err();
        assert!(!failure.message.contains("on its way"), "{failure:?}");
        assert!(!failure.message.is_empty());
    }
}

#[test]
fn answer_about_another_number_is_unusable() {
    let mut foreign = record(2, 5, "5000:1", "");
    foreign["PhoneNumber"] = "+8613800138001".into();
    let mut service = service(&[foreign], &[]);
    assert_eq!(
        find(&query(), &mut service).unwrap_err().kind,
        FailureKind::Provider
    );
}

#[test]
fn echoed_header_is_not_passed_on() {
    let id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
    let mut echoed = report("SUCCESS", 60, "2640:1", "ours");
    echoed["Description"] = json!(id);
    let mut service = service(
        &[record(2, 60, "2640:1", id), record(2, 90, id, "DELIVRD")],
        &[echoed],
    );
    let found =
        find_deliveries::<TencentSms>(&config_with(|_| {}), &query(), None, &mut service).unwrap();
    assert_eq!(ids(&found), ["2640:1", ""]);
    assert!(!format!("{found:?}").contains(id));
}

#[test]
fn wrong_clock_does_not_move_the_period() {
    let right = NOW + 100_000;
    let mut service = Service::new(move |asked: &Asked| {
        if asked.timestamp != right {
            return dated(
                refusal("AuthFailure.SignatureExpire"),
                "Tue, 26 Feb 2019 20:31:05 GMT",
            );
        }
        assert_eq!(asked.body["BeginTime"], right - 900);
        let mut record = record(3, 0, "5000:1", "");
        record["SendTime"] = (right - 60).into();
        match asked.action.as_str() {
            "DescribeSendRecordList" => records(&[record]),
            _ => reports(&[]),
        }
    });
    let deliveries = find(&query(), &mut service).unwrap();
    assert_eq!(deliveries.found[0].age_s, 60);
    assert!(deliveries.exhaustive);
    assert_eq!(service.asked.len(), 3);
}

#[test]
fn ages_use_the_clock_of_the_service() {
    let behind = |ahead: &'static str| {
        Service::new(move |asked: &Asked| {
            let reply = match asked.action.as_str() {
                "DescribeSendRecordList" => records(&[record(3, 0, "5000:1", "")]),
                _ => reports(&[]),
            };
            dated(reply, ahead)
        })
    };
    // The service's clock is 100 seconds ahead of the host's.
    let mut service = behind("Mon, 25 Feb 2019 16:46:05 GMT");
    assert_eq!(find(&query(), &mut service).unwrap().found[0].age_s, 100);
    // And 305 seconds behind: more than was requested in addition, so the period is not covered.
    let query = DeliveryQuery {
        max_age_s: 600,
        ..query()
    };
    let mut service = behind("Mon, 25 Feb 2019 16:39:20 GMT");
    let deliveries = find(&query, &mut service).unwrap();
    assert_eq!(
        (deliveries.found[0].age_s, deliveries.exhaustive),
        (0, false)
    );
}

#[test]
fn impossible_query_is_refused_without_a_request() {
    let mut service = service(&[], &[]);
    let bare = DeliveryQuery {
        to: "13800138000".into(),
        ..query()
    };
    for query in [bare, correlated(&"x".repeat(129)), correlated("caf\u{e9}")] {
        let failure = find(&query, &mut service).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidMessage);
    }
    let failure = find_deliveries::<TencentSms>("{}", &query(), None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert!(!failure.diagnostics.is_empty());
    assert!(service.asked.is_empty());
}

/// Read as records, the reports of another request would mean that there is no message.
#[test]
fn list_of_another_action_is_no_answer() {
    let mut service = Service::new(|_: &Asked| reports(&[]));
    let failure = find(&query(), &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Provider);
}
