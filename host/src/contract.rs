//! The records of `auth:connector@0.1.0`, as plain Rust types.
//!
//! Field by field what `wit/sms.wit` and `wit/sms-operations.wit` say; the rules stand there. The derives make
//! Wasmtime compare these shapes with a component's own when it is loaded, so a plugin built against another
//! contract is refused rather than misread.
//!
//! `Debug` of everything that can hold a number, a code or a secret shows its shape and not its contents.

use crate::error::HostFault;
use crate::scrub::Secrets;
use std::fmt;
use std::sync::{Arc, OnceLock};
use wasmtime::component::{ComponentType, Lift, Lower};

/// Named details in the connector's order. Ignore keys that you do not know.
pub type Attributes = Vec<(String, String)>;

/// Looks a key up in [`Attributes`].
pub fn attribute<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
}

/// The contract's bound on a config, in bytes.
pub const CONFIG_BYTES: usize = 65_536;

/// An operator's config for one connector: JSON text with secrets in it.
///
/// At most [`CONFIG_BYTES`], or the host refuses it, and 16 levels deep, or the connector does. `Debug` shows the length
/// alone. Keep one for as long as it is used: its secrets, which have to be kept out of errors, are collected once for
/// it and its clones.
#[derive(Clone)]
pub struct Config {
    json: Arc<str>,
    secrets: Arc<OnceLock<Secrets>>,
}

impl Config {
    /// Takes JSON text as it is; the connector is the one to judge it.
    pub fn new(json: impl Into<Box<str>>) -> Self {
        Self {
            json: json.into().into(),
            secrets: Arc::default(),
        }
    }

    /// The text, secrets included.
    pub fn expose(&self) -> &str {
        &self.json
    }

    /// What must not show in anything that a plugin returns.
    pub(crate) fn secrets(&self) -> &Secrets {
        self.secrets.get_or_init(|| Secrets::of(&self.json))
    }

    /// Whether it is longer than the contract allows.
    pub(crate) fn too_long(&self) -> Option<HostFault> {
        let bytes = self.json.len();
        (bytes > CONFIG_BYTES).then_some(HostFault::ConfigTooLong {
            bytes,
            limit: CONFIG_BYTES,
        })
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl Eq for Config {}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({} bytes)", self.json.len())
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum Severity {
    /// Sending cannot work with this config.
    #[component(name = "error")]
    Error,
    /// Sending may work, but something looks unintended.
    #[component(name = "warning")]
    Warning,
    /// A severity of a later version: show it, do not block on it.
    #[component(name = "other")]
    Other,
}

impl Severity {
    /// The contract's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Other => "other",
        }
    }
}

/// One finding about a config. Never quotes a value from it.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Diagnostic {
    /// Where, as a JSON Pointer into the config; empty for the whole.
    pub pointer: String,
    /// What, as a stable word for programs.
    pub code: String,
    /// Whether it blocks sending.
    pub severity: Severity,
    /// One sentence for the operator.
    pub message: String,
    /// Known keys: `link`.
    pub attributes: Attributes,
}

/// What a host needs in order to collect a config.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct ConfigGuard {
    /// A JSON Schema, draft 2020-12.
    #[component(name = "json-schema")]
    pub json_schema: String,
    /// A JSON array of form fields in display order.
    #[component(name = "form-json")]
    pub form_json: String,
    /// JSON Pointers of the values to keep secret; `-` stands for any index.
    #[component(name = "secret-pointers")]
    pub secret_pointers: Vec<String>,
}

/// One message to one person.
#[derive(Clone, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Message {
    /// The recipient: `+` and E.164 digits, or the `00` prefix.
    pub to: String,
    /// Why it is sent: `SignIn`, `Register` and seven more; an open set.
    pub usage: String,
    /// Values for the template's parameters by name; a verification code travels as `code`.
    pub variables: Attributes,
    /// The recipient's languages, best first, as BCP 47 tags.
    pub locales: Vec<String>,
    /// The caller's own identifier, at most 128 bytes of printable ASCII.
    #[component(name = "correlation-id")]
    pub correlation_id: Option<String>,
    /// The longest the caller will wait, in milliseconds. The host lowers it to its own cap.
    #[component(name = "timeout-ms")]
    pub timeout_ms: Option<u32>,
    /// Reserved.
    pub attributes: Attributes,
}

