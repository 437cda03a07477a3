//! Look-ups of the outcome of messages.

use super::{failed, rig};
use crate::support::{
    CODE, INTERNATIONAL, MAINLAND, Rig, accepted, attribute, code_to, discreet, host, load,
    to_config, unknown,
};
use auth_connector_host::{
    CallError, Deliveries, DeliveryQuery, DeliveryState, FailureKind, Message, Verdict, WallClock,
};
use std::time::Duration;
use tencent_sms_simulator::{Credential, Fault};

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

/// Before its report the message is found as on its way.
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

        // It is not found by another attempt's identifier, but by the serial number and by the number alone.
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

/// The refusal's code is included.
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

/// The failure names the permission to look up deliveries.
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
    // The carriers' reports replace the records.
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
