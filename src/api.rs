//! Requests to Tencent Cloud's API 3.0: headers, signature, response envelope, and the one retry.
//!
//! Source: <https://cloud.tencent.com/document/api/382/52071> (headers),
//! <https://cloud.tencent.com/document/api/382/52072> (responses) and [`crate::tc3`] (signature).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::contract::{Failure, FailureKind, SendError, Turn, attribute};
use connector_kit::http::{Client, Method, Request, Response};
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::Scrubber;
use connector_kit::{json, time};
use serde::Deserialize;

use crate::codes::{self, Certainty, Class, Wait, classify, ms_until_hour_in_china};
use crate::config::Account;
use crate::tc3::SigningInput;

/// The API's version.
const VERSION: &str = "2021-01-11";
/// The service's short name in signatures.
const SERVICE: &str = "sms";
/// Signed and sent alike; in lower case, because the service lower-cases it before it verifies.
const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Names this connector to the service. The allowed characters are letters, digits and `-_ ,;.`.
const REQUEST_CLIENT: &str = concat!("tencent-sms-connector_", env!("CARGO_PKG_VERSION"));

/// The refusal of a request whose timestamp differs from the service's time by more than five minutes.
pub const EXPIRED: &str = "AuthFailure.SignatureExpire";

/// A request to an action of the API.
pub struct Call<'a> {
    /// The account that signs.
    pub account: &'a Account<'a>,
    /// The action, such as `SendSms`.
    pub action: &'static str,
    /// The language of the service's own words. Without it the service answers in that of the account.
    pub language: &'a str,
    /// The texts that must not leave with the provider's words.
    pub sensitive: Vec<&'a str>,
    /// The recipient's digits without the calling code; empty where there is no recipient.
    pub national: &'a str,
    /// True if a second request may follow a refused timestamp.
    pub may_retry: bool,
}

/// The end of a call.
pub struct Outcome<T> {
    /// The last response, or the transport's error in its place.
    pub result: Result<T, SendError>,
    /// The service's time, where a second attempt was made at it.
    pub retried_at: Option<u64>,
}

impl Call<'_> {
    /// Makes one attempt at the host's time (Unix seconds), and a second one at the service's time where the first was
    /// refused with `AuthFailure.SignatureExpire`: the service then did nothing, and the response has its time.
    pub fn send<T>(
        &self,
        client: &mut Client<'_>,
        now: u64,
        mut body: impl FnMut(u64) -> Vec<u8>,
        mut read: impl FnMut(&Response, Interpreter<'_>) -> Result<T, SendError>,
    ) -> Outcome<T> {
        let scrubber = Scrubber {
            sensitive: &self.sensitive,
        };
        let mut attempt = |timestamp| {
            let response = match client.send(&self.request(body(timestamp), timestamp)) {
                Ok(response) => response,
                Err(error) => return (Err(error), None),
            };
            let interpreter = Interpreter {
                scrubber: &scrubber,
                national: self.national,
                timestamp,
            };
            (read(&response, interpreter), response.date)
        };
        let (result, date) = attempt(now);
        let retried_at = date
            .filter(|_| self.may_retry && is_expired(&result))
            .and_then(|date| time::parse_http_date(&date));
        let result = match retried_at {
            Some(server_time) => attempt(server_time).0,
            None => result,
        };
        Outcome { result, retried_at }
    }

    /// The request, signed for this second (Unix time). The bytes of `body` are signed, and the same bytes are sent.
    fn request(&self, body: Vec<u8>, timestamp: u64) -> Request<'_> {
        let account = self.account;
        let signing = SigningInput {
            service: SERVICE,
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", &account.endpoint.authority),
            ],
            payload: &body,
            timestamp,
        };
        let key = &account.credentials;
        let authorization = signing.authorization(key.secret_id.reveal(), key.secret_key.reveal());
        let mut headers = alloc::vec![
            ("accept", "application/json".into()),
            ("authorization", authorization.into()),
            ("content-type", CONTENT_TYPE.into()),
            ("x-tc-action", self.action.into()),
            ("x-tc-language", self.language.into()),
            ("x-tc-region", account.region.into()),
            ("x-tc-requestclient", REQUEST_CLIENT.into()),
            ("x-tc-timestamp", timestamp.to_string().into()),
            ("x-tc-version", VERSION.into()),
        ];
        if let Some(token) = key.session_token {
            headers.push(("x-tc-token", token.reveal().into()));
        }
        Request {
            method: Method::Post,
            url: &account.endpoint,
            headers,
            body,
        }
    }
}

fn is_expired<T>(result: &Result<T, SendError>) -> bool {
    matches!(result, Err(SendError::NotSent(failure)) if failure.provider_code.as_deref() == Some(EXPIRED))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<T> {
    response: T,
}

/// Reads the `Response` of a body; `None` where it is not an envelope with a response of that type.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let envelope: Envelope<T> = json::from_slice(body).ok()?;
    Some(envelope.response)
}