impl Message {
    /// A message that carries a verification code.
    pub fn code(to: impl Into<String>, usage: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            usage: usage.into(),
            variables: vec![("code".to_owned(), code.into())],
            ..Self::default()
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        f.debug_struct("Message")
            .field("to", &format_args!("<redacted>"))
            .field("usage", &self.usage)
            .field("variables", &format_args!("{names:?}"))
            .field("locales", &self.locales)
            .field("correlation_id", &self.correlation_id)
            .field("timeout_ms", &self.timeout_ms)
            .finish_non_exhaustive()
    }
}

/// What `send-message` would send, found out without a network.
#[derive(Clone, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Preview {
    /// The connector's name for the way the message takes.
    pub route: String,
    /// The provider's identifier of the template.
    pub template: String,
    /// The template's parameters in order: the caller's own variables, to be kept out of logs.
    pub parameters: Vec<String>,
    /// Known keys: `usage`, `fallback`, `locale`, `to`.
    pub attributes: Attributes,
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preview")
            .field("route", &self.route)
            .field("template", &self.template)
            .field(
                "parameters",
                &format_args!("<{} redacted>", self.parameters.len()),
            )
            .field("attributes", &self.attributes)
            .finish()
    }
}

/// The provider took the message. It does not mean that a phone showed it.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Receipt {
    /// The provider's serial number; the host refuses an empty one.
    #[component(name = "message-id")]
    pub message_id: String,
    /// The provider's identifier of the request.
    #[component(name = "request-id")]
    pub request_id: Option<String>,
    /// Known keys: `route`, `template`, `usage`, `fallback`, `locale`, `segments`, `country`, `attempts`.
    pub attributes: Attributes,
}

/// Why a message was not accepted, or why nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum FailureKind {
    /// The config cannot work.
    #[component(name = "invalid-config")]
    InvalidConfig,
    /// The message cannot work.
    #[component(name = "invalid-message")]
    InvalidMessage,
    /// Neither the usage nor `Generic` has a template for this recipient's route.
    #[component(name = "no-template")]
    NoTemplate,
    /// The provider does not know the credentials, or their signature did not verify.
    #[component(name = "authentication")]
    Authentication,
    /// The provider or the host forbids it.
    #[component(name = "denied")]
    Denied,
    /// Too many just now; wait `retry_after_ms`.
    #[component(name = "rate-limited")]
    RateLimited,
    /// A balance or a daily quota is used up.
    #[component(name = "quota")]
    Quota,
    /// The provider will not deliver to this recipient.
    #[component(name = "recipient-rejected")]
    RecipientRejected,
    /// No connection to the provider could be made, or it broke.
    #[component(name = "unreachable")]
    Unreachable,
    /// The deadline passed.
    #[component(name = "timeout")]
    Timeout,
    /// The provider failed, or answered something that is not one of its answers.
    #[component(name = "provider")]
    Provider,
    /// The connector or the provider does not offer this.
    #[component(name = "unsupported")]
    Unsupported,
    /// None of the above.
    #[component(name = "other")]
    Other,
}

impl FailureKind {
    /// The contract's name for it, stable for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::InvalidMessage => "invalid-message",
            Self::NoTemplate => "no-template",
            Self::Authentication => "authentication",
            Self::Denied => "denied",
            Self::RateLimited => "rate-limited",
            Self::Quota => "quota",
            Self::RecipientRejected => "recipient-rejected",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Provider => "provider",
            Self::Unsupported => "unsupported",
            Self::Other => "other",
        }
    }
}

