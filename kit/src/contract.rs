//! The contract's types. Those that hold nothing personal are generated from `wit/`, which documents them.
//!
//! The generated `Debug` output shows every field. A record with numbers, codes or secrets is therefore written here,
//! with the fields of the contract, and [`crate::bindings`] uses it in place of a generated one.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::redact::debug_only;

use crate::bindings::exports::auth::connector::sms;
#[cfg(feature = "operations")]
pub use crate::bindings::exports::auth::connector::sms_operations::{
    Check, Deliveries, Delivery, DeliveryState, Verdict,
};
#[cfg(feature = "receipts")]
pub use crate::bindings::exports::auth::connector::sms_receipts::{
    Acknowledgement, CallbackContent, CallbackRefusal, CallbackRefusalKind, DeliveryReceipt,
    ReceiptState,
};
pub use sms::{
    Attributes, ConfigGuard, Diagnostic, Failure, FailureKind, Receipt, SendError, Severity,
};

/// Makes one attribute.
pub fn attribute(key: &str, value: &str) -> (String, String) {
    (key.into(), value.into())
}

/// What a connector is called. Every text is a pair of a BCP 47 tag and the words.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// Stable identifier, lower-case words joined by dashes.
    pub id: &'static str,
    /// Version of the connector.
    pub version: &'static str,
    /// Its name, once in each language; `en` is required.
    pub names: &'static [(&'static str, &'static str)],
    /// One sentence about it, once in each language; `en` is required.
    pub descriptions: &'static [(&'static str, &'static str)],
    /// See `metadata.attributes` in the contract.
    pub attributes: &'static [(&'static str, &'static str)],
}

impl From<Metadata> for sms::Metadata {
    fn from(metadata: Metadata) -> Self {
        let localized = |(language, text): &(&str, &str)| sms::LocalizedText {
            language: (*language).to_string(),
            text: (*text).to_string(),
        };
        let attributes = metadata.attributes.iter();
        Self {
            id: metadata.id.into(),
            version: metadata.version.into(),
            names: metadata.names.iter().map(localized).collect(),
            descriptions: metadata.descriptions.iter().map(localized).collect(),
            attributes: attributes
                .map(|(key, value)| attribute(key, value))
                .collect(),
        }
    }
}

/// One message to one person.
#[derive(Clone, Default)]
pub struct Message {
    /// The recipient, as the caller wrote it.
    pub to: String,
    /// Why it is sent: `SignIn`, `Register` and so on.
    pub usage: String,
    /// Values for the template's parameters, by name.
    pub variables: Attributes,
    /// BCP 47 tags, best first; see [`Message::locales`].
    pub locales: Option<Vec<String>>,
    /// The caller's own identifier of this message, unique for each send.
    pub correlation_id: Option<String>,
    /// The longest that the caller will wait, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// Reserved; see `message.attributes` in the contract.
    pub attributes: Option<Attributes>,
}

debug_only!(Message: usage, locales, timeout_ms);

impl Message {
    /// The recipient's languages, best first.
    pub fn locales(&self) -> &[String] {
        self.locales.as_deref().unwrap_or_default()
    }
}

/// What would be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// The connector's name for the route of the message.
    pub route: String,
    /// The template's identifier.
    pub template: String,
    /// The template's parameters, complete.
    pub parameters: Vec<String>,
    /// See `preview.attributes` in the contract.
    pub attributes: Attributes,
}

debug_only!(Preview: route, template, attributes);

/// Which message to look for.
#[derive(Clone, Default)]
pub struct DeliveryQuery {
    /// The recipient, as the caller wrote it.
    pub to: String,
    /// How far back to look, in seconds.
    pub max_age_s: u32,
    /// What the message was sent with.
    pub correlation_id: Option<String>,
    /// The serial number of its receipt.
    pub message_id: Option<String>,
}

debug_only!(DeliveryQuery: max_age_s, correlation_id, message_id);

