//! Delivery callbacks: entries, bounds, refusals.

use connector_kit::connector::{read_callback, report_conversion};
use serde_json::{Value, json};

use super::*;
use crate::TencentSms;
use crate::tests::config_with;

mod conversions;

fn read(body: &[u8]) -> Result<CallbackContent, CallbackRefusal> {
    let callback = Callback {
        body: body.to_vec(),
        ..Callback::default()
    };
    let content = read_callback::<TencentSms>(&config_with(|_| {}), &callback);
    let shown = format!("{content:?}");
    assert!(!shown.contains("13800138000"), "{shown}");
    content
}

fn receipts(entries: &Value) -> Vec<DeliveryReceipt> {
    read(entries.to_string().as_bytes()).unwrap().receipts
}

/// The example of the service's documentation, with a serial number of its form.
fn report(status: &str, sid: &str) -> Value {
    json!({"user_receive_time": "2015-10-17 08:03:04", "nationcode": "86", "mobile": "13800138000",
        "report_status": status, "errmsg": "DELIVRD", "description": "用户短信送达成功", "sid": sid})
}

fn refused(body: &str) -> CallbackRefusal {
    read(body.as_bytes()).unwrap_err()
}

#[test]
fn report_becomes_a_receipt() {
    let content = read(json!([report("SUCCESS", "5000:1")]).to_string().as_bytes()).unwrap();
    assert_eq!(
        content.receipts,
        [DeliveryReceipt {
            message_id: "5000:1".into(),
            correlation_id: None,
            state: ReceiptState::Delivered,
            attributes: vec![
                attribute("provider-code", "DELIVRD"),
                attribute("reported-at", "2015-10-17 08:03:04"),
            ],
        }]
    );
    let acknowledgement = content.acknowledgement;
    assert_eq!(acknowledgement.status, 200);
    assert_eq!(acknowledgement.content_type, "application/json");
    let body: Value = serde_json::from_str(&acknowledgement.body).unwrap();
    assert_eq!(body, json!({"result": 0, "errmsg": "OK"}));
}

#[test]
fn status_decides_the_state() {
    for (status, state) in [
        ("SUCCESS", ReceiptState::Delivered),
        ("FAIL", ReceiptState::Undelivered),
        ("Success", ReceiptState::Other),
        ("", ReceiptState::Other),
    ] {
        let found = receipts(&json!([report(status, "5000:1")]));
        assert_eq!(found[0].state, state, "{status}");
    }
}

#[test]
fn entries_keep_their_order() {
    let found = receipts(&json!([
        report("SUCCESS", "5000:2"),
        report("FAIL", "5000:1"),
        report("SUCCESS", "5000:3")
    ]));
    let ids: Vec<_> = found
        .iter()
        .map(|receipt| receipt.message_id.as_str())
        .collect();
    assert_eq!(ids, ["5000:2", "5000:1", "5000:3"]);
    assert!(receipts(&json!([])).is_empty());
}

/// The service posts replies by SMS to the same address where an operator gives only one.
#[test]
fn entry_about_no_message_is_left_out() {
    let reply = json!({"nationcode": "86", "mobile": "13800138000", "text": "TD", "sign": "腾讯云",
        "time": 1_457_336_869, "extend": "1"});
    let mut without_status = report("SUCCESS", "5000:1");
    without_status
        .as_object_mut()
        .unwrap()
        .remove("report_status");
    let mut without_id = report("SUCCESS", "5000:1");
    without_id["sid"] = Value::Null;
    let entries = json!([
        reply,
        report("SUCCESS", "5000:7"),
        without_status,
        without_id,
        report("SUCCESS", ""),
        report("SUCCESS", "two words"),
        {},
    ]);
    let found = receipts(&entries);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message_id, "5000:7");
}

#[test]
fn thousand_entries_are_read_and_one_more_refused() {
    let entry = json!({"sid": "1:1", "report_status": "FAIL"});
    assert_eq!(receipts(&json!(vec![&entry; 1_000])).len(), 1_000);
    let refusal = refused(&json!(vec![&entry; 1_001]).to_string());
    assert_eq!(refusal.kind, CallbackRefusalKind::TooLarge);
    assert!(refusal.message.contains("1000"), "{refusal:?}");
}

#[test]
fn body_beyond_the_bound_is_too_large() {
    let padded = |bytes: usize| {
        let text = json!([report("SUCCESS", "5000:1")]).to_string();
        format!("{text}{}", " ".repeat(bytes - text.len()))
    };
    assert!(read(padded(65_536).as_bytes()).is_ok());
    let refusal = refused(&padded(65_537));
    assert_eq!(refusal.kind, CallbackRefusalKind::TooLarge);
}

