//! A platform's message, as an adapter reads it.

use auth_connector_host::{Phrase, phrase};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a platform wants to be sent.
#[derive(Clone, Default)]
pub struct Wanted {
    /// The number, as the platform writes it.
    pub to: String,
    /// The code; none where the message has none.
    pub code: Option<String>,
    /// More values for the template.
    pub variables: BTreeMap<String, String>,
    /// The platform's type of the message, where it has types.
    pub kind: Option<String>,
    /// The person's languages, best first.
    pub locales: Vec<String>,
    /// The person's address, by the platform's word.
    pub ip: Option<IpAddr>,
    /// An identifier that is the same whenever the platform posts the message again.
    pub id: Option<String>,
}

impl Wanted {
    /// The message, unless it has neither a code nor a type: nobody can say then that it needs none.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] with the place of the code.
    pub fn with_code_or_type(self, pointer: &str) -> Result<Self, Unreadable> {
        match (&self.code, &self.kind) {
            (None, None) => no_code(pointer),
            _ => Ok(self),
        }
    }
}

/// Why a body is no message of the platform. Repeats nothing of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The place, a JSON Pointer.
    pub pointer: String,
    /// What was expected.
    pub expected: Phrase,
}

/// What was expected at a place.
pub fn expected<T>(pointer: &str, expected: Phrase) -> Result<T, Unreadable> {
    Err(Unreadable {
        pointer: pointer.to_owned(),
        expected,
    })
}

/// A code was expected at a place.
pub fn no_code<T>(pointer: &str) -> Result<T, Unreadable> {
    expected(pointer, phrase!("body-code", "a code"))
}
