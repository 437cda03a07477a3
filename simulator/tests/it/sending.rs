//! Steps 16 to 23: outcome of a message that passed the gateway.

use serde_json::json;
use tencent_sms_simulator::Simulator;

use crate::client::{Call, body_with};
use crate::support::{MORNING, answer_to, send, start, start_with};

#[test]
fn accepted_message_has_status_and_lands_in_inbox() {
    let simulator = start();
    let answer = answer_to(&simulator, json!({"SessionContext": "login 7"}));
    let status = answer.status_of(0);
    let serial = status["SerialNo"].as_str().unwrap().to_owned();
    assert_eq!(
        status,
        json!({"SerialNo": serial, "PhoneNumber": "+8613800138000", "Fee": 1, "SessionContext": "login 7",
               "Code": "Ok", "Message": "send success", "IsoCode": "CN"})
    );
    let (head, tail) = serial.split_once(':').unwrap();
    assert_eq!(
        (head.len(), tail.len(), &tail[10..20]),
        (4, 27, "1700014400"),
        "{serial}"
    );
    let message = simulator.messages().remove(0);
    assert_eq!(
        message.text,
        "【腾讯云】您的验证码是123456，请于5分钟内填写。如非本人操作，请忽略本短信。"
    );
    assert_eq!(
        (message.to.as_str(), message.serial_no, message.segments),
        ("+8613800138000", serial, 1)
    );
    assert_eq!(
        format!("{:?}", simulator.messages())
            .matches("123456")
            .count(),
        0
    );
}

#[test]
fn an_international_message_needs_no_signature() {
    let simulator = start();
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+447700900123"], "TemplateId": "1110003", "SignName": null, "TemplateParamSet": ["123456", "5"]}),
    );
    assert_eq!(
        (answer.code().as_str(), &answer.status_of(0)["IsoCode"]),
        ("Ok", &json!("GB"))
    );
    assert_eq!(
        simulator.messages()[0].text,
        "Your verification code is 123456. It expires in 5 minutes."
    );
}

