//! One entry of `SendStatusSet`.

use std::borrow::Cow;

use serde::Serialize;

use crate::codes::{Code, Place};
use crate::mask;

/// One entry of `SendStatusSet`.
#[derive(Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct SendStatus {
    /// Serial number of the message in reports; empty on failure.
    pub serial_no: String,
    /// The number: normalised if it could be parsed, else as given.
    pub phone_number: String,
    /// Billed segments; 0 on failure.
    pub fee: u32,
    /// Copy of the request's.
    pub session_context: String,
    /// `Ok` or an error code.
    pub code: Cow<'static, str>,
    /// In English, whatever language was requested.
    pub message: String,
    /// Country of the number; empty when the failure concerns the request as a whole.
    pub iso_code: String,
}

impl std::fmt::Debug for SendStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SendStatus")
            .field("phone_number", &mask::phone_number(&self.phone_number))
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl SendStatus {
    /// A failure for one number, with its country if the code is about the number.
    pub fn failed(code: &'static Code, number: &str, session: &str, iso_code: &str) -> Self {
        let iso_code = match code.place {
            Place::Message => "",
            Place::Response | Place::Number => iso_code,
        };
        Self {
            serial_no: String::new(),
            phone_number: number.to_owned(),
            fee: 0,
            session_context: session.to_owned(),
            code: Cow::Borrowed(code.name),
            message: code.message.to_owned(),
            iso_code: iso_code.to_owned(),
        }
    }
}
