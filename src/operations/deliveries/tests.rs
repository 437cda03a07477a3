use alloc::format;
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::*;
use crate::connector::HttpAnswer;
use crate::contract::SendError;
use crate::operations::scripted::{Asked, NOW, Service, answer, config_with, refusal, unreachable};

type Reply = Result<HttpAnswer, SendError>;

const TO: &str = "+8613800138000";

/// A record of the service: `SendStatus`, how long ago, serial number, codes.
fn record(status: u64, age: u64, serial: &str, code: &str) -> Value {
    let (request, carrier) = if status == 1 {
        (code, "")
    } else {
        ("Ok", code)
    };
    json!({
        "PhoneNumber": TO, "SerialNo": serial, "SendStatus": status, "RequestCode": request, "StatusCode": carrier,
        "IsoCode": "CN", "Content": "your code is 918273", "SendTime": NOW - age, "UserReceiveTime": 0,
    })
}

fn report(status: &str, age: u64, serial: &str, context: &str) -> Value {
    json!({
        "PhoneNumber": TO, "SubscriberNumber": "13800138000", "CountryCode": "86", "SerialNo": serial,
        "ReportStatus": status, "Description": "DELIVRD", "SessionContext": context, "UserReceiveTime": NOW - age,
    })
}

fn records(set: &[Value]) -> Reply {
    answer(&json!({"SendRecordSet": set, "TotalCount": set.len()}))
}

fn reports(set: &[Value]) -> Reply {
    answer(&json!({ "PullSmsSendStatusSet": set }))
}

/// A service that has these records and reports.
fn service(recorded: &[Value], reported: &[Value]) -> Service {
    let (recorded, reported) = (recorded.to_vec(), reported.to_vec());
    Service::new(move |asked: &Asked| match asked.action.as_str() {
        "DescribeSendRecordList" => records(&recorded),
        _ => reports(&reported),
    })
}

fn query() -> DeliveryQuery {
    DeliveryQuery {
        to: "+86 138 0013 8000".into(),
        max_age_s: 600,
        ..DeliveryQuery::default()
    }
}

fn correlated(id: &str) -> DeliveryQuery {
    DeliveryQuery {
        correlation_id: Some(id.into()),
        ..query()
    }
}

fn find(query: &DeliveryQuery, service: &mut Service) -> Result<Deliveries, Failure> {
    let found = find_deliveries(&config_with(|_| {}), query, None, service);
    let shown = format!("{found:?}");
    for hidden in ["13800138000", "918273", "EXAMPLE"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    found
}

fn value<'d>(delivery: &'d Delivery, key: &str) -> Option<&'d str> {
    let found = delivery.attributes.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

fn ids(deliveries: &Deliveries) -> Vec<&str> {
    deliveries
        .found
        .iter()
        .map(|delivery| delivery.message_id.as_str())
        .collect()
}

