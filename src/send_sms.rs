//! `SendSms` on the wire: the request's body, and what an answer says.
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981>. The body's keys stand in the order of Logto's
//! connector, in compact JSON, UTF-8 unescaped.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::json::{self, Json};

/// The API's action.
pub const ACTION: &str = "SendSms";

/// The body's fields.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendSms<'a> {
    /// The SMS application.
    pub sms_sdk_app_id: &'a str,
    /// The signature's text; may be absent on the international route, where the service needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_name: Option<&'a str>,
    /// The template.
    pub template_id: &'a str,
    /// The template's parameters in order.
    pub template_param_set: &'a [String],
    /// One number in E.164.
    pub phone_number_set: [&'a str; 1],
    /// The caller's correlation id; the service echoes it and keeps it with the record. Below 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<&'a str>,
    /// The extension of the number that mainland recipients see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extend_code: Option<&'a str>,
    /// The registered sender that recipients abroad see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<&'a str>,
}

impl SendSms<'_> {
    /// The body's bytes. Serialised once: these bytes are signed, and these bytes are sent.
    ///
    /// They end with the brace that closes the object, and what the transport withholds is that brace.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings and arrays of strings always serialize.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// What an answer says. Not yet judged, and with the provider's words in it, so it has no `Debug` output.
#[derive(PartialEq, Eq)]
pub struct Answer<'a> {
    /// `Response.RequestId`.
    pub request_id: Option<&'a str>,
    /// `Response.Error`: the request as a whole was refused.
    pub error: Option<Refusal<'a>>,
    /// `Response.SendStatusSet`: one entry for each number. `None` when there is no such array.
    pub statuses: Option<Vec<Status<'a>>>,
}

/// A code and the provider's words for it, unscrubbed.
#[derive(PartialEq, Eq)]
pub struct Refusal<'a> {
    /// Such as `AuthFailure.SignatureExpire`.
    pub code: &'a str,
    /// In English, unless the service ignores the language asked for.
    pub message: &'a str,
}

/// What became of one number.
#[derive(PartialEq, Eq)]
pub struct Status<'a> {
    /// `Ok`, or why not.
    pub outcome: Refusal<'a>,
    /// The number as the service echoes it.
    pub phone_number: &'a str,
    /// Empty on failure.
    pub serial_no: &'a str,
    /// Billed segments.
    pub fee: Option<u64>,
    /// ISO 3166-1 alpha-2, `DEF` when unknown, empty when the failure concerns the request.
    pub iso_code: &'a str,
}

impl Status<'_> {
    /// Whether the entry says that the message was taken. The service writes `Ok`; Logto's connector accepts any
    /// case, and so does this one.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.outcome.code.eq_ignore_ascii_case("ok")
    }

    /// Whether the entry is about this number. The service echoes E.164, or on some failures what it was given;
    /// digits are what both share.
    #[must_use]
    pub fn is_about(&self, digits: &str) -> bool {
        self.phone_number
            .strip_prefix('+')
            .unwrap_or(self.phone_number)
            == digits
    }
}

/// Reads an answer.
///
/// Unknown keys are ignored; a key of the wrong type counts as absent, and an entry of the set that is not an
/// object with a code makes the whole answer unusable.
///
/// # Errors
/// `None` when the text is not an answer of this service: not JSON, too long, or without `Response`.
#[must_use]
pub fn answer<'a>(document: &'a Json<'a>) -> Option<Answer<'a>> {
    let response = document
        .get("Response")
        .filter(|response| matches!(response, Json::Object(_)))?;
    let error = match response.get("Error") {
        None | Some(Json::Null) => None,
        Some(error) => Some(refusal(error)?),
    };
    let statuses = match response.get("SendStatusSet") {
        None | Some(Json::Null) => None,
        Some(set) => Some(
            set.as_array()?
                .iter()
                .map(status)
                .collect::<Option<Vec<_>>>()?,
        ),
    };
    Some(Answer {
        request_id: text(response, "RequestId"),
        error,
        statuses,
    })
}

/// Parses an answer's bytes. See [`answer`].
#[must_use]
pub fn parse(body: &[u8]) -> Option<Json<'_>> {
    json::parse(body).ok()
}

fn refusal<'a>(object: &'a Json<'a>) -> Option<Refusal<'a>> {
    Some(Refusal {
        code: text(object, "Code")?,
        message: text(object, "Message").unwrap_or_default(),
    })
}

fn status<'a>(entry: &'a Json<'a>) -> Option<Status<'a>> {
    Some(Status {
        outcome: refusal(entry)?,
        phone_number: text(entry, "PhoneNumber").unwrap_or_default(),
        serial_no: text(entry, "SerialNo").unwrap_or_default(),
        fee: match entry.get("Fee") {
            Some(Json::Integer(fee)) => Some(*fee),
            _ => None,
        },
        iso_code: text(entry, "IsoCode").unwrap_or_default(),
    })
}

fn text<'a>(object: &'a Json<'a>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Json::as_str)
}
