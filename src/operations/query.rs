//! One query: signed, sent and interpreted, within the bounds of a call.
//!
//! | bound on one call | reason |
//! |---|---|
//! | 16 requests, second attempts included | the host library grants a call no more |
//! | 256 KiB of responses | reading takes several times the memory of the text |
//! | one deadline | the caller waits once |

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use connector_kit::contract::{Failure, FailureKind, SendError, Turn};
use connector_kit::http::{Client, Response};
use connector_kit::time;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::wire::Action;
use crate::api::{self, Call, Interpreter};
use crate::config::{Account, Config};

/// The most requests of one call.
const MAX_REQUESTS: u32 = 16;

/// The most bytes of responses that are read in one call; the last one may go beyond.
const MAX_RESPONSE_BYTES: usize = 262_144;

/// The code for a key whose policy does not grant an action.
pub const NOT_GRANTED: &str = "AuthFailure.UnauthorizedOperation";

/// The entries of one response.
pub struct Page<E> {
    /// The entries.
    pub entries: Vec<E>,
    /// `TotalCount`, where the action gives it.
    pub total: Option<u64>,
    /// The time of the request, by the service's clock as far as it was known.
    pub asked_at: u64,
    /// Now, by the service's clock as far as it is known.
    pub now: u64,
}

/// The queries of one call.
pub struct Session<'s, 't> {
    client: &'s mut Client<'t>,
    language: &'s str,
    /// A number's digits without its calling code, which no text may repeat; empty where there is none.
    national: &'s str,
    requests_left: u32,
    bytes_left: usize,
    /// The seconds that the service's clock is ahead of the host's, once they are known.
    ahead_s: u64,
    /// True once the service answered anything.
    pub has_answer: bool,
}

impl<'s, 't> Session<'s, 't> {
    /// Begins a call about a number, or about none.
    pub fn new(client: &'s mut Client<'t>, config: &'s Config<'_>, national: &'s str) -> Self {
        Self {
            client,
            language: config.language,
            national,
            requests_left: MAX_REQUESTS,
            bytes_left: MAX_RESPONSE_BYTES,
            ahead_s: 0,
            has_answer: false,
        }
    }

    /// Sends a query for an account. `body` makes the request's body for a moment of the service's clock.
    ///
    /// # Errors
    /// [`Failure`], with a provider code where the service refused the query.
    pub fn ask<E: DeserializeOwned>(
        &mut self,
        account: &Account<'_>,
        action: Action,
        body: impl Fn(u64) -> Value,
    ) -> Result<Page<E>, Failure> {
        if self.requests_left == 0 || self.bytes_left == 0 {
            let what = "The call's 16 requests or 256 KiB of responses are used up.";
            return Err(Failure::new(FailureKind::Provider, Turn::Provider, what));
        }
        let call = Call {
            account,
            action: action.name,
            language: self.language,
            sensitive: account.secrets(),
            national: self.national,
            may_retry: self.requests_left > 1,
        };
        let (requests_left, bytes_left) = (&mut self.requests_left, &mut self.bytes_left);
        let write = |timestamp| {
            *requests_left = requests_left.saturating_sub(1);
            body(timestamp).to_string().into_bytes()
        };
        let read = |response: &Response, interpreter: Interpreter<'_>| {
            *bytes_left = bytes_left.saturating_sub(response.body.len());
            interpret(response, interpreter, action)
        };
        let now = self.client.unix_time_s().wrapping_add(self.ahead_s);
        let outcome = call.send(self.client, now, write, read);
        if let Some(server_time) = outcome.retried_at {
            self.ahead_s = self.ahead_s.wrapping_add(server_time.wrapping_sub(now));
        }
        let result = outcome.result.map_err(|error| failure(error, action));
        self.has_answer |= match &result {
            Ok(_) => true,
            Err(failure) => failure.provider_code.is_some(),
        };
        result
    }
}

fn interpret<E: DeserializeOwned>(
    response: &Response,
    mut interpreter: Interpreter<'_>,
    action: Action,
) -> Result<Page<E>, SendError> {
    let asked_at = interpreter.timestamp;
    let date = response.date.as_deref().and_then(time::parse_http_date);
    let now = date.unwrap_or(asked_at);
    interpreter.timestamp = now;
    let head: api::Head<'_> = interpreter.read(response).map_err(|error| {
        // A check draws conclusions from codes, and below a gateway's status a code proves nothing.
        let mut failure = error.into_failure();
        failure.provider_code = None;
        SendError::Unknown(failure)
    })?;
    let request_id = head.request_id.as_deref();
    if let Some(error) = &head.error {
        return Err(interpreter.refused(error, request_id));
    }
    match entries(&response.body, action.list) {
        Some((entries, total)) if (200..300).contains(&response.status) => Ok(Page {
            entries,
            total,
            asked_at,
            now,
        }),
        _ => Err(interpreter.unusable(not_understood().message, None, request_id)),
    }
}

/// The entries of a list and `TotalCount`; `None` where the response has no such list. An empty one may be null.
fn entries<E: DeserializeOwned>(body: &[u8], list: &str) -> Option<(Vec<E>, Option<u64>)> {
    let members: BTreeMap<String, &RawValue> = api::parse(body)?;
    let entries: Option<Vec<E>> = serde_json::from_str(members.get(list)?.get()).ok()?;
    let total = match members.get("TotalCount") {
        Some(total) => serde_json::from_str(total.get()).ok()?,
        None => None,
    };
    Some((entries.unwrap_or_default(), total))
}

/// The failure of an answer whose entries are not about the question.
pub fn not_understood() -> Failure {
    let message = "The answer is not one to what was asked.";
    Failure::new(FailureKind::Provider, Turn::Provider, message)
}

/// The failure of a query, with words of its own for a missing permission.
fn failure(error: SendError, action: Action) -> Failure {
    let mut failure = error.into_failure();
    if failure.provider_code.as_deref() == Some(NOT_GRANTED) {
        failure.message = format!(
            "The account's policies forbid the look-up. Grant the key the CAM action sms:{} on resource *.",
            action.name
        );
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::wire::{RECORDS, Record};

    #[test]
    fn list_may_be_null_and_must_be_there() {
        let count = |response: &str| {
            let body = format!(r#"{{"Response": {response}}}"#);
            let entries = entries::<Record>(body.as_bytes(), RECORDS.list);
            entries.map(|(entries, _)| entries.len())
        };
        for (response, expected) in [
            (r#"{"SendRecordSet": [{}], "TotalCount": 1}"#, Some(1)),
            (r#"{"SendRecordSet": null}"#, Some(0)),
            (r#"{"SendRecordSet": []}"#, Some(0)),
            (r#"{"TotalCount": 0}"#, None),
            // Another action's response, read as this one's, would mean that there is nothing.
            (r#"{"PullSmsSendStatusSet": [], "TotalCount": 0}"#, None),
            (r#"{"SendRecordSet": {}}"#, None),
            ("[]", None),
        ] {
            assert_eq!(count(response), expected, "{response}");
        }
    }
}
