//! Look-ups of messages: records, reports, and how both are joined.

use connector_kit::connector::find_deliveries;
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::{Asked, NOW, Reply, Service, answer, config_with, dated, refusal, unreachable};

mod failures;

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
    let found = find_deliveries::<TencentSms>(&config_with(|_| {}), query, None, service);
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
fn record_states_are_mapped_newest_first() {
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
fn empty_complete_records_take_one_request() {
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
fn correlation_id_selects_reported_messages() {
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
fn query_without_correlation_id_names_every_message() {
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
fn serial_number_finds_its_message_only() {
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
fn report_settles_a_pending_record() {
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

/// The query covers five minutes more than the period.
#[test]
fn older_messages_are_left_out() {
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
fn records_are_exhaustive_within_their_reach() {
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
fn reports_beyond_records_are_never_exhaustive() {
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
fn records_are_read_by_page_to_their_total() {
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
        // A page that is shorter than requested is not the last one.
        (15, 10, 2, 15, true),
        // The service reports that there are more, and returns none.
        (21, 0, 1, 0, false),
        // More than one call may request.
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

/// The answer is then not exhaustive.
#[test]
fn failed_later_page_keeps_earlier_ones() {
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
