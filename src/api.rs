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
use connector_kit::redact::Scrubber;
use connector_kit::{json, time};
use serde::Deserialize;

use crate::codes::{self, Certainty, Wait, classify};
use crate::config::Account;
use crate::tc3::SigningInput;

/// The API's version.
pub const VERSION: &str = "2021-01-11";
/// The service's short name in signatures.
pub const SERVICE: &str = "sms";
/// Signed and sent alike; in lower case, because the service lower-cases it before it verifies.
pub const CONTENT_TYPE: &str = "application/json; charset=utf-8";

/// Names this connector to the service. The allowed characters are letters, digits and `-_ ,;.`.
const REQUEST_CLIENT: &str = concat!("tencent-sms-connector_", env!("CARGO_PKG_VERSION"));

/// The refusal of a request whose timestamp differs from the service's time by more than five minutes.
const EXPIRED: &str = "AuthFailure.SignatureExpire";

/// The language of the service's own words, `X-TC-Language`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProviderLanguage {
    /// `en-US`. Without the header the service answers in the language of the account.
    #[default]
    English,
    /// `zh-CN`.
    Chinese,
}

impl ProviderLanguage {
    /// The header's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::Chinese => "zh-CN",
        }
    }
}

/// A request to an action of the API, such as `SendSms`, signed for this second (Unix time). The bytes of `body` are
/// signed, and the same bytes are sent.
#[must_use]
pub fn request<'a>(
    account: &'a Account<'_>,
    action: &'static str,
    language: ProviderLanguage,
    body: Vec<u8>,
    timestamp: u64,
) -> Request<'a> {
    let signing = SigningInput {
        service: SERVICE,
        headers: &[
            ("content-type", CONTENT_TYPE),
            ("host", &account.endpoint.authority),
        ],
        payload: &body,
        timestamp,
    };
    let authorization =
        signing.authorization(account.secret_id.reveal(), account.secret_key.reveal());
    let mut headers = alloc::vec![
        ("accept", "application/json".into()),
        ("authorization", authorization.into()),
        ("content-type", CONTENT_TYPE.into()),
        ("x-tc-action", action.into()),
        ("x-tc-language", language.as_str().into()),
        ("x-tc-region", account.region.into()),
        ("x-tc-requestclient", REQUEST_CLIENT.into()),
        ("x-tc-timestamp", timestamp.to_string().into()),
        ("x-tc-version", VERSION.into()),
    ];
    if let Some(token) = account.session_token {
        headers.push(("x-tc-token", token.reveal().into()));
    }
    Request {
        method: Method::Post,
        tls: account.endpoint.tls,
        authority: account.endpoint.authority.as_str().into(),
        path: "/".into(),
        headers,
        body,
    }
}

/// What an attempt ended with, and the service's `Date` header, unparsed.
pub struct Attempt<T> {
    /// What the response says.
    pub outcome: Result<T, SendError>,
    /// The service's time.
    pub date: Option<String>,
}