/// What happened, whose turn it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Failure {
    /// The class, for programs.
    pub kind: FailureKind,
    /// One or two sentences for the operator, not for end users.
    pub message: String,
    /// The provider's own code, unchanged.
    #[component(name = "provider-code")]
    pub provider_code: Option<String>,
    /// The provider's identifier of the request.
    #[component(name = "request-id")]
    pub request_id: Option<String>,
    /// How long to wait before a new attempt is sane, in milliseconds.
    #[component(name = "retry-after-ms")]
    pub retry_after_ms: Option<u32>,
    /// Every finding when the config is at fault.
    pub diagnostics: Vec<Diagnostic>,
    /// Known keys: `turn`, `provider-message`, `attempts`.
    pub attributes: Attributes,
}

/// `send-error` as it crosses the boundary; [`crate::SendError`] is what callers see.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum WireSendError {
    #[component(name = "not-sent")]
    NotSent(Failure),
    #[component(name = "unknown")]
    Unknown(Failure),
}

/// What a check found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum Verdict {
    /// The provider confirmed it.
    #[component(name = "pass")]
    Pass,
    /// The provider says that it will not work.
    #[component(name = "fail")]
    Fail,
    /// The provider would not tell.
    #[component(name = "cannot-verify")]
    CannotVerify,
    /// A verdict of a later version: treat it as [`Verdict::CannotVerify`].
    #[component(name = "other")]
    Other,
}

/// One thing that was looked up at the provider.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Check {
    /// What was checked: `credentials`, `application`, `signature`, `balance`, or a JSON Pointer.
    pub subject: String,
    /// What was found.
    pub verdict: Verdict,
    /// One or two sentences for the operator.
    pub message: String,
    /// Known keys: `provider-code`, `request-id`, `permission`, `balance`.
    pub attributes: Attributes,
}

/// Which message to look for.
#[derive(Clone, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct DeliveryQuery {
    /// The recipient, as in [`Message::to`].
    pub to: String,
    /// How far back to look, in seconds.
    #[component(name = "max-age-s")]
    pub max_age_s: u32,
    /// What the message was sent with.
    #[component(name = "correlation-id")]
    pub correlation_id: Option<String>,
    /// The serial number of its receipt.
    #[component(name = "message-id")]
    pub message_id: Option<String>,
}

impl fmt::Debug for DeliveryQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeliveryQuery")
            .field("to", &format_args!("<redacted>"))
            .field("max_age_s", &self.max_age_s)
            .field("correlation_id", &self.correlation_id)
            .field("message_id", &self.message_id)
            .finish()
    }
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
pub enum DeliveryState {
    /// Accepted; the carrier has not reported yet.
    #[component(name = "pending")]
    Pending,
    /// The carrier reported delivery.
    #[component(name = "delivered")]
    Delivered,
    /// The carrier reported that it could not deliver.
    #[component(name = "undelivered")]
    Undelivered,
    /// A state of a later version: treat it as [`DeliveryState::Pending`].
    #[component(name = "other")]
    Other,
}

/// A message that the provider knows.
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Delivery {
    /// The provider's serial number.
    #[component(name = "message-id")]
    pub message_id: String,
    /// How long ago the provider took it, in seconds.
    #[component(name = "age-s")]
    pub age_s: u32,
    /// What became of it.
    pub state: DeliveryState,
    /// Known keys: `provider-code`, `correlation-id`.
    pub attributes: Attributes,
}

/// The answer to a [`DeliveryQuery`].
#[derive(Clone, Debug, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Deliveries {
    /// The messages that fit, newest first.
    pub found: Vec<Delivery>,
    /// Whether the provider's records cover the period. Absence alone never means not sent.
    pub exhaustive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_number_nor_code_nor_secret() {
        let message = Message::code("+8613800138000", "SignIn", "918273");
        let preview = Preview {
            route: "mainland".into(),
            template: "1400".into(),
            parameters: vec!["918273".into()],
            attributes: vec![],
        };
        let query = DeliveryQuery {
            to: "+8613800138000".into(),
            max_age_s: 60,
            correlation_id: None,
            message_id: None,
        };
        let shown = format!(
            "{message:?} {preview:?} {query:?} {:?}",
            Config::new(r#"{"key":"s3cret"}"#)
        );
        for hidden in ["13800138000", "918273", "s3cret"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(
            shown.contains("SignIn") && shown.contains("code"),
            "{shown}"
        );
    }
}