/// True if an entry of a response names this number. The service writes E.164, or on some failures the text that it was
/// given; both have the same digits.
pub fn is_number(written: &str, number: &PhoneNumber) -> bool {
    written.strip_prefix('+').unwrap_or(written) == number.digits()
}

/// The members of every response. [`crate::send`] and [`crate::receipts`] repeat them in their own types, because
/// `serde` buffers whatever it flattens.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Head<'a> {
    /// The request as a whole was refused.
    #[serde(borrow)]
    pub error: Option<Refusal<'a>>,
    /// The service's identifier of the request.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    pub request_id: Option<Cow<'a, str>>,
}

/// A code and the provider's words for it, not redacted.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Refusal<'a> {
    /// Such as `AuthFailure.SignatureExpire`.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// In English, unless the service ignores the language asked for.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    pub message: Option<Cow<'a, str>>,
}

impl Refusal<'_> {
    /// The meaning of the refusal for the caller. For a wrong region the service has no code of its own and names the
    /// header in its words.
    fn class(&self) -> &'static Class {
        let message = self.message.as_deref().unwrap_or_default();
        match classify(&self.code) {
            (_, Some("InvalidParameterValue")) if message.contains("X-TC-Region") => &codes::REGION,
            (class, _) => class,
        }
    }
}

/// Turns refusals of the service into failures.
pub struct Interpreter<'a> {
    /// Takes secrets and parameters out of the provider's words.
    pub scrubber: &'a Scrubber<'a>,
    /// The recipient's digits without the calling code; empty where there is no recipient.
    pub national: &'a str,
    /// The time of the request, for limits that end with the day.
    pub timestamp: u64,
}

impl Interpreter<'_> {
    /// A refusal in words, with the state that it proves.
    pub fn refused(&self, refusal: &Refusal<'_>, request_id: Option<&str>) -> SendError {
        let class = refusal.class();
        let mut failure = Failure::new(class.kind, class.turn, class.hint);
        failure.provider_code = self.code(&refusal.code);
        failure.request_id = self.request_id(request_id);
        failure.retry_after_ms = match class.wait {
            Wait::Never => None,
            Wait::Ms(ms) => Some(ms),
            Wait::UntilHourInChina(hour) => Some(ms_until_hour_in_china(self.timestamp, hour)),
        };
        let message = refusal.message.as_deref().unwrap_or_default();
        let words = self.scrubber.text(message);
        if !words.is_empty() {
            let words = attribute("provider-message", &words);
            failure.attributes.push(words);
        }
        match class.certainty {
            Certainty::NotSent => SendError::NotSent(failure),
            Certainty::Unknown => SendError::Unknown(failure),
        }
    }

    /// A documented code, in the spelling of the table, cannot leak: a template parameter `A` must not hide one.
    fn code(&self, code: &str) -> Option<String> {
        let (_, documented) = classify(code);
        let documented = documented.map(String::from);
        documented.or_else(|| self.scrubber.code(code))
    }

    /// The identifier of a request, unless it is none or repeats what must not leave.
    pub fn request_id(&self, id: Option<&str>) -> Option<String> {
        self.scrubber.identifier_without(id?, self.national)
    }

    /// A response that proves nothing, with the code and the identifier that it has.
    pub fn unusable(
        &self,
        message: impl Into<String>,
        refusal: Option<&Refusal<'_>>,
        request_id: Option<&str>,
    ) -> SendError {
        let mut failure = Failure::new(FailureKind::Provider, Turn::Provider, message);
        failure.request_id = self.request_id(request_id);
        failure.provider_code = refusal.and_then(|refusal| self.code(&refusal.code));
        SendError::Unknown(failure)
    }

    /// Reads a response of the service.
    ///
    /// # Errors
    /// [`SendError::Unknown`] where it is not the service's, or a failing gateway's. A gateway that failed may have
    /// passed the request on, whatever its page says.
    pub fn read<'a, T: Deserialize<'a>>(&self, response: &'a Response) -> Result<T, SendError> {
        parse(&response.body)
            .filter(|_| response.status < 500)
            .ok_or_else(|| self.unreadable(response))
    }

    fn unreadable(&self, response: &Response) -> SendError {
        let status = response.status;
        let message = if status >= 500 {
            format!("The provider answered with HTTP status {status}.")
        } else {
            format!(
                "What came back with HTTP status {status} is not an answer of the SMS service. A proxy on the way may \
                 have answered in its place."
            )
        };
        let head: Option<Head<'_>> = parse(&response.body);
        let refusal = head.as_ref().and_then(|head| head.error.as_ref());
        let request_id = head.as_ref().and_then(|head| head.request_id.as_deref());
        self.unusable(message, refusal, request_id)
    }
}

#[cfg(test)]
mod tests;
