//! Any bytes as the answer to a send, and to every look-up.

use std::fmt::Debug;

use connector_kit::connector::{check_config, find_deliveries, report_conversion, send_message};
use connector_kit::contract::{
    Conversion, Deliveries, DeliveryQuery, Message, Receipt, SendError, Verdict,
};
use connector_kit::http::{Request, Response, Transport};
use connector_kit::text::Language;
use serde_json::Value;
use tencent_sms_connector::TencentSms;

use super::CONFIG;

const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const CODE: &str = "918273";
const NATIONAL: &str = "13800138000";

/// See the parent module.
pub fn response(data: &[u8]) {
    let (status, date, body) = parse(data);
    for correlation_id in [None, Some("id-7")] {
        let message = Message {
            to: format!("+86{NATIONAL}"),
            usage: "SignIn".into(),
            variables: vec![("code".into(), CODE.into())],
            correlation_id: correlation_id.map(ToString::to_string),
            ..Message::default()
        };
        sent(status, date, body, &message);
    }
    look_ups(status, date, body);
    reported(status, date, body);
}

fn sent(status: u16, date: Option<&str>, body: &[u8], message: &Message) {
    let mut host = Answering::new(status, date, body);
    let outcome = send_message::<TencentSms>(CONFIG, message, &mut host);
    discreet(&outcome);
    let expired = matches!(&outcome, Err(SendError::NotSent(failure))
        if failure.provider_code.as_deref() == Some("AuthFailure.SignatureExpire"));
    assert!(host.requests == 1 || expired && host.requests == 2);
    let id = message.correlation_id.as_deref();
    match outcome {
        Ok(receipt) => assert!(accepts(status, body, &receipt, id), "a false success"),
        Err(SendError::NotSent(_)) => {
            assert!(
                status < 500,
                "a gateway that failed may have passed the request on"
            );
            assert!(refuses(body), "certainty without a refusal");
        }
        Err(SendError::Unknown(failure)) => assert!(!failure.message.is_empty()),
    }
}

/// A report of a conversion gets this answer.
fn reported(status: u16, date: Option<&str>, body: &[u8]) {
    let mut host = Answering::new(status, date, body);
    let conversion = Conversion {
        message_id: "5000:1".into(),
        to: Some(format!("+86{NATIONAL}")),
        age_s: 60,
    };
    match report_conversion::<TencentSms>(CONFIG, &conversion, None, &mut host) {
        Ok(()) => assert!((200..300).contains(&status), "taken under {status}"),
        Err(failure) => {
            let shown = debug(&failure);
            assert!(!shown.contains(NATIONAL) && !shown.contains(SECRET_KEY));
        }
    }
    assert!((1..=2).contains(&host.requests));
}

/// Every question of a look-up gets this answer.
fn look_ups(status: u16, date: Option<&str>, body: &[u8]) {
    for (message_id, correlation_id) in [(None, None), (Some("5000:1"), None), (None, Some("id"))] {
        let query = DeliveryQuery {
            to: format!("+86{NATIONAL}"),
            max_age_s: 3_600,
            message_id: message_id.map(ToString::to_string),
            correlation_id: correlation_id.map(ToString::to_string),
        };
        let mut host = Answering::new(status, date, body);
        match find_deliveries::<TencentSms>(CONFIG, &query, None, &mut host) {
            Ok(deliveries) => {
                assert!(
                    (200..300).contains(&status),
                    "an answer under status {status}"
                );
                for found in &deliveries.found {
                    assert!(message_id.is_none_or(|id| found.message_id == id));
                    assert!(!debug(&found.attributes).contains(NATIONAL));
                }
                known(body, &deliveries);
            }
            Err(failure) => assert!(!debug(&failure).contains(NATIONAL)),
        }
        assert!(
            (1..=16).contains(&host.requests),
            "{} requests",
            host.requests
        );
    }
    let mut host = Answering::new(status, date, body);
    let checks = check_config::<TencentSms>(CONFIG, Language::English, None, &mut host);
    assert!(
        (1..=16).contains(&host.requests),
        "{} requests",
        host.requests
    );
    assert!(!debug(&checks).contains(SECRET_KEY));
    for check in checks.into_iter().flatten() {
        assert!(
            check.verdict != Verdict::Pass || status < 500,
            "confirmed by a gateway that failed"
        );
        assert!(!check.message.is_empty());
    }
}

