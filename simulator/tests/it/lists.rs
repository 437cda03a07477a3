//! Lists of templates and signatures, packages and counts.

use serde_json::json;

use crate::client::Call;
use crate::support::{MORNING, ask, response, send, start, start_with};

#[test]
fn templates_are_listed_by_id_and_by_page() {
    let simulator = start();
    let by_id = ask(
        &simulator,
        "DescribeSmsTemplateList",
        &json!({"International": 0, "TemplateIdSet": [1110005, 1110002]}),
    );
    assert_eq!(
        response(&by_id),
        json!({"DescribeTemplateStatusSet": [{
            "TemplateId": 1110005, "International": 0, "StatusCode": 1, "ReviewReply": "", "TemplateName": "审核中",
            "CreateTime": 1704067200, "TemplateContent": "登录验证码{1}，请勿告知他人。"}]})
    );
    let page = |limit: u64, offset: u64| {
        let body = json!({"International": 1, "Limit": limit, "Offset": offset});
        let answer = response(&ask(&simulator, "DescribeSmsTemplateList", &body));
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
    let error = |body| ask(&simulator, "DescribeSmsTemplateList", &body).error().0;
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
        &json!({"International": 0}),
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
        let simulator = start_with(&[
            ("balance: 1000000000", "balance: 1000"),
            (
                "# balance_expires_at: 1893456000",
                &format!("balance_expires_at: {ends}"),
            ),
        ]);
        let packages = response(&ask(
            &simulator,
            "SmsPackagesStatistics",
            &json!({"SmsSdkAppId": "1400006666", "Limit": 10, "Offset": 0, "BeginTime": "2023010100", "EndTime": "2023111511"}),
        ));
        assert_eq!(
            packages["SmsPackagesStatisticsSet"][0]["PackageExpiredTime"],
            ends
        );
        assert_eq!(send(&simulator, json!({})), verdict);
    }
}

/// The largest expiry that a catalogue can hold.
#[test]
fn package_without_end_is_accepted() {
    let simulator = start_with(&[(
        "# balance_expires_at: 1893456000",
        "balance_expires_at: 9223372036854775807",
    )]);
    assert_eq!(send(&simulator, json!({})), "Ok");
}

#[test]
fn packages_and_counts_follow_what_was_sent() {
    let simulator = start_with(&[("balance: 1000000000", "balance: 1000")]);
    assert_eq!(send(&simulator, json!({})), "Ok");
    assert_eq!(
        send(&simulator, json!({})),
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    let period = |begin: &str, end: &str, limit: u64| json!({"SmsSdkAppId": "1400006666", "Limit": limit, "Offset": 0, "BeginTime": begin, "EndTime": end});
    let packages = response(&ask(
        &simulator,
        "SmsPackagesStatistics",
        &period("2023010100", "2023111510", 10),
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
            &period(begin, end, 0),
        ))
    };
    let one = json!({"SendStatusStatistics": {"FeeCount": 1, "RequestCount": 2, "RequestSuccessCount": 1}});
    let none = json!({"SendStatusStatistics": {"FeeCount": 0, "RequestCount": 0, "RequestSuccessCount": 0}});
    assert_eq!(counts("2023111510", "2023111510"), one);
    assert_eq!(counts("2023111509", "2023111509"), none);
    assert_eq!(counts("2023111511", "2023111512"), none);
    let error = |body| ask(&simulator, "SendStatusStatistics", &body).error().0;
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