#[test]
fn each_state_of_the_records_has_its_own_and_the_newest_comes_first() {
    let mut service = service(
        &[
            record(3, 50, "5000:3", ""),
            record(2, 400, "5000:2", "DELIVRD"),
            record(4, 60, "5000:4", "MK:0001"),
            record(1, 10, "", "LimitExceeded.PhoneNumberThirtySecondLimit"),
            record(9, 70, "5000:9", ""),
        ],
        &[],
    );
    let deliveries = find(&query(), &mut service).unwrap();
    let found: Vec<_> = deliveries
        .found
        .iter()
        .map(|delivery| {
            let code = value(delivery, "provider-code");
            (
                delivery.message_id.as_str(),
                delivery.age_s,
                delivery.state,
                code,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (
                "",
                10,
                DeliveryState::Undelivered,
                Some("LimitExceeded.PhoneNumberThirtySecondLimit")
            ),
            ("5000:3", 50, DeliveryState::Pending, None),
            ("5000:4", 60, DeliveryState::Undelivered, Some("MK:0001")),
            ("5000:9", 70, DeliveryState::Other, None),
            ("5000:2", 400, DeliveryState::Delivered, Some("DELIVRD")),
        ]
    );
    assert!(deliveries.exhaustive);
}

#[test]
fn nothing_found_in_complete_records_takes_one_request() {
    let mut service = service(&[], &[]);
    let deliveries = find(&correlated("abc"), &mut service).unwrap();
    assert!(deliveries.found.is_empty() && deliveries.exhaustive);
    assert_eq!(service.actions(), ["DescribeSendRecordList"]);
    let asked = &service.asked[0].body;
    assert_eq!(asked["PhoneNumber"], TO);
    assert_eq!(asked["SmsSdkAppId"], "1400006666");
    // Five minutes more than the period, because clocks differ.
    assert_eq!(asked["BeginTime"], NOW - 600 - 300);
}

#[test]
fn a_correlation_id_tells_ours_from_others_once_the_carrier_reported() {
    let mut service = service(
        &[
            record(2, 10, "5000:1", "DELIVRD"),
            record(2, 20, "5000:2", "DELIVRD"),
            record(3, 30, "5000:3", ""),
            record(2, 40, "5000:4", "DELIVRD"),
        ],
        &[
            report("SUCCESS", 5, "5000:1", "mine"),
            report("SUCCESS", 15, "5000:2", "another"),
            report("SUCCESS", 35, "5000:4", ""),
        ],
    );
    let deliveries = find(&correlated("mine"), &mut service).unwrap();
    // The third has no report yet: it may be ours, so it is named, without an id.
    assert_eq!(ids(&deliveries), ["5000:1", "5000:3"]);
    assert_eq!(value(&deliveries.found[0], "correlation-id"), Some("mine"));
    assert_eq!(value(&deliveries.found[1], "correlation-id"), None);
    assert!(deliveries.exhaustive);
}

#[test]
fn without_a_correlation_id_every_message_of_the_period_is_named_with_its_own() {
    let mut service = service(
        &[
            record(2, 10, "5000:1", ""),
            record(2, 20, "5000:2", ""),
            record(2, 30, "5000:3", ""),
        ],
        &[
            report("SUCCESS", 5, "5000:1", "one"),
            report("SUCCESS", 5, "5000:2", "tel 13800138000"),
            report("SUCCESS", 5, "5000:3", "138-0013-8000"),
        ],
    );
    let deliveries = find(&query(), &mut service).unwrap();
    let ids: Vec<_> = deliveries
        .found
        .iter()
        .map(|delivery| value(delivery, "correlation-id"))
        .collect();
    assert_eq!(ids, [Some("one"), None, None]);
}

#[test]
fn a_serial_number_finds_its_message_and_no_other() {
    let known = [
        record(3, 10, "5000:1", ""),
        record(1, 15, "", "X"),
        record(2, 20, "5000:2", ""),
    ];
    let query = |id: &str| DeliveryQuery {
        message_id: Some(id.into()),
        correlation_id: Some("of another try".into()),
        ..query()
    };
    let mut service = service(&known, &[report("SUCCESS", 5, "5000:2", "mine")]);
    let deliveries = find(&query("5000:2"), &mut service).unwrap();
    assert_eq!(ids(&deliveries), ["5000:2"]);
    assert_eq!(value(&deliveries.found[0], "correlation-id"), Some("mine"));
    assert_eq!(
        ids(&find(&query("5000:1"), &mut service).unwrap()),
        ["5000:1"]
    );
    assert!(
        find(&query("5000:9"), &mut service)
            .unwrap()
            .found
            .is_empty()
    );
}

#[test]
fn a_report_settles_a_record_that_is_still_on_its_way() {
    let mut service = service(
        &[
            record(3, 10, "5000:1", ""),
            record(4, 20, "5000:2", "UNDELIV"),
        ],
        &[
            report("FAIL", 5, "5000:1", ""),
            report("SUCCESS", 5, "5000:2", ""),
        ],
    );
    let deliveries = find(&query(), &mut service).unwrap();
    let states: Vec<_> = deliveries
        .found
        .iter()
        .map(|delivery| delivery.state)
        .collect();
    assert_eq!(
        states,
        [DeliveryState::Undelivered, DeliveryState::Undelivered]
    );
}

#[test]
fn what_is_older_than_asked_for_is_left_out_although_the_service_was_asked_for_more() {
    let mut service = service(
        &[
            record(2, 600, "5000:1", ""),
            record(2, 601, "5000:2", ""),
            record(2, 602, "5000:3", ""),
        ],
        &[report("SUCCESS", 5, "5000:9", "")],
    );
    let deliveries = find(&query(), &mut service).unwrap();
    // Both clocks show whole seconds, so one second is given.
    assert_eq!(ids(&deliveries), ["5000:1", "5000:2"]);
}

#[test]
fn records_are_exhaustive_only_as_far_back_as_they_reach() {
    for (max_age_s, exhaustive, asked) in [
        (0, true, 300),
        (72 * 3600 - 600, true, 72 * 3600 - 300),
        (72 * 3600 - 300, true, 72 * 3600 - 300),
        (72 * 3600 - 299, false, 72 * 3600 - 300),
        (u32::MAX, false, 72 * 3600 - 300),
    ] {
        let query = DeliveryQuery {
            max_age_s,
            ..query()
        };
        let mut service = service(&[], &[]);
        let deliveries = find(&query, &mut service).unwrap();
        assert_eq!(deliveries.exhaustive, exhaustive, "{max_age_s}");
        assert_eq!(service.asked[0].body["BeginTime"], NOW - asked);
        assert_eq!(service.asked.len(), if exhaustive { 1 } else { 2 });
    }
}

#[test]
fn beyond_the_records_the_reports_of_seven_days_are_named_and_never_exhaustive() {
    let query = DeliveryQuery {
        max_age_s: 6 * 86_400,
        ..query()
    };
    let reported = [
        report("SUCCESS", 5 * 86_400, "5000:5", "a"),
        report("FAIL", 6 * 86_400, "5000:6", "b"),
        report("FAIL", 6 * 86_400 + 2, "5000:7", "c"),
    ];
    let mut service = service(&[record(3, 9, "5000:1", "")], &reported);
    let deliveries = find(&query, &mut service).unwrap();
    assert_eq!(ids(&deliveries), ["5000:1", "5000:5", "5000:6"]);
    assert_eq!(deliveries.found[1].state, DeliveryState::Delivered);
    assert_eq!(deliveries.found[2].state, DeliveryState::Undelivered);
    assert!(!deliveries.exhaustive);
    assert_eq!(service.asked[1].body["BeginTime"], NOW - 6 * 86_400 - 300);
}

#[test]
fn records_are_read_page_by_page_until_their_number_is_reached() {
    let page = |asked: &Asked, total: u64, most: u64| {
        let offset = asked.body["Offset"].as_u64().unwrap();
        let count = total.saturating_sub(offset).min(most);
        let set: Vec<_> = (0..count)
            .map(|index| record(1, offset + index, "", "LimitExceeded.DailyLimit"))
            .collect();
        answer(&json!({"SendRecordSet": set, "TotalCount": total}))
    };
    for (total, most, requests, found, exhaustive) in [
        (20, 20, 1, 20, true),
        (21, 20, 2, 21, true),
        (45, 20, 3, 45, true),
        // A page that is shorter than asked for is not the last one.
        (15, 10, 2, 15, true),
        // The service says that there are more, and gives none.
        (21, 0, 1, 0, false),
        // More than one call may ask for.
        (400, 20, 16, 320, false),
    ] {
        let mut service = Service::new(move |asked: &Asked| page(asked, total, most));
        let deliveries = find(&query(), &mut service).unwrap();
        assert_eq!(deliveries.found.len(), found, "{total}");
        assert_eq!(deliveries.exhaustive, exhaustive, "{total}");
        let asked = service.actions();
        let asked = asked
            .iter()
            .filter(|action| **action == "DescribeSendRecordList")
            .count();
        assert_eq!(asked, requests, "{total}");
    }
}

#[test]
fn a_later_page_that_fails_leaves_what_was_found_and_is_not_exhaustive() {
    let mut pages = 0;
    let mut service = Service::new(move |asked: &Asked| {
        pages += 1;
        match (asked.action.as_str(), pages) {
            ("DescribeSendRecordList", 1) => {
                let set: Vec<_> = (0..20)
                    .map(|age| record(3, age, &format!("5000:{age}"), ""))
                    .collect();
                answer(&json!({"SendRecordSet": set, "TotalCount": 21}))
            }
            ("DescribeSendRecordList", _) => refusal("RequestLimitExceeded"),
            _ => reports(&[]),
        }
    });
    let deliveries = find(&query(), &mut service).unwrap();
    assert_eq!((deliveries.found.len(), deliveries.exhaustive), (20, false));
}

#[test]
fn where_records_are_refused_the_reports_stand_in() {
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
fn where_reports_are_refused_the_records_stand_without_correlation_ids() {
    let mut service = Service::new(|asked: &Asked| match asked.action.as_str() {
        "DescribeSendRecordList" => records(&[record(2, 5, "5000:1", "")]),
        _ => refusal("AuthFailure.UnauthorizedOperation"),
    });
    let deliveries = find(&correlated("mine"), &mut service).unwrap();
    assert_eq!(ids(&deliveries), ["5000:1"]);
    assert_eq!(value(&deliveries.found[0], "correlation-id"), None);
    assert!(deliveries.exhaustive);
}

#[test]
fn where_both_are_refused_the_first_refusal_says_why_and_which_permission_is_missing() {
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

#[test]
fn what_the_other_look_up_would_meet_as_well_is_not_asked_twice() {
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
fn a_failed_look_up_does_not_speak_of_a_message_on_its_way() {
    for code in ["InternalError", "FailedOperation.SomethingNew", "Surprise"] {
        let mut service = Service::new(move |_: &Asked| refusal(code));
        let failure = find(&query(), &mut service).unwrap_err();
        assert!(!failure.message.contains("on its way"), "{failure:?}");
        assert!(!failure.message.is_empty());
    }
}

#[test]
fn an_answer_about_another_number_is_none() {
    let mut foreign = record(2, 5, "5000:1", "");
    foreign["PhoneNumber"] = "+8613800138001".into();
    let mut service = service(&[foreign], &[]);
    assert_eq!(
        find(&query(), &mut service).unwrap_err().kind,
        FailureKind::Provider
    );
}

#[test]
fn an_answer_that_echoes_a_header_does_not_pass_it_on() {
    let id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE";
    let mut echoed = report("SUCCESS", 60, "2640:1", "ours");
    echoed["Description"] = json!(id);
    let mut service = service(
        &[record(2, 60, "2640:1", id), record(2, 90, id, "DELIVRD")],
        &[echoed],
    );
    let found = super::find_deliveries(&config_with(|_| {}), &query(), None, &mut service).unwrap();
    assert_eq!(ids(&found), ["2640:1", ""]);
    assert!(!format!("{found:?}").contains(id));
}

#[test]
fn a_clock_that_is_wrong_does_not_move_the_period() {
    let right = NOW + 100_000;
    let mut service = Service::new(move |asked: &Asked| {
        if asked.timestamp != right {
            return refusal("AuthFailure.SignatureExpire").map(|answer| HttpAnswer {
                date: Some("Tue, 26 Feb 2019 20:31:05 GMT".into()),
                ..answer
            });
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
fn ages_are_told_by_the_services_clock() {
    let behind = |ahead: &'static str| {
        Service::new(move |asked: &Asked| {
            match asked.action.as_str() {
                "DescribeSendRecordList" => records(&[record(3, 0, "5000:1", "")]),
                _ => reports(&[]),
            }
            .map(|answer| HttpAnswer {
                date: Some(ahead.into()),
                ..answer
            })
        })
    };
    // The service's clock is 100 seconds ahead of the host's.
    let mut service = behind("Mon, 25 Feb 2019 16:46:05 GMT");
    assert_eq!(find(&query(), &mut service).unwrap().found[0].age_s, 100);
    // And 305 seconds behind: more than was asked for in addition, so the period is not covered.
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
fn a_query_that_cannot_work_is_refused_before_anything_is_asked() {
    let mut service = service(&[], &[]);
    let bare = DeliveryQuery {
        to: "13800138000".into(),
        ..query()
    };
    for query in [bare, correlated(&"x".repeat(129)), correlated("caf\u{e9}")] {
        let failure = find(&query, &mut service).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidMessage);
    }
    let failure = find_deliveries("{}", &query(), None, &mut service).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidConfig);
    assert!(!failure.diagnostics.is_empty());
    assert!(service.asked.is_empty());
}

#[test]
fn a_query_does_not_print_the_number() {
    assert!(!format!("{:?}", query()).contains("138"));
}
