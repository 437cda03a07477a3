//! Queries about numbers and messages: reports that are pulled, records, conversions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::Call;
use crate::support::{MORNING, ask, morning, response, send, start};

#[test]
fn numbers_are_described_by_the_parser_that_sends() {
    let simulator = start();
    let answer = ask(
        &simulator,
        "DescribePhoneNumberInfo",
        &json!({"PhoneNumberSet": ["+86018501234444", "+85261234567", "nonsense"]}),
    );
    let set = response(&answer)["PhoneNumberInfoSet"].clone();
    assert_eq!(
        (
            &set[0]["PhoneNumber"],
            &set[0]["NationCode"],
            &set[0]["IsoCode"]
        ),
        (&json!("+8618501234444"), &json!("86"), &json!("CN"))
    );
    assert_eq!(
        (&set[1]["IsoCode"], &set[1]["SubscriberNumber"]),
        (&json!("HK"), &json!("61234567"))
    );
    assert_eq!(
        (&set[2]["Code"], &set[2]["PhoneNumber"], &set[2]["IsoCode"]),
        (
            &json!("FailedOperation.PhoneNumberParseFail"),
            &json!("nonsense"),
            &json!("DEF")
        )
    );
}

#[test]
fn reports_come_after_delay_and_once_from_queue() {
    let simulator = start();
    assert_eq!(send(&simulator, json!({"SessionContext": "s1"})), "Ok");
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": ["+8615400010004"]})),
        "Ok"
    );
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": ["+8615400010000"]})),
        "Ok"
    );
    let pull = || {
        response(&ask(
            &simulator,
            "PullSmsSendStatus",
            &json!({"SmsSdkAppId": "1400006666", "Limit": 10}),
        ))["PullSmsSendStatusSet"]
            .clone()
    };
    simulator.advance(Duration::from_millis(999));
    assert_eq!(pull(), json!([]));
    simulator.advance(Duration::from_millis(1));
    let reports = pull();
    assert_eq!(
        reports.as_array().unwrap().len(),
        2,
        "the third number is never reported"
    );
    let first = &simulator.messages()[0];
    assert_eq!(
        reports[0],
        json!({"UserReceiveTime": MORNING + 1, "CountryCode": "86", "SubscriberNumber": "13800138000", "PhoneNumber": "+8613800138000",
               "SerialNo": first.serial_no, "ReportStatus": "SUCCESS", "Description": "DELIVRD", "SessionContext": "s1"})
    );
    assert_eq!(
        (&reports[1]["ReportStatus"], &reports[1]["Description"]),
        (&json!("FAIL"), &json!("MK:0001"))
    );
    assert_eq!(pull(), json!([]));
}

#[test]
fn reports_of_number_can_be_pulled_repeatedly() {
    let simulator = start();
    assert_eq!(send(&simulator, json!({})), "Ok");
    simulator.advance(Duration::from_secs(2));
    let body = |begin: i64| json!({"SmsSdkAppId": "1400006666", "Limit": 10, "Offset": 0, "BeginTime": begin, "PhoneNumber": "+8613800138000"});
    for _ in 0..2 {
        let answer = response(&ask(
            &simulator,
            "PullSmsSendStatusByPhoneNumber",
            &body(MORNING - 5),
        ));
        assert_eq!(answer["PullSmsSendStatusSet"][0]["ReportStatus"], "SUCCESS");
    }
    let later = response(&ask(
        &simulator,
        "PullSmsSendStatusByPhoneNumber",
        &body(MORNING + 1),
    ));
    assert_eq!(later["PullSmsSendStatusSet"], json!([]));
    let old = ask(
        &simulator,
        "PullSmsSendStatusByPhoneNumber",
        &body(MORNING - 8 * 86_400),
    );
    assert_eq!(old.error().0, "InvalidParameterValue.BeginTimeVerifyFail");
}

