//! Actions beside `SendSms`, and delivery reports.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tencent_sms_simulator::{Catalogue, Simulator};

use crate::client::{Answer, Call, body_with, get};

/// 10:13:20 on 15 November 2023 in UTC+8.
const MORNING: i64 = 1_700_014_400;

fn start() -> Simulator {
    Simulator::builder()
        .frozen_clock(MORNING)
        .start_blocking()
        .unwrap()
}

fn ask(simulator: &Simulator, action: &str, body: Value) -> Answer {
    let mut call = Call::new(simulator.addr())
        .at(simulator.now_unix_ms() / 1000)
        .body(&body);
    call.action = Some(action.to_owned());
    call.send()
}

fn send(simulator: &Simulator, changes: Value) -> String {
    Call::new(simulator.addr())
        .at(simulator.now_unix_ms() / 1000)
        .body(&body_with(changes))
        .send()
        .code()
}

/// `Response` without its id.
fn response(answer: &Answer) -> Value {
    let mut response = answer.json()["Response"].clone();
    assert!(
        response
            .as_object_mut()
            .unwrap()
            .remove("RequestId")
            .is_some()
    );
    response
}

#[test]
fn templates_are_listed_by_id_and_by_page() {
    let simulator = start();
    let by_id = ask(
        &simulator,
        "DescribeSmsTemplateList",
        json!({"International": 0, "TemplateIdSet": [1110005, 1110002]}),
    );
    assert_eq!(
        response(&by_id),
        json!({"DescribeTemplateStatusSet": [{
            "TemplateId": 1110005, "International": 0, "StatusCode": 1, "ReviewReply": "", "TemplateName": "审核中",
            "CreateTime": 1704067200, "TemplateContent": "登录验证码{1}，请勿告知他人。"}]})
    );
    let page = |limit: u64, offset: u64| {
        let body = json!({"International": 1, "Limit": limit, "Offset": offset});
        let answer = response(&ask(&simulator, "DescribeSmsTemplateList", body));
        let set = answer["DescribeTemplateStatusSet"].as_array().unwrap();
        set.iter()
            .map(|t| t["TemplateId"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(page(10, 0), [1110002, 1110003]);
    assert_eq!(
        (page(1, 0), page(1, 1), page(1, 2)),
        (vec![1110002], vec![1110003], vec![])
    );
    let error = |body| ask(&simulator, "DescribeSmsTemplateList", body).error().0;
    assert_eq!(
        error(json!({"International": 2})),
        "InvalidParameterValue.InvalidInternational"
    );
    assert_eq!(
        error(json!({"International": 0, "Limit": 101})),
        "InvalidParameterValue.LimitVerifyFail"
    );
    assert_eq!(error(json!({})), "MissingParameter");
    assert_eq!(error(json!({"International": "0"})), "InvalidParameter");
}

#[test]
fn signatures_are_listed_with_their_review() {
    let simulator = start();
    let answer = response(&ask(
        &simulator,
        "DescribeSmsSignList",
        json!({"International": 0}),
    ));
    let set = answer["DescribeSignListStatusSet"].as_array().unwrap();
    let seen: Vec<_> = set
        .iter()
        .map(|s| {
            (
                s["SignName"].as_str().unwrap(),
                s["StatusCode"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(seen, [("腾讯云", 0), ("待审核", 1)]);
}

/// Personal accounts cannot list anything.
#[test]
fn sub_accounts_cannot_list_templates() {
    let simulator = start();
    let list = |action: &str, id: &str, key: &str| {
        let mut call = Call::new(simulator.addr())
            .at(MORNING)
            .body(&json!({"International": 0}));
        call.action = Some(action.to_owned());
        (call.secret_id, call.secret_key) = (id.to_owned(), key.to_owned());
        let answer = call.send();
        answer.json()["Response"]["Error"]["Code"]
            .as_str()
            .unwrap_or("Ok")
            .to_owned()
    };
    let sub = (
        "AKIDuE8LCAnmuO6RvvBfOHZ1FzfnKEXAMPLE",
        "Hj3xPv9LtQbD6wZkM1sGnRf5cEXAMPLE",
    );
    assert_eq!(
        list("DescribeSmsTemplateList", sub.0, sub.1),
        "FailedOperation.ProhibitSubAccountUse"
    );
    assert_eq!(list("DescribeSmsSignList", sub.0, sub.1), "Ok");
    let personal = (
        "AKIDz7T3hSiXLBwoh6MdHmBll1fhYEXAMPLE",
        "Vd2zGh6SpMkX3tNwC9qJfLb7rEXAMPLE",
    );
    for action in ["DescribeSmsTemplateList", "DescribeSmsSignList"] {
        assert_eq!(
            list(action, personal.0, personal.1),
            "FailedOperation.NotEnterpriseCertification"
        );
    }
}

#[test]
fn expired_package_is_reported_and_pays_nothing() {
    for (ends, verdict) in [
        (MORNING + 1, "Ok"),
        (MORNING, "FailedOperation.InsufficientBalanceInSmsPackage"),
    ] {
        let yaml = Catalogue::BUILT_IN
            .replace("balance: 1000000000", "balance: 1000")
            .replace(
                "# balance_expires_at: 1893456000",
                &format!("balance_expires_at: {ends}"),
            );
        let simulator = Simulator::builder()
            .catalogue(Catalogue::from_yaml(&yaml).unwrap())
            .frozen_clock(MORNING)
            .start_blocking()
            .unwrap();
        let packages = response(&ask(
            &simulator,
            "SmsPackagesStatistics",
            json!({"SmsSdkAppId": "1400006666", "Limit": 10, "Offset": 0, "BeginTime": "2023010100", "EndTime": "2023111511"}),
        ));
        assert_eq!(
            packages["SmsPackagesStatisticsSet"][0]["PackageExpiredTime"],
            ends
        );
        assert_eq!(send(&simulator, json!({})), verdict);
    }
}

#[test]
fn packages_and_counts_follow_what_was_sent() {
    let yaml = Catalogue::BUILT_IN.replace("balance: 1000000000", "balance: 1000");
    let catalogue = Catalogue::from_yaml(&yaml).unwrap();
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .frozen_clock(MORNING)
        .start_blocking()
        .unwrap();
    assert_eq!(send(&simulator, json!({})), "Ok");
    assert_eq!(
        send(&simulator, json!({})),
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    let period = |begin: &str, end: &str, limit: u64| json!({"SmsSdkAppId": "1400006666", "Limit": limit, "Offset": 0, "BeginTime": begin, "EndTime": end});
    let packages = response(&ask(
        &simulator,
        "SmsPackagesStatistics",
        period("2023010100", "2023111510", 10),
    ));
    let package = &packages["SmsPackagesStatisticsSet"][0];
    assert_eq!(
        (&package["PackageAmount"], &package["CurrentUsage"]),
        (&json!(1000), &json!(1))
    );
    let year = 365 * 86_400;
    assert_eq!(package["PackageExpiredTime"], MORNING + year);
    let counts = |begin, end| {
        response(&ask(
            &simulator,
            "SendStatusStatistics",
            period(begin, end, 0),
        ))
    };
    let one = json!({"SendStatusStatistics": {"FeeCount": 1, "RequestCount": 2, "RequestSuccessCount": 1}});
    let none = json!({"SendStatusStatistics": {"FeeCount": 0, "RequestCount": 0, "RequestSuccessCount": 0}});
    assert_eq!(counts("2023111510", "2023111510"), one);
    assert_eq!(counts("2023111509", "2023111509"), none);
    assert_eq!(counts("2023111511", "2023111512"), none);
    let error = |body| ask(&simulator, "SendStatusStatistics", body).error().0;
    assert_eq!(
        error(period("2023111510", "2023111509", 0)),
        "InvalidParameterValue.EndTimeVerifyFail"
    );
    assert_eq!(
        error(period("20231115", "2023111509", 0)),
        "InvalidParameterValue.BeginTimeVerifyFail"
    );
    assert_eq!(
        error(period("2023111510", "2023111510", 1)),
        "InvalidParameterValue.LimitVerifyFail"
    );
}

#[test]
fn numbers_are_described_by_the_parser_that_sends() {
    let simulator = start();
    let answer = ask(
        &simulator,
        "DescribePhoneNumberInfo",
        json!({"PhoneNumberSet": ["+86018501234444", "+85261234567", "nonsense"]}),
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
            json!({"SmsSdkAppId": "1400006666", "Limit": 10}),
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
            body(MORNING - 5),
        ));
        assert_eq!(answer["PullSmsSendStatusSet"][0]["ReportStatus"], "SUCCESS");
    }
    let later = response(&ask(
        &simulator,
        "PullSmsSendStatusByPhoneNumber",
        body(MORNING + 1),
    ));
    assert_eq!(later["PullSmsSendStatusSet"], json!([]));
    let old = ask(
        &simulator,
        "PullSmsSendStatusByPhoneNumber",
        body(MORNING - 8 * 86_400),
    );
    assert_eq!(old.error().0, "InvalidParameterValue.BeginTimeVerifyFail");
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
    let list = |body: Value| response(&ask(&simulator, "DescribeSendRecordList", body));
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
        ask(&simulator, "DescribeSendRecordList", old).error().0,
        "InvalidParameterValue.BeginTimeVerifyFail"
    );
}

#[test]
fn conversion_is_taken_only_for_own_app() {
    let simulator = start();
    let body =
        |app: &str| json!({"SmsSdkAppId": app, "SerialNo": "1234:5", "ConversionTime": MORNING});
    let answer = response(&ask(&simulator, "ReportConversion", body("1400006666")));
    assert_eq!(answer["ReportConversionStatus"]["Code"], "ok");
    let stranger = ask(&simulator, "ReportConversion", body("1400007777"));
    assert_eq!(
        stranger.error().0,
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
    );
}

/// Listens for delivery reports. The channel has each request, to which it answered `result` 0.
fn receiver() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/reports?secret=path",
        listener.local_addr().unwrap()
    );
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            while !bytes.ends_with(b"]") {
                let n = stream.read(&mut chunk).unwrap();
                assert_ne!(n, 0, "the request ended before its array");
                bytes.extend_from_slice(&chunk[..n]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\nConnection: close\r\n\r\n{\"result\":0,\"errmsg\":\"OK\"}")
                .unwrap();
            if sender.send(String::from_utf8(bytes).unwrap()).is_err() {
                return;
            }
        }
    });
    (url, received)
}

/// Head and reports of the next request to the receiver.
fn next_reports(received: &Receiver<String>) -> (String, Value) {
    let text = received.recv_timeout(Duration::from_secs(20)).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

/// Waits until the simulator has counted so many accepted reports.
fn wait_for_accepted(simulator: &Simulator, count: u64) {
    let begun = std::time::Instant::now();
    while get(simulator.addr(), "/_sim/health").json()["callbacks_accepted"] != count {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the receiver's answer was not counted"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn reports_are_posted_to_callback_as_array() {
    let (url, received) = receiver();
    let simulator = Simulator::builder()
        .callback(url)
        .frozen_clock(1_551_113_065)
        .start_blocking()
        .unwrap();
    assert_eq!(send(&simulator, json!({})), "Ok");
    simulator.advance(Duration::from_secs(1));
    let (head, body) = next_reports(&received);
    assert!(
        head.starts_with("POST /reports?secret=path HTTP/1.1"),
        "{head}"
    );
    assert_eq!(
        body,
        json!([{"user_receive_time": "2019-02-26 00:44:26", "nationcode": "86", "mobile": "13800138000", "report_status": "SUCCESS",
                "errmsg": "DELIVRD", "description": "user receive message success", "sid": simulator.messages()[0].serial_no}])
    );
    wait_for_accepted(&simulator, 1);
}

/// Newer messages and refused numbers take the place of older records, but not of reports that are still to come.
#[test]
fn reports_arrive_though_retention_is_exceeded() {
    let (url, received) = receiver();
    let simulator = Simulator::builder()
        .callback(url)
        .retention(1)
        .frozen_clock(MORNING)
        .start_blocking()
        .unwrap();
    for to in ["+8613800138000", "+8613800138001", "1", "2"] {
        send(&simulator, json!({"PhoneNumberSet": [to]}));
    }
    simulator.advance(Duration::from_secs(1));
    let (_, reports) = next_reports(&received);
    let mobiles: Vec<&Value> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["mobile"])
        .collect();
    assert_eq!(mobiles, ["13800138000", "13800138001"]);
    wait_for_accepted(&simulator, 2);
}

#[test]
fn reports_wait_for_pull_though_retention_is_exceeded() {
    let simulator = Simulator::builder()
        .retention(1)
        .frozen_clock(MORNING)
        .start_blocking()
        .unwrap();
    for to in ["+8613800138000", "+8613800138001", "1"] {
        send(&simulator, json!({"PhoneNumberSet": [to]}));
    }
    simulator.advance(Duration::from_secs(1));
    let body = json!({"SmsSdkAppId": "1400006666", "Limit": 100});
    let pulled = response(&ask(&simulator, "PullSmsSendStatus", body));
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
        ask(&simulator, "PullSmsSendStatusByPhoneNumber", body)
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
            ask(&simulator, action, body).error().0,
            "InvalidParameter",
            "{action}"
        );
    }
}

/// Real time alone would bring the report after 10 minutes.
#[test]
fn report_is_posted_when_clock_is_set() {
    type Change = fn(&Simulator);
    let changes: [Change; 2] = [
        |simulator| simulator.freeze_clock(MORNING + 600),
        |simulator| simulator.set_clock_offset_s(0),
    ];
    for change in changes {
        let (url, received) = receiver();
        let simulator = Simulator::builder()
            .callback(url)
            .delivery_delay(Duration::from_secs(600))
            .frozen_clock(MORNING)
            .start_blocking()
            .unwrap();
        assert_eq!(send(&simulator, json!({})), "Ok");
        change(&simulator);
        next_reports(&received);
    }
}

/// The largest expiry that a catalogue can hold.
#[test]
fn package_without_end_is_accepted() {
    let yaml = Catalogue::BUILT_IN.replace(
        "# balance_expires_at: 1893456000",
        "balance_expires_at: 9223372036854775807",
    );
    let simulator = Simulator::builder()
        .catalogue(Catalogue::from_yaml(&yaml).unwrap())
        .frozen_clock(MORNING)
        .start_blocking()
        .unwrap();
    assert_eq!(send(&simulator, json!({})), "Ok");
}