#[test]
fn the_number_of_recipients_has_bounds() {
    let simulator = start();
    assert_eq!(
        answer_to(&simulator, json!({"PhoneNumberSet": []}))
            .error()
            .0,
        "MissingParameter.EmptyPhoneNumberSet"
    );
    let numbers = |count: u64| {
        (0..count)
            .map(|i| format!("+86138001{i:05}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        send(&simulator, json!({"PhoneNumberSet": numbers(200)})),
        "Ok"
    );
    assert_eq!(simulator.messages().len(), 200);
    let answer = answer_to(&simulator, json!({"PhoneNumberSet": numbers(201)}));
    assert_eq!(answer.error().0, "LimitExceeded.PhoneNumberCountLimit");
}

#[test]
fn app_must_exist_and_belong_to_key() {
    let simulator = start();
    let error = (
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail".to_owned(),
        "request SmsSdk AppId verify fail".to_owned(),
    );
    assert_eq!(
        answer_to(&simulator, json!({"SmsSdkAppId": "1400000000"})).error(),
        error
    );
    assert_eq!(
        answer_to(&simulator, json!({"SmsSdkAppId": "1400007777"})).error(),
        error
    );
    let mut stranger = Call::new(simulator.addr()).at(MORNING);
    stranger.secret_id = "AKIDz7T3hSiXLBwoh6MdHmBll1fhYEXAMPLE".to_owned();
    stranger.secret_key = "Vd2zGh6SpMkX3tNwC9qJfLb7rEXAMPLE".to_owned();
    assert_eq!(stranger.send().error(), error);
}

#[test]
fn suspended_account_or_app_refuses_whole_request() {
    let arrears = start_with(&[("arrears: false", "arrears: true")]);
    assert_eq!(
        answer_to(&arrears, json!({})).error().0,
        "UnauthorizedOperation.ServiceSuspendDueToArrears"
    );
    let disabled = start_with(&[(
        "# disabled: true          # Unauth",
        "disabled: true          # Unauth",
    )]);
    assert_eq!(
        answer_to(&disabled, json!({})).error().0,
        "UnauthorizedOperation.SdkAppIdIsDisabled"
    );
}

#[test]
fn a_session_context_is_shorter_than_512_bytes() {
    let simulator = start();
    assert_eq!(
        send(&simulator, json!({"SessionContext": "x".repeat(511)})),
        "Ok"
    );
    let answer = answer_to(&simulator, json!({"SessionContext": "x".repeat(512)}));
    assert_eq!(answer.error().0, "InvalidParameterValue");
    assert_eq!(
        answer_to(&simulator, json!({"SessionContext": "码".repeat(171)}))
            .error()
            .0,
        "InvalidParameterValue"
    );
}

#[test]
fn refusal_is_repeated_per_number_without_country() {
    let simulator = start();
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+8613800138000", "+8613800138001"], "TemplateParamSet": [], "SessionContext": "s"}),
    );
    for (at, number) in ["+8613800138000", "+8613800138001"].iter().enumerate() {
        assert_eq!(
            answer.status_of(at),
            json!({"SerialNo": "", "PhoneNumber": number, "Fee": 0, "SessionContext": "s",
                   "Code": "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
                   "Message": "request content does not match the template content", "IsoCode": ""})
        );
    }
    assert!(answer.json()["Response"]["Error"].is_null());
}

#[test]
fn every_rule_about_the_message_has_its_code() {
    let simulator = start();
    let intl = json!(["+14155550123"]);
    for (changes, expected) in [
        (
            json!({"TemplateId": "999"}),
            "FailedOperation.TemplateUnapprovedOrNotExist",
        ),
        (
            json!({"TemplateId": "1110005"}),
            "FailedOperation.TemplateIncorrectOrUnapproved",
        ),
        (
            json!({"SignName": null}),
            "FailedOperation.SignatureIncorrectOrUnapproved",
        ),
        (
            json!({"SignName": "100001"}),
            "FailedOperation.SignatureIncorrectOrUnapproved",
        ),
        (
            json!({"SignName": "待审核"}),
            "FailedOperation.SignatureIncorrectOrUnapproved",
        ),
        (
            json!({"SignName": "Tencent"}),
            "FailedOperation.SignatureIncorrectOrUnapproved",
        ),
        (
            json!({"PhoneNumberSet": ["+8613800138000", "+14155550123"]}),
            "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        ),
        (
            json!({"PhoneNumberSet": intl}),
            "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone",
        ),
        (
            json!({"TemplateId": "1110002"}),
            "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone",
        ),
        (
            json!({"TemplateParamSet": ["1", "2"]}),
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        ),
        (
            json!({"TemplateParamSet": ["1234567"]}),
            "InvalidParameterValue.TemplateParameterFormatError",
        ),
        (
            json!({"TemplateParamSet": ["12a456"]}),
            "InvalidParameterValue.TemplateParameterFormatError",
        ),
        (
            json!({"TemplateParamSet": ["１２３"]}),
            "InvalidParameterValue.TemplateParameterFormatError",
        ),
        (
            json!({"TemplateId": "1110004", "TemplateParamSet": ["seven77"]}),
            "InvalidParameterValue.TemplateParameterLengthLimit",
        ),
        (
            json!({"TemplateId": "1110004", "TemplateParamSet": ["t.cn"]}),
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        ),
        (
            json!({"TemplateId": "1110004", "TemplateParamSet": ["赌博"]}),
            "FailedOperation.ContainSensitiveWord",
        ),
    ] {
        assert_eq!(send(&simulator, changes.clone()), expected, "{changes}");
    }
    assert!(simulator.messages().is_empty());
    let last = simulator.journal().pop().unwrap().detail.join("\n");
    assert!(
        last.contains("sensitive_words") && last.contains("尊敬的{1}") && last.contains("尊敬的**"),
        "{last}"
    );
}

#[test]
fn values_at_the_edge_pass() {
    let simulator = start();
    for changes in [
        json!({"TemplateParamSet": ["999999"]}),
        json!({"TemplateParamSet": [""]}),
        json!({"TemplateId": "1110004", "TemplateParamSet": ["sixsix"]}),
    ] {
        assert_eq!(send(&simulator, changes.clone()), "Ok", "{changes}");
    }
}

#[test]
fn a_text_has_500_characters_at_most() {
    let text = "您的验证码是{1}，请于5分钟内填写。如非本人操作，请忽略本短信。";
    // 【腾讯云】 takes 5 and the code 6.
    for (filler, expected) in [
        (489, "Ok"),
        (490, "InvalidParameterValue.ContentLengthLimit"),
    ] {
        let simulator = start_with(&[(text, &format!("\"{{1}}{}\"", "字".repeat(filler)))]);
        assert_eq!(send(&simulator, json!({})), expected, "{filler}");
    }
}

#[test]
fn long_text_costs_package_several_segments() {
    let text = "您的验证码是{1}，请于5分钟内填写。如非本人操作，请忽略本短信。";
    let long = format!("\"{{1}}{}\"", "字".repeat(60));
    let simulator = start_with(&[(text, &long), ("balance: 1000000000", "balance: 3")]);
    let answer = answer_to(&simulator, json!({}));
    assert_eq!(
        (answer.code().as_str(), &answer.status_of(0)["Fee"]),
        ("Ok", &json!(2))
    );
    let refused = answer_to(&simulator, json!({"PhoneNumberSet": ["+8613800138001"]}));
    assert_eq!(
        refused.code(),
        "FailedOperation.InsufficientBalanceInSmsPackage"
    );
    assert_eq!(
        refused.status_of(0)["Message"],
        "insufficient balance in SMS package"
    );
}

#[test]
fn marketing_goes_out_in_daytime_and_from_enterprises() {
    let simulator = start();
    let marketing = || json!({"TemplateId": "1110006", "TemplateParamSet": []});
    // 1700006400 is 08:00 and 1700056800 is 22:00 in UTC+8.
    for (moment, expected) in [
        (1_700_006_399, "FailedOperation.MarketingSendTimeConstraint"),
        (1_700_006_400, "Ok"),
        (1_700_056_799, "Ok"),
        (1_700_056_800, "FailedOperation.MarketingSendTimeConstraint"),
    ] {
        simulator.freeze_clock(moment);
        assert_eq!(send(&simulator, marketing()), expected, "{moment}");
    }
    let personal = start_with(&[("enterprise: true", "enterprise: false")]);
    assert_eq!(
        send(&personal, marketing()),
        "UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny"
    );
}

#[test]
fn a_bad_number_fails_alone() {
    let simulator = start();
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+8613800138000", "12345"]}),
    );
    assert_eq!(answer.status_of(0)["Code"], "Ok");
    let bad = answer.status_of(1);
    assert_eq!(
        (&bad["Code"], &bad["PhoneNumber"]),
        (
            &json!("InvalidParameterValue.IncorrectPhoneNumber"),
            &json!("12345")
        )
    );
}

#[test]
fn identical_numbers_get_one_message() {
    let simulator = start();
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+8613800138000", "13800138000", "008613800138000"]}),
    );
    assert_eq!(
        answer.json()["Response"]["SendStatusSet"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(simulator.messages().len(), 1);
}

#[test]
fn destinations_and_recipients_can_be_blocked() {
    let uk = json!({"PhoneNumberSet": ["+447700900123"], "TemplateId": "1110002"});
    let unreachable = start_with(&[("unreachable_countries: []", "unreachable_countries: [GB]")]);
    assert_eq!(
        send(&unreachable, uk.clone()),
        "UnsupportedOperation.UnsupportedRegion"
    );
    let blocked = start_with(&[("# blocked_countries: [KP]", "blocked_countries: [GB]")]);
    assert_eq!(
        send(&blocked, uk),
        "LimitExceeded.AppCountryOrRegionInBlacklist"
    );
    let opted_out = start_with(&[(
        "# opt_out: [\"+8613800138099\"]",
        "opt_out: [\"+8613800138000\"]",
    )]);
    let answer = answer_to(&opted_out, json!({}));
    assert_eq!(answer.code(), "FailedOperation.PhoneNumberInBlacklist");
    assert_eq!(answer.status_of(0)["IsoCode"], "CN");
}

#[test]
fn magic_number_answers_code_where_service_puts_it() {
    let simulator = start();
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+8615400001023", "+8613800138000"]}),
    );
    assert_eq!(
        answer.status_of(0)["Code"],
        "LimitExceeded.PhoneNumberThirtySecondLimit"
    );
    assert_eq!(answer.status_of(1)["Code"], "Ok");
    let answer = answer_to(
        &simulator,
        json!({"PhoneNumberSet": ["+441632960323"], "TemplateId": "1110002"}),
    );
    assert_eq!(answer.error().0, "RequestLimitExceeded");
}

/// On a frozen clock, where neither the time nor the masked number distinguishes them.
#[test]
fn message_names_request_that_it_came_with() {
    let simulator = Simulator::builder()
        .frozen_clock(1_551_113_065)
        .start_blocking()
        .unwrap();
    let call = Call::new(simulator.addr()).at(1_551_113_065);
    for changes in [
        json!({"TemplateParamSet": ["111111"]}),
        json!({"TemplateParamSet": ["222222"]}),
        json!({"PhoneNumberSet": ["+8615900008000", "bad"]}),
    ] {
        call.clone().body(&body_with(changes)).send();
    }
    let journal = simulator.journal();
    for (message, verdict) in simulator.messages().iter().zip(["Ok", "Ok", "Invalid"]) {
        let mut entries = journal.iter();
        let entry = entries.find(|e| e.sequence == message.request).unwrap();
        assert_eq!(message.sequence, message.request);
        assert!(entry.verdict.starts_with(verdict), "{}", entry.verdict);
    }
    assert_eq!(simulator.messages().len(), 3);
}

/// A mainland signature abroad, and an international one in the mainland. An unknown one is left out abroad either way.
#[test]
fn signature_of_other_route_is_refused_on_demand() {
    let abroad = |sign: &str| json!({"PhoneNumberSet": ["+14155550123"], "TemplateId": "1110002", "SignName": sign});
    let other_route = "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber";
    let wrong = "FailedOperation.SignatureIncorrectOrUnapproved";
    for (refuses, mainland_abroad, international_at_home) in
        [("false", "Ok", wrong), ("true", other_route, other_route)]
    {
        let key = "refuse_signature_of_other_route: ";
        let simulator = start_with(&[(&format!("{key}false"), &format!("{key}{refuses}"))]);
        assert_eq!(send(&simulator, abroad("腾讯云")), mainland_abroad);
        assert_eq!(
            send(&simulator, json!({"SignName": "Tencent"})),
            international_at_home
        );
        simulator.reset();
        assert_eq!(send(&simulator, abroad("Tencent")), "Ok");
        assert_eq!(send(&simulator, json!({"SignName": "腾讯云"})), "Ok");
        simulator.reset();
        assert_eq!(send(&simulator, abroad("nobody's")), "Ok");
        // A number that is none has no route.
        let malformed = json!({"PhoneNumberSet": ["12"]});
        assert_eq!(
            send(&simulator, malformed),
            "InvalidParameterValue.IncorrectPhoneNumber"
        );
    }
}