/// The message names the place where reading stopped and repeats nothing.
#[test]
fn body_without_list_of_reports_is_malformed() {
    let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
    let cut = json!([report("SUCCESS", "5000:1")]).to_string();
    for body in [
        "",
        "{}",
        "null",
        "\"[]\"",
        "[1]",
        "[null]",
        "[[]]",
        "[] []",
        "sid=5000:1",
        "<xml>13800138000</xml>",
        r#"[{"sid": 5000, "report_status": "FAIL"}]"#,
        r#"[{"sid": "5000:1", "report_status": true}]"#,
        r#"{"sid": "5000:1", "report_status": "SUCCESS"}"#,
        &deep,
        cut.trim_end_matches(']'),
    ] {
        let refusal = refused(body);
        assert_eq!(refusal.kind, CallbackRefusalKind::Malformed, "{body}");
        assert!(refusal.message.contains("JSON array"), "{refusal:?}");
    }
    assert!(refused("[\n x").message.contains("line 2, column 2"));
    assert_eq!(
        read(b"[\"\xff\"]").unwrap_err().kind,
        CallbackRefusalKind::Malformed
    );
}

/// The entries that could be read are dropped: the service posts the callback again.
#[test]
fn one_unreadable_entry_refuses_the_callback() {
    let body = json!([report("SUCCESS", "5000:1"), {"sid": ["x"], "report_status": "FAIL"}]);
    let refusal = refused(&body.to_string());
    assert_eq!(refusal.kind, CallbackRefusalKind::Malformed);
}

#[test]
fn echoed_number_is_not_passed_on() {
    for echo in [
        "13800138000",
        "to-13800138000",
        "+8613800138000",
        "138-0013-8000",
    ] {
        let mut entry = report("FAIL", "5000:1");
        entry["errmsg"] = json!(echo);
        entry["ext"] = json!(echo);
        entry["user_receive_time"] = json!(echo);
        let found = receipts(&json!([entry]));
        assert_eq!(found[0].attributes, [], "{echo}");
        assert_eq!(found[0].correlation_id, None, "{echo}");
    }
}

/// Also where the service gives the number with its calling code, and a text repeats the rest.
#[test]
fn echo_of_a_number_with_calling_code_is_not_passed_on() {
    for (mobile, nationcode) in [
        ("+8613800138000", json!("86")),
        ("+8613800138000", Value::Null),
        ("008613800138000", json!("86")),
        ("8613800138000", json!("86")),
        ("8613800138000", json!(86)),
        ("13800138000", json!("+86")),
    ] {
        let mut entry = report("FAIL", "5000:1");
        entry["mobile"] = json!(mobile);
        entry["nationcode"] = nationcode;
        entry["errmsg"] = json!("id-13800138000");
        entry["ext"] = json!("138-0013-8000");
        let found = receipts(&json!([entry]));
        let time = attribute("reported-at", "2015-10-17 08:03:04");
        assert_eq!(found[0].attributes, [time], "{mobile}");
        assert_eq!(found[0].correlation_id, None, "{mobile}");
    }
}

/// The message's `SessionContext` comes back as `ext`.
#[test]
fn correlation_id_is_the_ext_of_the_entry() {
    for (ext, expected) in [
        (json!("order-7"), Some("order-7")),
        (
            json!("a0aabda6-cf91-4f3e-a81f-9198114a2279"),
            Some("a0aabda6-cf91-4f3e-a81f-9198114a2279"),
        ),
        (json!(""), None),
        (Value::Null, None),
        (json!("two words"), None),
    ] {
        let mut entry = report("SUCCESS", "5000:1");
        entry["ext"] = ext.clone();
        let found = receipts(&json!([entry]));
        assert_eq!(found[0].correlation_id.as_deref(), expected, "{ext}");
    }
}

#[test]
fn report_time_has_one_form() {
    for (written, is_kept) in [
        ("2015-10-17 08:03:04", true),
        ("2015-10-17T08:03:04", false),
        ("2015-10-17 08:03", false),
        ("2015-10-17 08:03:04 ", false),
        ("2015-1x-17 08:03:04", false),
        ("", false),
    ] {
        let mut entry = report("SUCCESS", "5000:1");
        entry["user_receive_time"] = json!(written);
        let found = receipts(&json!([entry]));
        let expected = attribute("reported-at", written);
        assert_eq!(
            found[0].attributes.contains(&expected),
            is_kept,
            "{written}"
        );
    }
}

#[test]
fn callback_with_invalid_config_is_refused() {
    let callback = Callback {
        body: b"[]".to_vec(),
        ..Callback::default()
    };
    let refusal = read_callback::<TencentSms>("{}", &callback).unwrap_err();
    assert_eq!(refusal.kind, CallbackRefusalKind::InvalidConfig);
}