#[test]
fn reports_wait_for_pull_though_retention_is_exceeded() {
    let simulator = morning().retention(1).start_blocking().unwrap();
    for to in ["+8613800138000", "+8613800138001", "1"] {
        send(&simulator, json!({"PhoneNumberSet": [to]}));
    }
    simulator.advance(Duration::from_secs(1));
    let body = json!({"SmsSdkAppId": "1400006666", "Limit": 100});
    let pulled = response(&ask(&simulator, "PullSmsSendStatus", &body));
    assert_eq!(pulled["PullSmsSendStatusSet"].as_array().unwrap().len(), 2);
}

/// The documentation of these actions has no code of their own for these parameters.
#[test]
fn wrong_paging_of_pulls_is_invalid_parameter() {
    let simulator = start();
    let pull = |changes: Value| {
        let mut body = json!({"SmsSdkAppId": "1400006666", "Limit": 10, "Offset": 0,
            "BeginTime": MORNING, "PhoneNumber": "+8613800138000"});
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        ask(&simulator, "PullSmsSendStatusByPhoneNumber", &body)
    };
    assert!(response(&pull(json!({})))["PullSmsSendStatusSet"].is_array());
    for changes in [
        json!({"Limit": 0}),
        json!({"Limit": 101}),
        json!({"Offset": 1}),
        json!({"PhoneNumber": "junk"}),
    ] {
        assert_eq!(
            pull(changes.clone()).error().0,
            "InvalidParameter",
            "{changes}"
        );
    }
    for (action, body) in [
        (
            "PullSmsSendStatus",
            json!({"SmsSdkAppId": "1400006666", "Limit": 0}),
        ),
        ("DescribeSmsSignList", json!({"International": 2})),
    ] {
        assert_eq!(
            ask(&simulator, action, &body).error().0,
            "InvalidParameter",
            "{action}"
        );
    }
}

#[test]
fn send_records_reveal_outcome_of_lost_answer() {
    let simulator = start();
    simulator.queue_fault(tencent_sms_simulator::Fault::AcceptThenClose);
    assert!(Call::new(simulator.addr()).at(MORNING).try_send().is_none());
    assert_eq!(
        send(&simulator, json!({})),
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    let list = |body: Value| response(&ask(&simulator, "DescribeSendRecordList", &body));
    let query = json!({"PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666", "BeginTime": MORNING - 60});
    let records = list(query.clone());
    assert_eq!(records["TotalCount"], 2);
    assert_eq!(
        (
            &records["SendRecordSet"][0]["SendStatus"],
            &records["SendRecordSet"][0]["RequestCode"]
        ),
        (
            &json!(1),
            &json!("LimitExceeded.PhoneNumberThirtySecondLimit")
        )
    );
    let sent = &records["SendRecordSet"][1];
    assert_eq!(
        (
            &sent["SendStatus"],
            &sent["StatusCode"],
            &sent["UserReceiveTime"]
        ),
        (&json!(3), &json!(""), &json!(0))
    );
    assert_eq!(
        sent["Content"],
        "您的验证码是******，请于5分钟内填写。如非本人操作，请忽略本短信。"
    );
    assert_eq!(sent["SerialNo"], simulator.messages()[0].serial_no.as_str());
    simulator.advance(Duration::from_secs(1));
    let sent = list(query)["SendRecordSet"][1].clone();
    assert_eq!(
        (
            &sent["SendStatus"],
            &sent["StatusCode"],
            &sent["UserReceiveTime"]
        ),
        (&json!(2), &json!("DELIVRD"), &json!(MORNING + 1))
    );
    let old = json!({"PhoneNumber": "+8613800138000", "SmsSdkAppId": "1400006666", "BeginTime": MORNING - 73 * 3600});
    assert_eq!(
        ask(&simulator, "DescribeSendRecordList", &old).error().0,
        "InvalidParameterValue.BeginTimeVerifyFail"
    );
}

#[test]
fn conversion_is_taken_only_for_own_app() {
    let simulator = start();
    let body =
        |app: &str| json!({"SmsSdkAppId": app, "SerialNo": "1234:5", "ConversionTime": MORNING});
    let answer = response(&ask(&simulator, "ReportConversion", &body("1400006666")));
    assert_eq!(answer["ReportConversionStatus"]["Code"], "ok");
    let stranger = ask(&simulator, "ReportConversion", &body("1400007777"));
    assert_eq!(
        stranger.error().0,
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    );
}
