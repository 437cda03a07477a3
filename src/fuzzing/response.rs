//! Any bytes as the answer to a send.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Debug;

use serde_json::Value;

use crate::api::Request;
use crate::connector::{Host, HttpAnswer, send_message};
use crate::contract::{Message, Receipt, SendError};

const SECRET_KEY: &str = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
const CODE: &str = "918273";
const NATIONAL: &str = "13800138000";

const CONFIG: &str = r#"{"accessKeyId":"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE","accessKeySecret":"Gu5t9xGARNpq86cd98joQYCN3EXAMPLE","signName":"Acme","sdkAppId":"1400006666","region":"ap-guangzhou","templates":[{"usageType":"SignIn","templateCode":"1110000"},{"usageType":"Register","templateCode":"1110000"},{"usageType":"ForgotPassword","templateCode":"1110000"},{"usageType":"Generic","templateCode":"1110000"}]}"#;

/// See [`crate::fuzzing`].
pub fn response(data: &[u8]) {
    let (status, date, body) = parse(data);
    let mut host = Answering {
        status,
        date,
        body,
        requests: 0,
    };
    let message = Message {
        to: format!("+86{NATIONAL}"),
        usage: "SignIn".into(),
        variables: alloc::vec![("code".into(), CODE.into())],
        ..Message::default()
    };
    let outcome = send_message(CONFIG, &message, &mut host);
    discreet(&outcome);
    let expired = matches!(&outcome, Err(SendError::NotSent(failure))
        if failure.provider_code.as_deref() == Some("AuthFailure.SignatureExpire"));
    assert!(host.requests == 1 || expired && host.requests == 2);
    match outcome {
        Ok(receipt) => assert!(accepts(status, body, &receipt), "a false success"),
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

impl Host for Answering<'_> {
    fn unix_time_s(&mut self) -> u64 {
        1_551_113_065
    }

    fn exchange(&mut self, _: &Request<'_>, _: u32) -> Result<HttpAnswer, SendError> {
        self.requests += 1;
        Ok(HttpAnswer {
            status: self.status,
            date: self.date.map(ToString::to_string),
            body: self.body.to_vec(),
        })
    }
}

/// What an acceptance is, said once more over serde_json's reading.
fn accepts(status: u16, body: &[u8], receipt: &Receipt) -> bool {
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
}

/// Whether there is a code that could be a refusal.
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