/// Makes one attempt at the host's time, and a second one at the service's time where the first was refused with
/// `AuthFailure.SignatureExpire`: the service then did nothing, and the response says what time it is. Returns the
/// outcome, and the service's time where there was a second attempt.
///
/// # Errors
/// What the transport or the last attempt ended with.
pub fn attempt<T>(
    client: &mut Client<'_>,
    now: u64,
    mut once: impl FnMut(&mut Client<'_>, u64) -> Result<Attempt<T>, SendError>,
) -> (Result<T, SendError>, Option<u64>) {
    let first = match once(client, now) {
        Ok(first) => first,
        Err(error) => return (Err(error), None),
    };
    let Some(server_time) = server_time(&first) else {
        return (first.outcome, None);
    };
    let second = once(client, server_time).and_then(|second| second.outcome);
    (second, Some(server_time))
}

fn server_time<T>(attempt: &Attempt<T>) -> Option<u64> {
    match &attempt.outcome {
        Err(SendError::NotSent(failure)) if failure.provider_code.as_deref() == Some(EXPIRED) => {
            time::parse_http_date(attempt.date.as_deref()?)
        }
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<T> {
    response: T,
}

/// Reads the `Response` of a body; `None` where it is not an envelope with a response of that type.
#[must_use]
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let envelope: Envelope<T> = json::from_slice(body).ok()?;
    Some(envelope.response)
}

/// What every response has.
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

/// Whether a refusal of a parameter is one of the region: the service names the header in its words.
fn is_about_region(refusal: &Refusal<'_>) -> bool {
    refusal.code == "InvalidParameterValue"
        && refusal
            .message
            .as_deref()
            .is_some_and(|words| words.contains("X-TC-Region"))
}

/// Turns refusals of the service into failures.
pub struct Interpreter<'a> {
    /// What must not leave with the provider's words.
    pub scrubber: &'a Scrubber<'a>,
    /// The recipient's digits without the calling code; empty where there is no recipient.
    pub national: &'a str,
    /// The time of the request, for limits that end with the day.
    pub timestamp: u64,
}

impl Interpreter<'_> {
    /// A refusal in words, and what it proves.
    #[must_use]
    pub fn refused(&self, refusal: &Refusal<'_>, request_id: Option<&str>) -> SendError {
        let (class, _) = classify(&refusal.code);
        let failure = self.failure(refusal, request_id);
        match class.certainty {
            Certainty::NotSent => SendError::NotSent(failure),
            Certainty::Unknown => SendError::unknown(failure),
        }
    }

    fn failure(&self, refusal: &Refusal<'_>, request_id: Option<&str>) -> Failure {
        let (mut class, is_known) = classify(&refusal.code);
        if is_about_region(refusal) {
            class = &codes::REGION;
        }
        let mut failure = Failure::new(class.kind, class.turn, class.hint);
        failure.provider_code = self.code(&refusal.code, is_known);
        failure.request_id = self.request_id(request_id);
        failure.retry_after_ms = match class.wait {
            Wait::Never => None,
            Wait::Ms(ms) => Some(ms),
            Wait::UntilHourInChina(hour) => Some(time::ms_until_hour(self.timestamp, 8, hour)),
        };
        let message = refusal.message.as_deref().unwrap_or_default();
        let words = self.scrubber.text(message);
        if !words.is_empty() {
            failure
                .attributes
                .push(attribute("provider-message", &words));
        }
        failure
    }

    /// A documented code cannot leak, whatever the parameters are: a template parameter `A` must not hide one.
    fn code(&self, code: &str, is_known: bool) -> Option<String> {
        if is_known {
            Some(code.into())
        } else {
            self.scrubber.code(code)
        }
    }

    /// The identifier of a request, unless it is none or repeats what must not leave.
    #[must_use]
    pub fn request_id(&self, id: Option<&str>) -> Option<String> {
        self.scrubber.identifier_without(id?, self.national)
    }

    /// A response that proves nothing, with the code and the identifier that it has.
    #[must_use]
    pub fn unusable(
        &self,
        what: impl Into<String>,
        refusal: Option<&Refusal<'_>>,
        request_id: Option<&str>,
    ) -> SendError {
        let mut failure = Failure::new(FailureKind::Provider, Turn::Provider, what);
        failure.request_id = self.request_id(request_id);
        failure.provider_code =
            refusal.and_then(|refusal| self.code(&refusal.code, classify(&refusal.code).1));
        SendError::unknown(failure)
    }

    /// A response that is not the service's, or a failing gateway's. A gateway that failed may have passed the
    /// request on, whatever its page says.
    #[must_use]
    pub fn foreign(&self, response: &Response) -> SendError {
        let status = response.status;
        let what = if status >= 500 {
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
        self.unusable(what, refusal, request_id)
    }
}

#[cfg(test)]
mod tests;
