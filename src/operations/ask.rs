//! One look-up: signed, sent, judged, and its entries handed out one by one.
//!
//! | bound on one call | why |
//! |---|---|
//! | 16 requests, second attempts included | what the host library grants a call |
//! | 256 KiB of answers | the arena frees nothing within a call, and reading takes up to twenty times the text |
//! | one deadline | the caller waits once |

use alloc::boxed::Box;
use alloc::string::String;

use crate::api::{Call, ProviderLanguage, Request};
use crate::attempt::Judged;
use crate::config::{Account, Config};
use crate::connector::{Host, HttpAnswer, MAX_CALL_MS};
use crate::contract::{Failure, FailureKind, SendError, Turn};
use crate::json::Json;
use crate::outcome::{self, AMBIGUOUS};
use crate::redact::Scrubber;
use crate::send_sms;
use crate::text::join;
use crate::time;

use super::wire::{Action, integer};

/// The most requests of one call.
const MAX_REQUESTS: u32 = 16;

/// The most bytes of answers that are read in one call; the last one may go beyond.
const MAX_ANSWER_BYTES: usize = 262_144;

/// The code for a key whose policy does not grant an action.
pub const NOT_GRANTED: &str = "AuthFailure.UnauthorizedOperation";

/// Why a look-up gave nothing; with a `provider_code` exactly where the service refused it. In a box, because it is
/// handed around more than it is looked at, and each copy of seven fields is code.
pub type Miss = Box<Failure>;

/// What is asked.
pub struct Question<'q> {
    /// On whose behalf.
    pub account: &'q Account<'q>,
    /// The action.
    pub action: &'static Action,
    /// A number's digits without its calling code, which no text may repeat; empty where there is none.
    pub national: &'q str,
    /// The body, for a moment of the service's clock.
    pub body: &'q dyn Fn(u64) -> String,
}

/// What came.
#[derive(Default)]
pub struct Page {
    /// How many entries.
    pub count: u64,
    /// `TotalCount`, where the action gives it.
    pub total: Option<u64>,
    /// Now by the service's clock.
    pub now: u64,
}

/// The look-ups of one call.
pub struct Session<'h> {
    host: Bounded<'h>,
    deadline_ms: u32,
    language: ProviderLanguage,
    /// Whether the service answered anything.
    pub answered: bool,
}

impl<'h> Session<'h> {
    /// Begins, with the deadline that a send would have.
    pub fn new(host: &'h mut dyn Host, config: &Config<'_>, timeout_ms: Option<u32>) -> Self {
        let limit = |limit: Option<u32>| limit.unwrap_or(MAX_CALL_MS);
        Self {
            host: Bounded {
                host,
                ahead_s: 0,
                requests: MAX_REQUESTS,
                bytes: MAX_ANSWER_BYTES,
            },
            deadline_ms: MAX_CALL_MS
                .min(limit(timeout_ms))
                .min(limit(config.timeout_ms)),
            language: config.language,
            answered: false,
        }
    }

    /// Asks, and gives each entry of the answer to `read`, with the time on the service's clock as far as it is known.
    ///
    /// # Errors
    /// [`Miss`]. Also where `read` has no use for an entry, because an answer that is not understood is none.
    pub fn ask(
        &mut self,
        question: &Question<'_>,
        read: &mut dyn FnMut(&Json<'_>, u64) -> Option<()>,
    ) -> Result<Page, Miss> {
        if self.host.requests == 0 || self.host.bytes == 0 {
            return Err(unusable("The call's 16 requests are used up."));
        }
        let (deadline_ms, language) = (self.deadline_ms, self.language);
        let mut attempt = |host: &mut Bounded<'_>, timestamp: u64| {
            let body = (question.body)(timestamp);
            let call = Call {
                account: question.account,
                action: question.action.name,
                language,
                body: body.as_bytes(),
            };
            let answer = host.exchange(&call.sign(timestamp), deadline_ms)?;
            let date = answer.date.as_deref().and_then(time::parse_http_date);
            let now = date.unwrap_or(timestamp);
            Ok(Judged {
                outcome: judge(&answer, question, now, read),
                date: answer.date,
            })
        };
        let timestamp = self.host.unix_time_s();
        let mut judged = attempt(&mut self.host, timestamp);
        if let Some(server_time) = judged.as_ref().ok().and_then(Judged::try_again_at) {
            self.host.ahead_s = server_time.wrapping_sub(timestamp);
            judged = attempt(&mut self.host, server_time);
        }
        match judged {
            Ok(judged) => {
                let outcome = judged.outcome;
                // No answer at all has a code, and one that is not understood is none.
                self.answered |= outcome
                    .as_ref()
                    .map_or_else(|failure| failure.provider_code.is_some(), |_| true);
                outcome.map_err(|failure| for_a_look_up(failure, question.action.name))
            }
            Err(SendError::NotSent(failure) | SendError::Unknown(failure)) => {
                Err(for_a_look_up(Box::new(failure), question.action.name))
            }
        }
    }
}

fn judge(
    answer: &HttpAnswer,
    question: &Question<'_>,
    now: u64,
    read: &mut dyn FnMut(&Json<'_>, u64) -> Option<()>,
) -> Result<Page, Miss> {
    let document = send_sms::parse(&answer.body);
    let said = outcome::read(answer.status, document.as_ref()).map_err(|what| unusable(&what))?;
    if let Some(error) = &said.error {
        let secrets = question.account.secrets();
        let scrubber = Scrubber {
            sensitive: &secrets,
        };
        let (mut failure, _) = outcome::explain(error, &scrubber, now);
        failure.request_id = said
            .request_id
            .and_then(|id| scrubber.identifier_without(id, question.national));
        return Err(Box::new(failure));
    }
    let mut entries = || {
        let fine = (200..300).contains(&answer.status);
        let response = document.as_ref().filter(|_| fine)?.get("Response")?;
        let mut page = Page {
            count: 0,
            total: integer(response, "TotalCount"),
            now,
        };
        match response.get(question.action.set)? {
            Json::Array(entries) => {
                for entry in entries.iter() {
                    read(entry, now)?;
                    page.count += 1;
                }
            }
            // An empty list may be null.
            Json::Null => {}
            _ => return None,
        }
        Some(page)
    };
    entries().ok_or_else(|| unusable("The answer is not one to what was asked."))
}

fn unusable(what: &str) -> Miss {
    Box::new(Failure::new(FailureKind::Provider, Turn::Provider, what))
}

/// The words for failed sends, made fit for a look-up.
fn for_a_look_up(mut failure: Miss, action: &str) -> Miss {
    if failure.provider_code.as_deref() == Some(NOT_GRANTED) {
        failure.message = join(&[
            "The account's policies forbid the look-up. Grant the key the CAM action sms:",
            action,
            " on resource *.",
        ]);
    } else if let Some(rest) = failure.message.strip_suffix(AMBIGUOUS) {
        failure.message = rest.trim_ascii_end().into();
    }
    failure
}

/// A host that counts, and whose clock is put right once the service said what time it is.
struct Bounded<'h> {
    host: &'h mut dyn Host,
    ahead_s: u64,
    requests: u32,
    bytes: usize,
}

impl Host for Bounded<'_> {
    fn unix_time_s(&mut self) -> u64 {
        self.host.unix_time_s().wrapping_add(self.ahead_s)
    }

    fn exchange(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u32,
    ) -> Result<HttpAnswer, SendError> {
        self.requests = self.requests.saturating_sub(1);
        let answer = self.host.exchange(request, deadline_ms)?;
        self.bytes = self.bytes.saturating_sub(answer.body.len());
        Ok(answer)
    }
}