/// Every delivery found is in the response, and absence is claimed only if there is a list.
fn known(body: &[u8], deliveries: &Deliveries) {
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => {
            assert!(is_huge_number(&error), "{error}");
            return;
        }
    };
    let response = &document["Response"];
    assert!(response["Error"].is_null(), "found in spite of a refusal");
    let records = response.get("SendRecordSet");
    assert!(
        !deliveries.exhaustive || records.is_some(),
        "absence without a list"
    );
    let lists = ["SendRecordSet", "PullSmsSendStatusSet"].map(|key| response[key].as_array());
    let entries: Vec<&Value> = lists.into_iter().flatten().flatten().collect();
    for found in &deliveries.found {
        let named = |entry: &&Value| entry["SerialNo"].as_str() == Some(&found.message_id);
        assert!(found.message_id.is_empty() || entries.iter().any(named));
    }
}

/// `STATUS DATE`, a line break, body. Without such a line all of it is a body under status 200.
fn parse(data: &[u8]) -> (u16, Option<&str>, &[u8]) {
    let head = || {
        let end = data.iter().position(|byte| *byte == b'\n')?;
        let (line, body) = data.split_at_checked(end)?;
        let line = core::str::from_utf8(line).ok()?;
        let (status, date) = line.split_once(' ').unwrap_or((line, ""));
        let date = (!date.is_empty()).then_some(date);
        Some((status.parse().ok()?, date, body.get(1..)?))
    };
    head().unwrap_or((200, None, data))
}

/// Gives the same answer to everything.
struct Answering<'a> {
    status: u16,
    date: Option<&'a str>,
    body: &'a [u8],
    requests: usize,
}

impl<'a> Answering<'a> {
    fn new(status: u16, date: Option<&'a str>, body: &'a [u8]) -> Self {
        Self {
            status,
            date,
            body,
            requests: 0,
        }
    }
}

impl Transport for Answering<'_> {
    fn unix_time_s(&mut self) -> u64 {
        1_551_113_065
    }

    fn exchange(&mut self, _: &Request<'_>, _: u32) -> Result<Response, SendError> {
        self.requests += 1;
        Ok(Response {
            date: self.date.map(ToString::to_string),
            ..Response::new(self.status, self.body)
        })
    }
}

/// Second definition of an acceptance, over serde_json's reading.
fn accepts(status: u16, body: &[u8], receipt: &Receipt, id: Option<&str>) -> bool {
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => return is_huge_number(&error),
    };
    let response = &document["Response"];
    let error = response.get("Error").is_none_or(Value::is_null);
    let Some([entry]) = response["SendStatusSet"].as_array().map(Vec::as_slice) else {
        return false;
    };
    let text = |key: &str| entry[key].as_str().unwrap_or_default();
    let number = text("PhoneNumber");
    (200..300).contains(&status)
        && error
        && text("Code").eq_ignore_ascii_case("ok")
        && number.strip_prefix('+').unwrap_or(number) == format!("86{NATIONAL}")
        && !text("SerialNo").is_empty()
        && receipt.message_id == text("SerialNo")
        && id.is_none_or(|id| text("SessionContext") == id)
}

/// Returns true if there is a code that could be a refusal.
fn refuses(body: &[u8]) -> bool {
    let document: Value = match serde_json::from_slice(body) {
        Ok(document) => document,
        Err(error) => return is_huge_number(&error),
    };
    let response = &document["Response"];
    let refusal = |object: &Value| {
        let code = object["Code"].as_str();
        code.is_some_and(|code| !code.eq_ignore_ascii_case("ok"))
    };
    let entries = response["SendStatusSet"].as_array();
    refusal(&response["Error"])
        || matches!(entries.map(Vec::as_slice), Some([entry]) if refusal(entry))
}

/// A number too large for a float is JSON, and serde_json has nowhere to put it.
fn is_huge_number(error: &serde_json::Error) -> bool {
    error.to_string().contains("number out of range")
}

/// Nothing of the request shows, but for the serial number of an accepted message, in which chance puts any
/// six digits.
fn discreet(outcome: &Result<Receipt, SendError>) {
    let shown: String = match outcome {
        Ok(receipt) => debug(&(&receipt.request_id, &receipt.attributes)),
        Err(error) => debug(error),
    };
    for hidden in [SECRET_KEY, CODE, NATIONAL] {
        assert!(!shown.contains(hidden), "{hidden} shows in {shown}");
    }
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?}")
}
