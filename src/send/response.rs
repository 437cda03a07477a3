//! Interprets the response to `SendSms` as accepted, not sent, or unknown.
//!
//! | response | state |
//! |---|---|
//! | one entry for our number, `Ok`, with a serial number and our correlation id | accepted |
//! | `Response.Error`, or our entry, with a code that documents a refusal | not sent |
//! | a code for the service's own trouble, or one that is not known | unknown |
//! | no entry, another number's entry, two entries, `Ok` without a serial number or beside an error | unknown |
//! | an entry that brings another message's correlation id, `Ok` that brings none, unless the config has `acceptWithoutEcho` | unknown |
//! | status 5xx, not JSON, not this service's JSON | unknown |
//!
//! Both places in which the service reports go through the same table of codes.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use connector_kit::contract::{Receipt, SendError, attribute};
use connector_kit::http::Response;
use connector_kit::json;
use connector_kit::phone::PhoneNumber;
use connector_kit::redact;
use serde::Deserialize;

use crate::api::{self, Interpreter, Refusal};

/// A response of `SendSms`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    error: Option<Refusal<'a>>,
    #[serde(borrow)]
    send_status_set: Option<Vec<Status<'a>>>,
}

/// The state of the message to one number.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Status<'a> {
    /// `Ok`, or the reason of a refusal.
    #[serde(borrow)]
    code: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    message: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    phone_number: Option<Cow<'a, str>>,
    /// Empty on failure.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    serial_no: Option<Cow<'a, str>>,
    /// Billed segments.
    #[serde(default, deserialize_with = "json::optional_integer")]
    fee: Option<u64>,
    /// ISO 3166-1 alpha-2, `DEF` when unknown, empty when the failure concerns the request.
    #[serde(borrow, default, deserialize_with = "json::optional_text")]
    iso_code: Option<Cow<'a, str>>,
    /// The `SessionContext` of the request.
    #[serde(borrow)]
    session_context: Option<Cow<'a, str>>,
}

impl Status<'_> {
    /// True if the entry reports that the message was accepted. The service writes `Ok`; Logto's connector accepts any
    /// case, and so does this one.
    fn is_ok(&self) -> bool {
        self.code.eq_ignore_ascii_case("ok")
    }
}

/// The message that a response must be about.
pub struct Expected<'a> {
    /// The recipient.
    pub number: &'a PhoneNumber,
    /// The correlation id that an acceptance must bring back.
    pub echo: Option<&'a str>,
}

impl Expected<'_> {
    /// Interprets a complete response to a request that was released.
    ///
    /// # Errors
    /// [`SendError::NotSent`] when the response documents a refusal; [`SendError::Unknown`] otherwise.
    pub fn interpret(
        &self,
        response: &Response,
        interpreter: &Interpreter<'_>,
    ) -> Result<Receipt, SendError> {
        let answer: Answer<'_> = interpreter.read(response)?;
        let id = answer.request_id.as_deref();
        let unusable = |what: &str| Err(interpreter.unusable(what, None, id));
        let statuses = answer.send_status_set.as_deref();
        match (&answer.error, statuses) {
            (Some(_), Some(statuses)) if statuses.iter().any(Status::is_ok) => {
                unusable("The answer holds both an error and an acceptance.")
            }
            (Some(error), _) => Err(interpreter.refused(error, id)),
            (None, Some([status])) => {
                self.interpret_status(response.status, status, id, interpreter)
            }
            (None, Some([])) => unusable("The answer says nothing about the number."),
            (None, Some(_)) => {
                unusable("The answer is about more numbers than the one that was sent.")
            }
            (None, None) => unusable("The answer holds neither a result nor an error."),
        }
    }

    fn interpret_status(
        &self,
        http_status: u16,
        status: &Status<'_>,
        request_id: Option<&str>,
        interpreter: &Interpreter<'_>,
    ) -> Result<Receipt, SendError> {
        let refusal = Refusal {
            code: status.code.as_ref().into(),
            message: status.message.as_deref().map(Cow::Borrowed),
        };
        let unusable = |what: &str| {
            let refusal = Some(&refusal).filter(|_| !status.is_ok());
            Err(interpreter.unusable(what, refusal, request_id))
        };
        let written = status.phone_number.as_deref().unwrap_or_default();
        if written.is_empty() {
            return unusable("The answer names no number.");
        }
        if !api::is_number(written, self.number) {
            return unusable("The answer is about another number.");
        }
        // A response that was meant for an earlier request on the same connection brings another id.
        let echo = status.session_context.as_deref().unwrap_or_default();
        let is_foreign = |id: &str| echo != id && (status.is_ok() || !echo.is_empty());
        if self.echo.is_some_and(is_foreign) {
            return unusable(
                "The answer does not bring back the message's correlation id, so it may be another message's. If the \
                 endpoint never does, switch acceptWithoutEcho on.",
            );
        }
        if !status.is_ok() {
            return Err(interpreter.refused(&refusal, request_id));
        }
        if !(200..300).contains(&http_status) {
            return unusable(&format!(
                "The answer says Ok, and its HTTP status {http_status} says otherwise."
            ));
        }
        let serial = status.serial_no.as_deref().unwrap_or_default();
        let Some(message_id) = redact::identifier(serial) else {
            return unusable("The answer says Ok without a usable serial number.");
        };
        let is_country =
            |code: &&str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        let segments = status
            .fee
            .map(|fee| attribute("segments", &fee.to_string()));
        let country = status.iso_code.as_deref().filter(is_country);
        let country = country.map(|code| attribute("country", code));
        Ok(Receipt {
            message_id,
            request_id: interpreter.request_id(request_id),
            attributes: segments.into_iter().chain(country).collect(),
        })
    }
}
