//! A platform's message, as an adapter reads it.

use super::verdict::{Class, Verdict};
use crate::service::platforms::presets;
use crate::service::platforms::settings::Settings;
use auth_connector_host::{Phrase, phrase};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A message that a platform requests.
#[derive(Clone, Default)]
pub struct Wanted {
    /// The number, as the platform writes it.
    pub to: String,
    /// The code; none if the message has none.
    pub code: Option<String>,
    /// More values for the template.
    pub variables: BTreeMap<String, String>,
    /// The platform's type of the message, where it has types.
    pub kind: Option<String>,
    /// The person's languages, best first.
    pub locales: Vec<String>,
    /// The person's address, as the platform reports it.
    pub ip: Option<IpAddr>,
    /// An identifier that is the same whenever the platform posts the message again.
    pub id: Option<String>,
}

impl Wanted {
    /// Returns the message, unless it has neither a code nor a type: then it is unclear whether it needs one.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] with the pointer of the code.
    pub fn with_code_or_type(self, pointer: &str) -> Result<Self, Unreadable> {
        match (&self.code, &self.kind) {
            (None, None) => no_code(pointer),
            _ => Ok(self),
        }
    }

    /// Providers accept one to six digits (docs/platforms.md). Messages without a code are for templates that the operator
    /// mapped.
    ///
    /// # Errors
    ///
    /// The verdict for a code that cannot be sent, and for a message that is not to be sent without one.
    pub fn check_code(&self, settings: &Settings) -> Result<(), Verdict> {
        let kind = self.kind.as_deref().unwrap_or_default();
        match &self.code {
            Some(code) => {
                let is_sendable =
                    (1..=6).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
                if is_sendable {
                    return Ok(());
                }
                let hint = phrase!(
                    "hint-length",
                    "A message carries a code of one to six digits: {place}.",
                    place = (settings.platform.row().code_length)()
                );
                Err(Verdict::refused(Class::BadCode, "code-not-sendable").hint(hint))
            }
            None if !settings.usages.contains_key(kind) => Err(Verdict::Ignored),
            None if presets::of(settings.platform).usages.contains_key(kind) => {
                let verdict = Verdict::refused(Class::Unreadable, "unreadable");
                Err(verdict.hint(phrase!(
                    "hint-no-code",
                    "A message of this type has a code, and this one has none."
                )))
            }
            None => Ok(()),
        }
    }
}

/// The reason for which a body is not a message of the platform. Repeats nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The JSON Pointer.
    pub pointer: String,
    /// The expected value.
    pub expected: Phrase,
}

/// Returns the error for an unexpected value at a pointer.
pub fn expected<T>(pointer: &str, expected: Phrase) -> Result<T, Unreadable> {
    Err(Unreadable {
        pointer: pointer.to_owned(),
        expected,
    })
}

/// Returns the error for a missing code at a pointer.
pub fn no_code<T>(pointer: &str) -> Result<T, Unreadable> {
    expected(pointer, phrase!("body-code", "a code"))
}
