//! Settings of a webhook: its platform, its proof of origin, and the reading of its messages.

pub use super::table::Platform;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Places of a message in a body, as JSON Pointers. A form's fields are members of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Fields {
    /// The number.
    pub to: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// A text with the code in it, where the platform sends no code by itself.
    pub text: Option<String>,
    /// The platform's type of the message.
    pub r#type: Option<String>,
    /// The person's language.
    pub locale: Option<String>,
    /// The person's address.
    pub ip: Option<String>,
    /// An identifier that is the same whenever the platform posts the message again.
    pub id: Option<String>,
    /// The channel. If it is present and neither `sms` nor `text`, the message is refused.
    pub channel: Option<String>,
}

/// Settings. Omitted ones have the platform's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The platform.
    pub platform: Platform,
    /// How requests prove their origin: `standard-webhooks`, `svix`, `zitadel`, `hmac:HEADER`, `authorization`,
    /// `bearer`, `basic:USER`, `header:HEADER`.
    pub auth: String,
    /// The usage of messages whose type has none.
    pub usage: String,
    /// Usages by the platform's types. A type that carries no code is sent only if it is listed here.
    pub usages: BTreeMap<String, String>,
    /// How digits without `+` are read: `refuse`, `e164`, `national:XX`.
    pub bare_digits: String,
    /// How long the platform waits for an answer, in milliseconds: 2,000 to 10,000, and for Supabase to 5,000. The next
    /// connector of a flow has 1,500 of them.
    pub answer_within_ms: u32,
    /// How long a repeated message is recognised without an identifier of its own, in seconds: at least the time in
    /// which the platform repeats, at most a day.
    pub window_s: u32,
    /// The source of the person's address: none, `body`, or the header that your proxy sets.
    pub ip_from: Option<String>,
    /// The language of sentences for people where a message names none.
    pub locale: String,
    /// Places of the message, for the platforms that are read by fields.
    pub fields: Fields,
}
