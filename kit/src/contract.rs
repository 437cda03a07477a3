//! The contract's types, with `Debug` output that shows no number, code or secret.
//!
//! `wit/` documents what each item means; the generated bindings have the same types without the redaction.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::redact::Masked;

/// Named details, in order.
pub type Attributes = Vec<(String, String)>;

/// Makes one attribute.
#[must_use]
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

/// One message to one person.
#[derive(Clone, Default)]
pub struct Message {
    /// The recipient, as the caller wrote it.
    pub to: String,
    /// Why it is sent: `SignIn`, `Register` and so on.
    pub usage: String,
    /// Values for the template's parameters, by name.
    pub variables: Vec<(String, String)>,
    /// BCP 47 tags, best first.
    pub locales: Vec<String>,
    /// The caller's own identifier of this message, unique for each send.
    pub correlation_id: Option<String>,
    /// The longest that the caller will wait, in milliseconds.
    pub timeout_ms: Option<u32>,
}

impl fmt::Debug for Message {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Message")
            .field("to", &Masked)
            .field("usage", &self.usage)
            .field("variables", &Masked)
            .field("locales", &self.locales)
            .field("timeout_ms", &self.timeout_ms)
            .finish_non_exhaustive()
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Sending cannot work.
    Error,
    /// Sending may work; something looks unintended.
    Warning,
}

/// One finding about a config, in words. Never quotes a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// JSON Pointer into the config.
    pub pointer: String,
    /// Stable word for programs.
    pub code: &'static str,
    /// Whether it blocks sending.
    pub severity: Severity,
    /// For the operator.
    pub message: String,
    /// See `diagnostic.attributes` in the contract.
    pub attributes: Attributes,
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

impl fmt::Debug for Preview {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Preview")
            .field("route", &self.route)
            .field("template", &self.template)
            .field("parameters", &Masked)
            .field("attributes", &self.attributes)
            .finish()
    }
}

/// The provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's serial number, never empty.
    pub message_id: String,
    /// The provider's identifier of the request.
    pub request_id: Option<String>,
    /// See `receipt.attributes` in the contract.
    pub attributes: Attributes,
}

/// The class of a failure; see `failure-kind` in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the contract documents each case; a second text would drift from it"
)]
pub enum FailureKind {
    InvalidConfig,
    InvalidMessage,
    NoTemplate,
    Authentication,
    Denied,
    RateLimited,
    Quota,
    RecipientRejected,
    Unreachable,
    Timeout,
    Provider,
    Unsupported,
    Other,
}

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
    #[must_use]
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

/// What happened, whose turn it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The class.
    pub kind: FailureKind,
    /// For the operator, in English.
    pub message: String,
    /// The provider's own code.
    pub provider_code: Option<String>,
    /// The provider's identifier of the request.
    pub request_id: Option<String>,
    /// How long to wait before a new attempt is sane, in milliseconds.
    pub retry_after_ms: Option<u32>,
    /// Every finding about the config, when that is at fault.
    pub diagnostics: Vec<Diagnostic>,
    /// See `failure.attributes` in the contract.
    pub attributes: Attributes,
}

impl Failure {
    /// A failure of which nothing more is known.
    #[must_use]
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
    #[must_use]
    pub fn invalid_message(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidMessage, Turn::Caller, message)
    }
}

/// The two ways in which a send can fail to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The provider certainly could not act on this message.
    NotSent(Failure),
    /// The whole request may have reached the provider, and no usable answer came.
    Unknown(Failure),
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
    #[must_use]
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NotSent(failure) | Self::Unknown(failure) => failure,
        }
    }

    /// What happened, for a query: its outcome matters to nobody's message.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        match self {
            Self::NotSent(failure) => failure,
            Self::Unknown(mut failure) => {
                if let Some(rest) = failure.message.strip_suffix(MAY_BE_SENT) {
                    failure.message.truncate(rest.trim_end().len());
                }
                failure
            }
        }
    }

    /// The same error with one more detail.
    #[must_use]
    pub fn with_attribute(mut self, key: &str, value: &str) -> Self {
        let (Self::NotSent(failure) | Self::Unknown(failure)) = &mut self;
        failure.attributes.push(attribute(key, value));
        self
    }
}

/// What a check found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider confirmed it.
    Pass,
    /// The provider says that it will not work.
    Fail,
    /// The provider would not tell.
    CannotVerify,
}

/// One thing that was looked up at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `credentials`, `application`, `signature`, `balance`, or a JSON Pointer into the config.
    pub subject: String,
    /// What was found.
    pub verdict: Verdict,
    /// For the operator.
    pub message: String,
    /// See `check.attributes` in the contract.
    pub attributes: Attributes,
}

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

impl fmt::Debug for DeliveryQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DeliveryQuery")
            .field("to", &Masked)
            .field("max_age_s", &self.max_age_s)
            .field("correlation_id", &self.correlation_id)
            .field("message_id", &self.message_id)
            .finish()
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Taken; the carrier has not reported.
    Pending,
    /// The carrier reported delivery.
    Delivered,
    /// The carrier reported that it could not deliver, or the provider had refused it.
    Undelivered,
    /// A state that this version does not know.
    Other,
}

/// A message that the provider knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The provider's serial number; empty where it refused the message.
    pub message_id: String,
    /// How long ago the provider took it, in seconds.
    pub age_s: u32,
    /// What became of it.
    pub state: DeliveryState,
    /// See `delivery.attributes` in the contract.
    pub attributes: Attributes,
}

/// The answer to a [`DeliveryQuery`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliveries {
    /// The messages that fit, newest first.
    pub found: Vec<Delivery>,
    /// Whether the provider's records cover the whole period.
    pub exhaustive: bool,
}

/// A request to the address where a host takes a provider's callbacks. It may hold anything, so `Debug` shows
/// its size alone.
#[derive(Clone, Default)]
pub struct Callback {
    /// The address as the caller wrote it, where the host knows it.
    pub url: Option<String>,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Callback")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What a callback says became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptState {
    /// The carrier reported delivery.
    Delivered,
    /// The carrier reported that it could not deliver.
    Undelivered,
    /// On its way, or a state that this version does not know.
    Other,
}

/// One message of a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryReceipt {
    /// The provider's serial number, never empty.
    pub message_id: String,
    /// What the message was sent with, where the provider repeats it.
    pub correlation_id: Option<String>,
    /// What became of it.
    pub state: ReceiptState,
    /// See `delivery-receipt.attributes` in the contract.
    pub attributes: Attributes,
}

/// What a host answers the provider once the receipts are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
}

/// A callback that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackContent {
    /// The messages that it is about.
    pub receipts: Vec<DeliveryReceipt>,
    /// What to answer.
    pub acknowledgement: Acknowledgement,
}

/// Why a callback was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackRefusalKind {
    /// Not a complete callback of this provider.
    Malformed,
    /// Larger than the contract allows.
    TooLarge,
    /// Its signature is missing or wrong.
    Unauthenticated,
    /// The config cannot work.
    InvalidConfig,
    /// None of the above.
    Other,
}

/// A refusal; nothing of the callback counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackRefusal {
    /// The class.
    pub kind: CallbackRefusalKind,
    /// For the operator.
    pub message: String,
}

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

impl fmt::Debug for Conversion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Conversion")
            .field("message_id", &self.message_id)
            .field("to", &Masked)
            .field("age_s", &self.age_s)
            .finish()
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
