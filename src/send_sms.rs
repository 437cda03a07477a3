//! `SendSms` (API version 2021-01-11) on the wire: the request's bytes and headers, and what an answer says.
//!
//! Source: <https://cloud.tencent.com/document/api/382/55981>. The body's keys stand in the order of Logto's
//! connector, in compact JSON, UTF-8 unescaped.

use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::config::Config;
use crate::json::{self, Json};
use crate::tc3::SigningInput;
use crate::text::decimal;

/// The API's action.
pub const ACTION: &str = "SendSms";
/// The API's version.
pub const VERSION: &str = "2021-01-11";
/// The service's short name in signatures.
pub const SERVICE: &str = "sms";
/// Signed and sent alike; in lower case, because the service lower-cases it before it verifies.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Names this connector to the service. The allowed characters are letters, digits and `-_ ,;.`.
const REQUEST_CLIENT: &str = concat!("tencent-sms-connector_", env!("CARGO_PKG_VERSION"));

/// The body's fields.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SendSms<'a> {
    /// The SMS application.
    pub sms_sdk_app_id: &'a str,
    /// The signature's text.
    pub sign_name: &'a str,
    /// The template.
    pub template_id: &'a str,
    /// The template's parameters in order.
    pub template_param_set: &'a [String],
    /// One number in E.164.
    pub phone_number_set: [&'a str; 1],
    /// The caller's correlation id; the service echoes it and keeps it with the record. Below 512 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_context: Option<&'a str>,
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

/// One signed request, ready for a transport.
pub struct Request<'a> {
    /// Whether to use TLS.
    pub tls: bool,
    /// Host, and port unless it is the scheme's own. The host's HTTP client makes the `Host` header from it.
    pub authority: &'a str,
    /// Header names in lower case, and values; no `host` and no `content-length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: &'a [u8],
}

/// Signs a body and puts the headers around it.
#[must_use]
pub fn request<'a>(config: &'a Config<'a>, body: &'a [u8], timestamp: u64) -> Request<'a> {
    let signing = SigningInput {
        service: SERVICE,
        headers: &[
            ("content-type", CONTENT_TYPE),
            ("host", &config.endpoint.authority),
        ],
        payload: body,
        timestamp,
    };
    let authorization =
        signing.authorization(config.secret_id.reveal(), config.secret_key.reveal());
    let mut headers = alloc::vec![
        ("accept", "application/json".into()),
        ("authorization", authorization),
        ("content-type", CONTENT_TYPE.into()),
        ("x-tc-action", ACTION.into()),
        // Without it the service answers in the language of the account.
        ("x-tc-language", "en-US".into()),
        ("x-tc-region", config.region.into()),
        ("x-tc-requestclient", REQUEST_CLIENT.into()),
        ("x-tc-timestamp", decimal(timestamp)),
        ("x-tc-version", VERSION.into()),
    ];
    if let Some(token) = config.session_token {
        headers.push(("x-tc-token", token.reveal().into()));
    }
    Request {
        tls: config.endpoint.tls,
        authority: &config.endpoint.authority,
        headers,
        body,
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