/// A request to the address where a host takes a provider's callbacks. It may hold anything.
#[derive(Clone, Default)]
pub struct Callback {
    /// The address as the caller wrote it, where the host knows it.
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
    /// How long ago the code was used, in seconds.
    pub age_s: u32,
}

debug_only!(Conversion: message_id, age_s);

/// Whose move it is after a failure: the attribute `turn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Whoever keeps the config and the account at the provider.
    Operator,
    /// The auth platform that called.
    Caller,
    /// Whoever runs the component's host: clock, network, grants.
    Host,
    /// The provider.
    Provider,
    /// The person who should get the message.
    Recipient,
}

impl Turn {
    /// The attribute's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Caller => "caller",
            Self::Host => "host",
            Self::Provider => "provider",
            Self::Recipient => "recipient",
        }
    }
}

impl Failure {
    /// A failure of which nothing more is known.
    pub fn new(kind: FailureKind, turn: Turn, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            provider_code: None,
            request_id: None,
            retry_after_ms: None,
            diagnostics: Vec::new(),
            attributes: alloc::vec![attribute("turn", turn.as_str())],
        }
    }

    /// The message cannot work, and its caller has to change it.
    pub fn invalid_message(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidMessage, Turn::Caller, message)
    }
}

/// Follows the message of every failure whose outcome is unknown.
pub const MAY_BE_SENT: &str = "The message may be on its way: look it up before sending again.";

impl SendError {
    /// An unknown outcome. Its message ends with [`MAY_BE_SENT`].
    #[must_use]
    pub fn unknown(mut failure: Failure) -> Self {
        if !failure.message.is_empty() {
            failure.message.push(' ');
        }
        failure.message.push_str(MAY_BE_SENT);
        Self::Unknown(failure)
    }

    /// What happened, whatever it proves.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NotSent(failure) | Self::Unknown(failure) => failure,
        }
    }

    /// What happened, for a query: its outcome matters to nobody's message.
    pub fn into_failure(self) -> Failure {
        let (Self::NotSent(mut failure) | Self::Unknown(mut failure)) = self;
        if let Some(rest) = failure.message.strip_suffix(MAY_BE_SENT) {
            failure.message.truncate(rest.trim_end().len());
        }
        failure
    }

    /// The same error with one more detail.
    #[must_use]
    pub fn with_attribute(mut self, key: &str, value: &str) -> Self {
        let (Self::NotSent(failure) | Self::Unknown(failure)) = &mut self;
        failure.attributes.push(attribute(key, value));
        self
    }
}

#[cfg(feature = "receipts")]
impl CallbackRefusal {
    /// A refusal with words for the operator.
    pub fn new(kind: CallbackRefusalKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            attributes: Attributes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_output_masks_numbers_and_codes() {
        let message = Message {
            to: "+8613800138000".into(),
            variables: alloc::vec![("code".into(), "918273".into())],
            ..Message::default()
        };
        let query = DeliveryQuery {
            to: "+8613800138000".into(),
            ..DeliveryQuery::default()
        };
        let preview = Preview {
            route: "mainland".into(),
            template: "11".into(),
            parameters: alloc::vec!["918273".into()],
            attributes: Attributes::new(),
        };
        let conversion = Conversion {
            to: Some("+8613800138000".into()),
            ..Conversion::default()
        };
        let callback = Callback {
            body: b"+8613800138000".to_vec(),
            ..Callback::default()
        };
        for shown in [
            format!("{message:?}"),
            format!("{query:?}"),
            format!("{preview:?}"),
            format!("{conversion:?}"),
            format!("{callback:?}"),
        ] {
            assert!(!shown.contains("13800138000"), "{shown}");
            assert!(!shown.contains("918273"), "{shown}");
        }
    }

    #[test]
    fn unknown_outcome_says_so_and_a_query_does_not() {
        let failure = Failure::new(FailureKind::Timeout, Turn::Provider, "No answer came.");
        let error = SendError::unknown(failure.clone());
        assert_eq!(
            error.failure().message,
            format!("No answer came. {MAY_BE_SENT}")
        );
        assert_eq!(error.into_failure(), failure);
    }
}
