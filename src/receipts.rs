//! Delivery callbacks of the service, and reports of codes that were used.
//!
//! Sources: <https://www.tencentcloud.com/document/product/382/43547> (callbacks),
//! <https://cloud.tencent.com/document/api/382/58059> (`ReportConversion`). The service does not sign its callbacks:
//! the address that the host gives it must be secret, and a receipt counts by its serial number.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::Receipts;
use connector_kit::contract::{
    Acknowledgement, Callback, CallbackContent, CallbackRefusal, CallbackRefusalKind, Conversion,
    DeliveryReceipt, Failure, FailureKind, ReceiptState, SendError, Turn, attribute,
};
use connector_kit::http::{Client, Response};
use connector_kit::json::{self, ParseError};
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::{self, Scrubber};
use serde::Deserialize;

use crate::TencentSms;
use crate::api::{Call, Interpreter, Refusal};
use crate::config::{Config, Route};

/// The most entries of a callback: the contract's bound.
const MAX_ENTRIES: usize = 1_000;

/// An entry of a callback. Replies by SMS have neither a status nor a serial number.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    sid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    report_status: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    errmsg: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    user_receive_time: Option<Cow<'a, str>>,
    /// The message's `SessionContext`, where the account gets it.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    ext: Option<Cow<'a, str>>,
    #[serde(borrow)]
    mobile: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_code")]
    nationcode: Option<Cow<'a, str>>,
}

impl Entry<'_> {
    /// The recipient's digits without the calling code. The service documents `mobile` so; a number that comes with a
    /// calling code all the same loses it, because texts may repeat the rest alone.
    fn national(&self) -> String {
        let mobile = self.mobile.as_deref().unwrap_or_default();
        if let Ok(number) = PhoneNumber::parse(mobile) {
            return number.national().into();
        }
        let code = self.nationcode.as_deref().unwrap_or_default();
        let rest = mobile.strip_prefix(code.trim_start_matches('+'));
        rest.unwrap_or(mobile).into()
    }
}

impl Receipts for TencentSms {
    /// Reads a callback: a JSON array of delivery reports.
    fn read_callback(
        _: &Config<'_>,
        callback: &Callback,
    ) -> Result<CallbackContent, CallbackRefusal> {
        let entries: Vec<Entry<'_>> = json::from_slice(&callback.body).map_err(malformed)?;
        if entries.len() > MAX_ENTRIES {
            let message = format!("The callback has more than {MAX_ENTRIES} entries.");
            return Err(CallbackRefusal::new(CallbackRefusalKind::TooLarge, message));
        }
        Ok(CallbackContent {
            receipts: entries.iter().filter_map(receipt).collect(),
            acknowledgement: Acknowledgement {
                status: 200,
                content_type: "application/json".into(),
                body: r#"{"result":0,"errmsg":"OK"}"#.into(),
            },
        })
    }

    /// Reports to the service that a code was used.
    fn report_conversion(
        config: &Config<'_>,
        conversion: &Conversion,
        client: &mut Client<'_>,
    ) -> Result<(), Failure> {
        let Some(serial) = redact::identifier(&conversion.message_id) else {
            return Err(Failure::invalid_message(
                "The message id is not a serial number of the service. Pass the one of the message's receipt.",
            ));
        };
        let number = conversion
            .to
            .as_deref()
            .map(PhoneNumber::parse)
            .transpose()?;
        let account = config.account(number.as_ref().map_or(Route::Mainland, Route::of));
        let call = Call {
            account,
            action: "ReportConversion",
            language: config.language,
            sensitive: account.secrets(),
            national: number.as_ref().map_or("", PhoneNumber::national),
            may_retry: true,
        };
        let body = |timestamp: u64| {
            let used_at = timestamp.saturating_sub(conversion.age_s.into());
            let app = &account.sdk_app_id;
            let body = serde_json::json!({"SmsSdkAppId": app, "SerialNo": serial, "ConversionTime": used_at});
            body.to_string().into_bytes()
        };
        let now = client.unix_time_s();
        let outcome = call.send(client, now, body, interpret);
        outcome.result.map_err(|error| {
            // Under a gateway's status a code proves nothing.
            let is_refused = matches!(error, SendError::NotSent(_));
            let mut failure = error.into_failure();
            if is_refused && failure.provider_code.as_deref() == Some("UnauthorizedOperation") {
                failure.kind = FailureKind::Unsupported;
                failure.message =
                    "The service takes conversion reports from accounts on its list only. Ask its support, or do not \
                     report."
                        .into();
                failure.attributes = alloc::vec![attribute("turn", Turn::Operator.as_str())];
            }
            failure
        })
    }
}

fn malformed(error: ParseError) -> CallbackRefusal {
    let place = match error {
        ParseError::Syntax { line, column } => {
            format!(" Reading stopped at line {line}, column {column}.")
        }
        ParseError::TooLong | ParseError::TooDeep => String::new(),
    };
    CallbackRefusal::new(
        CallbackRefusalKind::Malformed,
        format!("Expected a JSON array of delivery reports, as Tencent Cloud posts it.{place}"),
    )
}

/// `None` for an entry that is about no message, such as a reply.
fn receipt(entry: &Entry<'_>) -> Option<DeliveryReceipt> {
    let message_id = redact::identifier(entry.sid.as_deref()?)?;
    let state = match entry.report_status.as_deref()? {
        "SUCCESS" => ReceiptState::Delivered,
        "FAIL" => ReceiptState::Undelivered,
        _ => ReceiptState::Other,
    };
    let national = entry.national();
    let repeatable = |text: &Option<Cow<'_, str>>| {
        Scrubber::DIGITS_ONLY.identifier_without(text.as_deref()?, &national)
    };
    let code = repeatable(&entry.errmsg).map(|code| attribute("provider-code", &code));
    let time = entry.user_receive_time.as_deref();
    let time = time.filter(|time| is_time(time));
    let time = time.map(|time| attribute("reported-at", time));
    Some(DeliveryReceipt {
        message_id,
        correlation_id: repeatable(&entry.ext),
        state,
        attributes: code.into_iter().chain(time).collect(),
    })
}

/// True if a text has the form of `2015-10-17 08:03:04`.
fn is_time(text: &str) -> bool {
    let zero = |each: char| if each.is_ascii_digit() { '0' } else { each };
    text.chars().map(zero).eq("0000-00-00 00:00:00".chars())
}

/// The response to a report.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error: Option<Refusal<'a>>,
    #[serde(borrow)]
    report_conversion_status: Option<Refusal<'a>>,
}

fn interpret(response: &Response, interpreter: Interpreter<'_>) -> Result<(), SendError> {
    let answer: Answer<'_> = interpreter.read(response)?;
    let id = answer.request_id.as_deref();
    let is_taken = |status: &Refusal<'_>| status.code.eq_ignore_ascii_case("ok");
    match (&answer.error, &answer.report_conversion_status) {
        (Some(error), _) => Err(interpreter.refused(error, id)),
        (None, Some(status)) if !is_taken(status) => Err(interpreter.refused(status, id)),
        (None, Some(_)) if (200..300).contains(&response.status) => Ok(()),
        _ => Err(interpreter.unusable(
            "The answer is not one to a report of a conversion.",
            None,
            id,
        )),
    }
}

#[cfg(test)]
mod tests;
