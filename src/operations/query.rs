//! One query: signed, sent and interpreted, within the bounds of a call.
//!
//! | bound on one call | reason |
//! |---|---|
//! | 16 requests, second attempts included | what the host library grants a call |
//! | 256 KiB of responses | reading takes several times the memory of the text |
//! | one deadline | the caller waits once |

use alloc::format;
use alloc::vec::Vec;

use connector_kit::contract::{Failure, FailureKind, SendError, Turn};
use connector_kit::http::{Client, Response};
use connector_kit::redact::Scrubber;
use connector_kit::time;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::wire::Listing;
use crate::api::{self, Attempt, Interpreter, ProviderLanguage};
use crate::config::{Account, Config};

/// The most requests of one call.
const MAX_REQUESTS: u32 = 16;

/// The most bytes of responses that are read in one call; the last one may go beyond.
const MAX_RESPONSE_BYTES: usize = 262_144;

/// The code for a key whose policy does not grant an action.
pub const NOT_GRANTED: &str = "AuthFailure.UnauthorizedOperation";

/// Who asks, and what.
#[derive(Clone, Copy)]
pub struct Query<'q> {
    /// On whose behalf.
    pub account: &'q Account<'q>,
    /// The action.
    pub action: &'static str,
    /// A number's digits without its calling code, which no text may repeat; empty where there is none.
    pub national: &'q str,
}

/// The entries of one response.
pub struct Page<E> {
    /// The entries.
    pub entries: Vec<E>,
    /// `TotalCount`, where the action gives it.
    pub total: Option<u64>,
    /// Now, by the service's clock as far as it is known.
    pub now: u64,
}

/// The queries of one call.
pub struct Session<'s, 't> {
    client: &'s mut Client<'t>,
    language: ProviderLanguage,
    requests: u32,
    bytes: usize,
    /// By how much the service's clock is ahead of the host's, once that is known.
    ahead_s: u64,
    /// Whether the service answered anything.
    pub has_answer: bool,
}

impl<'s, 't> Session<'s, 't> {
    /// Begins a call.
    pub fn new(client: &'s mut Client<'t>, config: &Config<'_>) -> Self {
        Self {
            client,
            language: config.language,
            requests: MAX_REQUESTS,
            bytes: MAX_RESPONSE_BYTES,
            ahead_s: 0,
            has_answer: false,
        }
    }

    /// Asks. `body` makes the request's body for a moment of the service's clock.
    ///
    /// # Errors
    /// [`Failure`], with a provider code where the service refused the query.
    pub fn ask<B: Serialize, E: DeserializeOwned>(
        &mut self,
        query: Query<'_>,
        body: impl Fn(u64) -> B,
    ) -> Result<Page<E>, Failure> {
        if self.requests == 0 || self.bytes == 0 {
            return Err(unusable("The call's 16 requests are used up."));
        }
        let (requests, bytes, language) = (&mut self.requests, &mut self.bytes, self.language);
        let now = self.client.unix_time_s().wrapping_add(self.ahead_s);
        let once = |client: &mut Client<'_>, timestamp| {
            *requests = requests.saturating_sub(1);
            let body = serde_json::to_vec(&body(timestamp)).unwrap_or_default();
            let request = api::request(query.account, query.action, language, body, timestamp);
            let response = client.send(&request)?;
            *bytes = bytes.saturating_sub(response.body.len());
            let date = response.date.as_deref().and_then(time::parse_http_date);
            Ok(Attempt {
                outcome: interpret(&response, query, date.unwrap_or(timestamp)),
                date: response.date,
            })
        };
        let (outcome, second_at) = api::attempt(self.client, now, once);
        if let Some(server_time) = second_at {
            self.ahead_s = self.ahead_s.wrapping_add(server_time.wrapping_sub(now));
        }
        let outcome = outcome.map_err(|error| failure(error, query.action));
        self.has_answer |= match &outcome {
            Ok(_) => true,
            Err(failure) => failure.provider_code.is_some(),
        };
        outcome
    }
}

fn interpret<E: DeserializeOwned>(
    response: &Response,
    query: Query<'_>,
    now: u64,
) -> Result<Page<E>, SendError> {
    let secrets = query.account.secrets();
    let interpreter = Interpreter {
        scrubber: &Scrubber {
            sensitive: &secrets,
        },
        national: query.national,
        timestamp: now,
    };
    let head: Option<api::Head<'_>> = api::parse(&response.body);
    let Some(head) = head.filter(|_| response.status < 500) else {
        return Err(interpreter.foreign(response));
    };
    let request_id = head.request_id.as_deref();
    if let Some(error) = &head.error {
        return Err(interpreter.refused(error, request_id));
    }
    let listing: Option<Listing<E>> = api::parse(&response.body);
    match listing.filter(|_| (200..300).contains(&response.status)) {
        Some(Listing {
            total_count,
            set: Some(entries),
        }) => Ok(Page {
            entries: entries.unwrap_or_default(),
            total: total_count,
            now,
        }),
        _ => Err(interpreter.unusable(
            "The answer is not one to what was asked.",
            None,
            request_id,
        )),
    }
}

fn unusable(what: &str) -> Failure {
    Failure::new(FailureKind::Provider, Turn::Provider, what)
}

/// The words for failed sends, made fit for a query.
fn failure(error: SendError, action: &str) -> Failure {
    let mut failure = error.into_failure();
    if failure.provider_code.as_deref() == Some(NOT_GRANTED) {
        failure.message = format!(
            "The account's policies forbid the look-up. Grant the key the CAM action sms:{action} on resource *."
        );
    }
    failure
}
