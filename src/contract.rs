//! The contract's types, natively, so that every pure room can be built and tested without WebAssembly.
//!
//! `wit/sms.wit` is the source of what they mean. `abi` moves these into what the host reads; nothing else knows both.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::{Deref, DerefMut};

use crate::redact::Masked;

/// Named details, in order.
pub type Attributes = Vec<(String, String)>;

/// One of them.
#[must_use]
pub fn attribute(key: &str, value: &str) -> (String, String) {
    (key.into(), value.into())
}

/// One message to one person. Its `Debug` output shows neither the number nor the variables.
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
    /// The caller's own identifier of this message.
    pub correlation_id: Option<String>,
    /// The longest that the caller will wait, in milliseconds.
    pub timeout_ms: Option<u32>,
}

impl core::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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
    /// `link`, where a page helps.
    pub attributes: Attributes,
}

/// What would be sent. Its `Debug` output shows no parameter.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// `mainland` or `international`.
    pub route: &'static str,
    /// The template's identifier.
    pub template: String,
    /// The template's parameters, complete.
    pub parameters: Vec<String>,
    /// See `preview.attributes` in the contract.
    pub attributes: Attributes,
}

impl core::fmt::Debug for Preview {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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

/// Whose move it is after a failure, the attribute `turn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Whoever keeps the config and the account at Tencent Cloud.
    Operator,
    /// The auth platform that called.
    Caller,
    /// Whoever runs the component's host: clock, network, grants.
    Host,
    /// Tencent Cloud.
    Provider,
    /// The person who should get the message.
    Recipient,
}

impl Turn {
    /// The attribute's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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
///
/// A pointer to its [`Details`], because it is handed up through every `?` of the flow: by value it took 2.4 KB
/// more of the component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Box<Details>);

/// What a [`Failure`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
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
    /// A failure of which nothing more is known than this.
    #[must_use]
    pub fn new(kind: FailureKind, turn: Turn, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            provider_code: None,
            request_id: None,
            retry_after_ms: None,
            diagnostics: Vec::new(),
            attributes: alloc::vec![attribute("turn", turn.as_str())],
        }))
    }

    /// All of it, as a value.
    #[must_use]
    pub fn into_details(self) -> Details {
        *self.0
    }
}

impl Deref for Failure {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
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

impl SendError {
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
    /// The service confirmed it.
    Pass,
    /// The service says that it will not work.
    Fail,
    /// The service would not tell.
    CannotVerify,
}

/// One thing that was looked up at the service.
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

/// Which message to look for. Its `Debug` output does not show the number.
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

impl core::fmt::Debug for DeliveryQuery {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
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
    /// The carrier reported that it could not deliver, or the service had refused it.
    Undelivered,
    /// A state that this version does not know.
    Other,
}

/// A message that the service knows.
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
    /// Whether the service's records cover the whole period.
    pub exhaustive: bool,
}
