//! Records of the contract that hold numbers, codes or secrets.
//!
//! The generated `Debug` output of a record shows every field. These are therefore written here, with the fields of the
//! contract, and [`crate::bindings`] uses them in place of generated ones.

use alloc::string::String;
use alloc::vec::Vec;

use crate::redact::debug_only;

/// One message to one person.
#[derive(Clone, Default)]
pub struct Message {
    /// The recipient, as the caller wrote it.
    pub to: String,
    /// The reason that it is sent: `SignIn`, `Register` and so on.
    pub usage: String,
    /// Values for the template's parameters, by name.
    pub variables: Vec<(String, String)>,
    /// BCP 47 tags, best first; see [`Message::locales`].
    pub locales: Option<Vec<String>>,
    /// The caller's own identifier of this message, unique for each send.
    pub correlation_id: Option<String>,
    /// The longest that the caller will wait, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// Reserved; see `message.attributes` in the contract.
    pub attributes: Option<Vec<(String, String)>>,
}

debug_only!(Message: usage, locales, timeout_ms);

impl Message {
    /// The recipient's languages, best first.
    pub fn locales(&self) -> &[String] {
        self.locales.as_deref().unwrap_or_default()
    }
}

/// A message that would be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// The connector's name for the route of the message.
    pub route: String,
    /// The template's identifier.
    pub template: String,
    /// The template's parameters, complete.
    pub parameters: Vec<String>,
    /// See `preview.attributes` in the contract.
    pub attributes: Vec<(String, String)>,
}

debug_only!(Preview: route, template, attributes);

/// The message to look for.
#[derive(Clone, Default)]
pub struct DeliveryQuery {
    /// The recipient, as the caller wrote it.
    pub to: String,
    /// The age of the oldest message to look for, in seconds.
    pub max_age_s: u32,
    /// The correlation id that the message was sent with.
    pub correlation_id: Option<String>,
    /// The serial number of its receipt.
    pub message_id: Option<String>,
}

debug_only!(DeliveryQuery: max_age_s, correlation_id, message_id);

/// A request to the address where a host takes a provider's callbacks. It may hold anything.
#[derive(Clone, Default)]
pub struct Callback {
    /// The address as the caller wrote it, if the host has it.
    pub url: Option<String>,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

debug_only!(Callback);

/// A code that was used.
#[derive(Clone, Default)]
pub struct Conversion {
    /// The `message_id` of the message's receipt.
    pub message_id: String,
    /// The recipient, where the host still has it.
    pub to: Option<String>,
    /// The seconds since the code was used.
    pub age_s: u32,
}

debug_only!(Conversion: message_id, age_s);
