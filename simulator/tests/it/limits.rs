//! Steps 21 and 22: limits on frequency, on a clock that the test moves.

use std::time::Duration;

use serde_json::json;
use tencent_sms_simulator::Leniency;

use crate::client::{Call, body_with};
use crate::support::{MORNING, morning, send, start_with};

/// The lines about the whole message come after those about each number.
#[test]
fn journal_keeps_last_lines_of_long_detail() {
    let simulator = morning()
        .leniency(Leniency {
            any_credentials: true,
            derived_service: false,
        })
        .start_blocking()
        .unwrap();
    let numbers: Vec<String> = (0..200).map(|n| format!("+8613800138{n:03}")).collect();
    let mut call = Call::new(simulator.addr())
        .at(MORNING)
        .body(&body_with(json!({ "PhoneNumberSet": numbers })));
    call.secret_key = "wrong".to_owned();
    assert_eq!(call.send().code(), "Ok");
    let repeated = "LimitExceeded.PhoneNumberThirtySecondLimit";
    assert_eq!(call.send().code(), repeated);
    let detail = simulator.journal().pop().unwrap().detail;
    assert_eq!(detail.len(), 200);
    for words in ["lines more", "it would read", "overlooked"] {
        let found = detail.iter().filter(|line| line.contains(words));
        assert_eq!(found.count(), 1, "{words}");
    }
}

#[test]
fn same_text_to_same_number_waits_thirty_seconds() {
    let simulator = start_with(&[]);
    assert_eq!(send(&simulator, json!({})), "Ok");
    simulator.advance(Duration::from_millis(29_999));
    assert_eq!(
        send(&simulator, json!({})),
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    let detail = simulator.journal().pop().unwrap().detail.join("\n");
    assert!(
        detail.contains("29999 ms ago") && detail.contains("验证码是******"),
        "{detail}"
    );
    assert_eq!(
        send(&simulator, json!({"TemplateParamSet": ["654321"]})),
        "Ok",
        "another text"
    );
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": ["+8613800138001"]})),
        "Ok",
        "another number"
    );
    simulator.advance(Duration::from_millis(1));
    assert_eq!(
        send(&simulator, json!({})),
        "Ok",
        "a refused message does not start the wait again"
    );
}

#[test]
fn daily_limit_of_ten_ends_at_chinese_midnight() {
    let simulator = start_with(&[]);
    for i in 0..10 {
        assert_eq!(
            send(&simulator, json!({"TemplateParamSet": [i.to_string()]})),
            "Ok"
        );
    }
    let next = || json!({"TemplateParamSet": ["77"]});
    assert_eq!(
        send(&simulator, next()),
        "LimitExceeded.PhoneNumberDailyLimit"
    );
    // 13:46:40 later it is midnight in UTC+8.
    simulator.advance(Duration::from_secs(49_599));
    assert_eq!(
        send(&simulator, next()),
        "LimitExceeded.PhoneNumberDailyLimit"
    );
    simulator.advance(Duration::from_secs(1));
    assert_eq!(send(&simulator, next()), "Ok");
}

#[test]
fn configured_hourly_and_same_text_limits_hold() {
    let hourly = start_with(&[("per_hour: null", "per_hour: 2")]);
    for i in 0..2 {
        assert_eq!(
            send(&hourly, json!({"TemplateParamSet": [i.to_string()]})),
            "Ok"
        );
    }
    let next = || json!({"TemplateParamSet": ["77"]});
    assert_eq!(
        send(&hourly, next()),
        "LimitExceeded.PhoneNumberOneHourLimit"
    );
    hourly.advance(Duration::from_secs(3600));
    assert_eq!(send(&hourly, next()), "Ok");

    let same = start_with(&[("same_content_per_day: null", "same_content_per_day: 2")]);
    for _ in 0..2 {
        assert_eq!(send(&same, json!({})), "Ok");
        same.advance(Duration::from_secs(30));
    }
    assert_eq!(
        send(&same, json!({})),
        "LimitExceeded.PhoneNumberSameContentDailyLimit"
    );
    assert_eq!(send(&same, next()), "Ok");
}

#[test]
fn numbers_on_the_allow_list_have_no_limits() {
    let simulator = start_with(&[(
        "# allow_list: [\"+8613800138001\"]",
        "allow_list: [\"+8613800138001\"]",
    )]);
    for _ in 0..12 {
        assert_eq!(
            send(&simulator, json!({"PhoneNumberSet": ["+8613800138001"]})),
            "Ok"
        );
    }
}

#[test]
fn each_daily_app_cap_has_its_code() {
    let uk =
        |n: u32| json!({"PhoneNumberSet": [format!("+4477009001{n:02}")], "TemplateId": "1110002"});
    let us = json!({"PhoneNumberSet": ["+14155550123"], "TemplateId": "1110002"});
    let cn = |n: u32| json!({"PhoneNumberSet": [format!("+86138001380{n:02}")]});

    let total = start_with(&[("# daily_limit: 100000 ", "daily_limit: 2 ")]);
    assert_eq!(send(&total, cn(1)), "Ok");
    assert_eq!(send(&total, uk(1)), "Ok");
    assert_eq!(send(&total, us.clone()), "LimitExceeded.AppDailyLimit");

    let mainland = start_with(&[("# daily_limit_mainland: 100000", "daily_limit_mainland: 1")]);
    assert_eq!(send(&mainland, cn(1)), "Ok");
    assert_eq!(
        send(&mainland, cn(2)),
        "LimitExceeded.AppMainlandChinaDailyLimit"
    );
    assert_eq!(send(&mainland, uk(1)), "Ok");

    let global = start_with(&[(
        "# daily_limit_international: 1000",
        "daily_limit_international: 1",
    )]);
    assert_eq!(send(&global, uk(1)), "Ok");
    assert_eq!(
        send(&global, us.clone()),
        "LimitExceeded.AppGlobalDailyLimit"
    );
    assert_eq!(send(&global, cn(1)), "Ok");

    let country = start_with(&[(
        "# daily_limit_per_country: 500",
        "daily_limit_per_country: 1",
    )]);
    assert_eq!(send(&country, uk(1)), "Ok");
    assert_eq!(
        send(&country, uk(2)),
        "LimitExceeded.AppCountryOrRegionDailyLimit"
    );
    assert_eq!(send(&country, us), "Ok");
}
