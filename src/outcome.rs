//! Whatever came back, or did not, into a receipt or an error.
//!
//! | what came | state |
//! |---|---|
//! | one entry for our number, `Ok`, with a serial number | accepted |
//! | `Response.Error` or our entry with a code that documents a refusal | not sent |
//! | a code for the service's own trouble, or one that nobody knows | unknown |
//! | no entry, another number's entry, two entries, `Ok` without a serial number, `Ok` beside an error | unknown |
//! | status 5xx, not JSON, not this service's JSON | unknown |
//!
//! Both places in which the service reports go through the same classifier.

pub mod codes;

use alloc::string::String;

use crate::contract::{Attributes, Failure, FailureKind, Receipt, SendError, Turn, attribute};
use crate::json::Json;
use crate::phone::PhoneNumber;
use crate::redact::Scrubber;
use crate::send_sms::{self, Answer, Refusal, Status};
use crate::text::{decimal, join};
use crate::time;

use codes::{Certainty, Wait, classify};

/// What judging needs to know about the request.
pub struct Context<'a> {
    /// The recipient.
    pub number: &'a PhoneNumber,
    /// What must not leave with the provider's words.
    pub scrubber: &'a Scrubber<'a>,
    /// The time that the request was signed with, for limits that end with the day.
    pub timestamp: u64,
}

/// What to do after an unknown outcome.
pub const AMBIGUOUS: &str = "The message may be on its way: look it up before sending again.";

impl Context<'_> {
    /// Judges one complete HTTP answer to a request that was released.
    ///
    /// # Errors
    /// [`SendError`] in every case but an unambiguous acceptance.
    pub fn judge(&self, status: u16, body: &[u8]) -> Result<Receipt, SendError> {
        let document = send_sms::parse(body);
        let answer = read(status, document.as_ref()).map_err(|what| self.unusable(&what, None))?;
        let accepted = answer.statuses.iter().flatten().any(Status::is_ok);
        match (&answer.error, answer.statuses.as_deref()) {
            (Some(_), _) if accepted => Err(self.unusable(
                "The answer holds both an error and an acceptance.",
                Some(&answer),
            )),
            (Some(error), _) => Err(self.refused(error, &answer)),
            (None, Some([entry])) if !entry.is_about(self.number.digits()) => {
                Err(self.unusable("The answer is about another number.", Some(&answer)))
            }
            (None, Some([entry])) if entry.is_ok() => self.accepted(status, entry, &answer),
            (None, Some([entry])) => Err(self.refused(&entry.outcome, &answer)),
            (None, Some([])) => {
                Err(self.unusable("The answer says nothing about the number.", Some(&answer)))
            }
            (None, Some(_)) => Err(self.unusable(
                "The answer is about more numbers than the one that was sent.",
                Some(&answer),
            )),
            (None, None) => Err(self.unusable(
                "The answer holds neither a result nor an error.",
                Some(&answer),
            )),
        }
    }

    fn accepted(
        &self,
        http_status: u16,
        entry: &Status<'_>,
        answer: &Answer<'_>,
    ) -> Result<Receipt, SendError> {
        if !(200..300).contains(&http_status) {
            let what = join(&[
                "The answer says Ok, and its HTTP status ",
                &decimal(http_status.into()),
                " says otherwise.",
            ]);
            return Err(self.unusable(&what, Some(answer)));
        }
        let Some(message_id) = self.scrubber.identifier(entry.serial_no) else {
            let what = "The answer says Ok without a usable serial number.";
            return Err(self.unusable(what, Some(answer)));
        };
        let mut attributes = Attributes::new();
        if let Some(fee) = entry.fee {
            attributes.push(attribute("segments", &decimal(fee)));
        }
        if entry.iso_code.len() == 2 && entry.iso_code.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            attributes.push(attribute("country", entry.iso_code));
        }
        Ok(Receipt {
            message_id,
            request_id: self.request_id(answer),
            attributes,
        })
    }

    /// A refusal in either of the two places.
    fn refused(&self, refusal: &Refusal<'_>, answer: &Answer<'_>) -> SendError {
        let (mut failure, certainty) = explain(refusal, self.scrubber, self.timestamp);
        failure.request_id = self.request_id(answer);
        match certainty {
            Certainty::NotSent => SendError::NotSent(failure),
            Certainty::Unknown => SendError::Unknown(failure),
        }
    }

    fn unusable(&self, what: &str, answer: Option<&Answer<'_>>) -> SendError {
        let mut failure = Failure::new(
            FailureKind::Provider,
            Turn::Provider,
            join(&[what, " ", AMBIGUOUS]),
        );
        failure.request_id = answer.and_then(|answer| self.request_id(answer));
        SendError::Unknown(failure)
    }

    fn request_id(&self, answer: &Answer<'_>) -> Option<String> {
        answer
            .request_id
            .and_then(|id| self.scrubber.identifier_without(id, self.number.national()))
    }
}

/// Reads an answer, or says why what came is none.
///
/// # Errors
/// One sentence: the status is a failing gateway's, or the body is not this service's.
pub fn read<'d>(status: u16, document: Option<&'d Json<'d>>) -> Result<Answer<'d>, String> {
    let status_text = decimal(status.into());
    // A gateway that failed may have passed the request on, whatever its page says.
    if status >= 500 {
        return Err(join(&[
            "The provider answered with HTTP status ",
            &status_text,
            ".",
        ]));
    }
    document.and_then(send_sms::answer).ok_or_else(|| {
        join(&[
            "What came back with HTTP status ",
            &status_text,
            " is not an answer of the SMS service. A proxy on the way may have answered in its place.",
        ])
    })
}

/// A refusal in words, but for the request's identifier, and whether it proves that nothing was done. `timestamp` is
/// when it was asked, for limits that end with the day.
#[must_use]
pub fn explain(
    refusal: &Refusal<'_>,
    scrubber: &Scrubber<'_>,
    timestamp: u64,
) -> (Failure, Certainty) {
    let (class, known) = classify(refusal.code);
    let mut failure = Failure::new(class.kind, class.turn, class.hint);
    // A documented code cannot leak, whatever the parameters are; a template parameter `A` must not hide one.
    failure.provider_code = if known {
        Some(refusal.code.into())
    } else {
        scrubber.code(refusal.code)
    };
    failure.retry_after_ms = match class.wait {
        Wait::Never => None,
        Wait::Ms(ms) => Some(ms),
        Wait::UntilHourInChina(hour) => Some(time::ms_until_hour_in_china(timestamp, hour)),
    };
    let words = scrubber.text(refusal.message);
    if !words.is_empty() {
        failure
            .attributes
            .push(attribute("provider-message", &words));
    }
    (failure, class.certainty)
}

#[cfg(test)]
mod tests;
