//! `SendSms`: from checked parameters to one status per number.
//!
//! | steps | decide | answer |
//! |---|---|---|
//! | 16, [`access`] | may this caller use this application at all | `Response.Error` |
//! | 17, [`content`] | is the message as a whole allowed | the same status for each number |
//! | 18 to 22, [`recipient`] | may this number get it now | a status for this number |
//! | 23, [`accept`] | accept: bill, number, put into the inbox | `Ok` |

mod accept;
pub mod access;
pub mod content;
pub mod recipient;
mod status;
mod types;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::catalogue::Catalogue;
use crate::codes::{Code, Place};
use crate::gateway::Admitted;
use crate::inbox::Message;
use crate::magic;
use crate::phone::Number;
use crate::request::Refusal;
use crate::state::State;
use accept::{accept, remember_refusals};
pub use status::SendStatus;
use types::{Context, Recipient, SendSms};

/// Result of a send that passed the access layer.
pub struct SendOutcome {
    /// One entry per distinct number, in the order of the request.
    pub statuses: Vec<SendStatus>,
    /// The messages that were accepted.
    pub accepted: Vec<Message>,
    /// Reasons for refusals, for the console and the journal.
    pub detail: Vec<String>,
}

/// Steps 16 to 23.
///
/// # Errors
///
/// The access layer's refusal, step 16.
pub fn run(
    admitted: &Admitted<'_>,
    catalogue: &Catalogue,
    now_ms: i64,
    state: &mut State,
) -> Result<SendOutcome, Refusal> {
    let request = SendSms::from_parameters(&admitted.parameters);
    let (account, app) = access::check(admitted, catalogue, &request)?;
    let recipients = distinct(&request.numbers);
    if let Some(code) = recipients_magic(&recipients) {
        return Err(Refusal::new(code).explain("the number is a magic one"));
    }
    let context = Context {
        catalogue,
        account,
        app,
        request: &request,
        now_ms,
    };

    let content = match content::check(&context, &recipients, state) {
        Ok(content) => content,
        Err(refusal) => {
            let statuses = recipients
                .iter()
                .map(|r| r.failed(refusal.code, &request))
                .collect::<Vec<_>>();
            remember_refusals(&context, &statuses, state);
            return Ok(SendOutcome {
                statuses,
                accepted: Vec::new(),
                detail: refusal.detail,
            });
        }
    };

    let mut outcome = SendOutcome {
        statuses: Vec::new(),
        accepted: Vec::new(),
        detail: Vec::new(),
    };
    for recipient in &recipients {
        match recipient::check(&context, recipient, &content, state) {
            Ok(number) => {
                let message = accept(&context, number, &content, state);
                outcome.statuses.push(SendStatus {
                    serial_no: message.serial_no.clone(),
                    phone_number: message.to.clone(),
                    fee: message.segments,
                    session_context: request.session_context.clone(),
                    code: Cow::Borrowed("Ok"),
                    message: "send success".to_owned(),
                    iso_code: message.iso_code.clone(),
                });
                outcome.accepted.push(message);
            }
            Err(refusal) => {
                outcome
                    .statuses
                    .push(recipient.failed(refusal.code, &request));
                outcome.detail.extend(refusal.detail);
            }
        }
    }
    if outcome.statuses.len() > outcome.accepted.len() {
        outcome
            .detail
            .extend(content::describe(content.template, &request.params));
    }
    remember_refusals(&context, &outcome.statuses, state);
    Ok(outcome)
}

/// A failure status for each number of a request that was not checked further, as the service writes it.
pub fn failed(parameters: &Map<String, Value>, code: &'static Code) -> Vec<SendStatus> {
    let request = SendSms::from_parameters(parameters);
    let recipients = distinct(&request.numbers);
    let failed = |recipient: &Recipient| recipient.failed(code, &request);
    recipients.iter().map(failed).collect()
}

/// The code of a magic number that refuses the request as a whole.
fn recipients_magic(recipients: &[Recipient]) -> Option<&'static Code> {
    let codes = recipients.iter().filter_map(|r| magic::code(&r.shown()));
    codes.into_iter().find(|code| code.place == Place::Response)
}

/// Removes identical numbers. Only one message is sent to them (documented), and the response has one entry for them
/// (inference).
fn distinct(numbers: &[String]) -> Vec<Recipient> {
    let mut recipients = Vec::new();
    let mut seen = HashSet::new();
    for given in numbers {
        let recipient = Recipient {
            given: given.clone(),
            number: Number::parse(given).ok(),
        };
        if seen.insert(recipient.shown()) {
            recipients.push(recipient);
        }
    }
    recipients
}
