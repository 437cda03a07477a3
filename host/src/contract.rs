//! The records of `auth:connector@0.1.0`, as Rust types.
//!
//! Most are generated from `wit/`, where the rules stand. Those that can hold a number, a code or a secret are written
//! here, because their `Debug` shows the shape and not the contents. Wasmtime compares all of them with a component's
//! own types when it is loaded, so a plugin built against another contract is refused rather than misread.

use crate::bindings::sms;
use std::fmt;
use wasmtime::component::{ComponentType, Lift, Lower};

pub use crate::bindings::sms::{
    Attributes, ConfigGuard, Diagnostic, Failure, FailureKind, LocalizedText, Metadata, Receipt,
    Severity,
};
pub use crate::bindings::sms_operations::{Check, Deliveries, Delivery, DeliveryState, Verdict};
pub use crate::bindings::sms_receipts::{
    Acknowledgement, CallbackContent, CallbackRefusal, CallbackRefusalKind, DeliveryReceipt,
    ReceiptState,
};

/// Looks a key up in [`Attributes`].
pub fn attribute<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
}

/// The contract's bound on a config, in bytes.
pub const CONFIG_BYTES: usize = 65_536;

/// One message to one person.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The recipient: `+` and E.164 digits, or the `00` prefix.
    pub to: String,
    /// Why it is sent: `SignIn`, `Register` and seven more; an open set.
    pub usage: String,
    /// Values for the template's parameters by name; a verification code travels as `code`.
    pub variables: Attributes,
    /// The recipient's languages, best first, as BCP 47 tags.
    pub locales: Vec<String>,
    /// The caller's own identifier, at most 128 bytes of printable ASCII, another one for each call.
    pub correlation_id: Option<String>,
    /// The longest the caller will wait, in milliseconds. The host lowers it to its own cap.
    pub timeout_ms: Option<u32>,
    /// Reserved.
    pub attributes: Attributes,
}

impl Message {
    /// A message to a number, of the usage `Generic`, without variables.
    ///
    /// ```
    /// # use auth_connector_host::Message;
    /// let message = Message::to("+8613800138000")
    ///     .usage("SignIn")
    ///     .code("918273")
    ///     .correlation_id("sign-in-4711");
    /// assert_eq!(message.variables[0].0, "code");
    /// ```
    pub fn to(number: impl Into<String>) -> Self {
        Self {
            to: number.into(),
            usage: "Generic".to_owned(),
            ..Self::default()
        }
    }

    /// Sets why it is sent.
    #[must_use]
    pub fn usage(mut self, usage: impl Into<String>) -> Self {
        self.usage = usage.into();
        self
    }

    /// Adds the variable `code`: a verification code. Redaction finds it by this name.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.variables.push(("code".to_owned(), code.into()));
        self
    }

    /// Sets the caller's own identifier, by which [`crate::Plugin::find_deliveries`] looks it up.
    #[must_use]
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.correlation_id = Some(id.into());
        self
    }

    /// The message as the contract has it, for a call that has this much time left.
    pub(crate) fn within(&self, left_ms: u32) -> sms::Message {
        sms::Message {
            to: self.to.clone(),
            usage: self.usage.clone(),
            variables: self.variables.clone(),
            locales: (!self.locales.is_empty()).then(|| self.locales.clone()),
            correlation_id: self.correlation_id.clone(),
            timeout_ms: Some(left_ms),
            attributes: (!self.attributes.is_empty()).then(|| self.attributes.clone()),
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

/// Message that `send-message` would send, computed without a network.
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

/// Which message to look for.
#[derive(Clone, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct DeliveryQuery {
    /// The recipient, as in [`Message::to`].
    pub to: String,
    /// How far back to look, in seconds.
    #[component(name = "max-age-s")]
    pub max_age_s: u32,
    /// The correlation identifier that the message was sent with.
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

/// A request to the address where the host takes a provider's callbacks.
#[derive(Clone, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Callback {
    /// The address as the caller wrote it, where it is known: some providers sign it.
    pub url: Option<String>,
    /// Names in lower case, and values. A name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte, at most 65,536 bytes.
    pub body: Vec<u8>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Callback")
            .field(
                "url",
                &self.url.as_ref().map(|_| format_args!("<redacted>")),
            )
            .field("headers", &format_args!("{names:?}"))
            .field("body", &format_args!("<{} bytes>", self.body.len()))
            .finish()
    }
}

/// A code that was used.
#[derive(Clone, Default, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Conversion {
    /// The [`Receipt::message_id`] of the message.
    #[component(name = "message-id")]
    pub message_id: String,
    /// The recipient, as in [`Message::to`], where it is still known: it decides which account of the config sent
    /// the message.
    pub to: Option<String>,
    /// How long ago the code was used, in seconds.
    #[component(name = "age-s")]
    pub age_s: u32,
}

impl fmt::Debug for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversion")
            .field("message_id", &self.message_id)
            .field("to", &self.to.as_ref().map(|_| format_args!("<redacted>")))
            .field("age_s", &self.age_s)
            .finish()
    }
}

/// Gives enums the contract's names, which are stable for programs.
macro_rules! names {
    ($($enum:ident { $($case:ident => $name:literal,)* })*) => {
        $(impl $enum {
            /// The contract's name for it, stable for programs.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$case => $name,)*
                }
            }
        })*
    };
}

names! {
    Severity {
        Error => "error",
        Warning => "warning",
        Other => "other",
    }
    FailureKind {
        InvalidConfig => "invalid-config",
        InvalidMessage => "invalid-message",
        NoTemplate => "no-template",
        Authentication => "authentication",
        Denied => "denied",
        RateLimited => "rate-limited",
        Quota => "quota",
        RecipientRejected => "recipient-rejected",
        Unreachable => "unreachable",
        Timeout => "timeout",
        Provider => "provider",
        Unsupported => "unsupported",
        Other => "other",
    }
    Verdict {
        Pass => "pass",
        Fail => "fail",
        CannotVerify => "cannot-verify",
        Other => "other",
    }
    DeliveryState {
        Pending => "pending",
        Delivered => "delivered",
        Undelivered => "undelivered",
        Other => "other",
    }
    ReceiptState {
        Delivered => "delivered",
        Undelivered => "undelivered",
        Other => "other",
    }
    CallbackRefusalKind {
        Malformed => "malformed",
        TooLarge => "too-large",
        Unauthenticated => "unauthenticated",
        InvalidConfig => "invalid-config",
        Other => "other",
    }
}

impl Metadata {
    /// The name in the best of these languages: see [`best`].
    pub fn name(&self, locales: &[String]) -> &str {
        best(&self.names, locales)
    }

    /// The description in the best of these languages: see [`best`].
    pub fn description(&self, locales: &[String]) -> &str {
        best(&self.descriptions, locales)
    }
}

/// The text in the best of these languages (BCP 47 tags, best first), else the English one, else the first, else none.
///
/// For each tag in turn, the text whose language shares the most subtags with it is taken, so `zh-Hans-CN` finds
/// `zh-CN` before `zh-TW`, and `pt` finds `pt-BR`. Case is ignored.
pub fn best<'a>(texts: &'a [LocalizedText], locales: &[String]) -> &'a str {
    let wanted = locales.iter().map(String::as_str).chain(["en"]);
    wanted
        .filter_map(|tag| nearest(texts, tag))
        .next()
        .or(texts.first())
        .map_or("", |found| found.text.as_str())
}

/// The text with the most subtags of this language, if any is of this language; of two, the one with fewer others.
fn nearest<'a>(texts: &'a [LocalizedText], tag: &str) -> Option<&'a LocalizedText> {
    let wanted: Vec<&str> = tag.split(['-', '_']).collect();
    let primary = wanted.first()?;
    let shared = |text: &&LocalizedText| {
        let has = |subtag: &&str| {
            wanted
                .iter()
                .any(|wanted| wanted.eq_ignore_ascii_case(subtag))
        };
        let (shared, other): (Vec<&str>, Vec<&str>) =
            text.language.split(['-', '_']).partition(has);
        (shared.len(), std::cmp::Reverse(other.len()))
    };
    let of_language = |text: &&LocalizedText| {
        let first = text.language.split(['-', '_']).next().unwrap_or_default();
        first.eq_ignore_ascii_case(primary)
    };
    // The first of several that are as near: `max_by_key` takes the last.
    texts.iter().filter(of_language).rev().max_by_key(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_number_code_and_secret() {
        let message = Message::to("+8613800138000").usage("SignIn").code("918273");
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
        let callback = Callback {
            url: Some("https://auth.example.com/callbacks/s3cret".into()),
            headers: vec![("x-signature".into(), "s3cret".into())],
            body: b"mobile=13800138000".to_vec(),
        };
        let conversion = Conversion {
            message_id: "m-1".into(),
            to: Some("+8613800138000".into()),
            age_s: 1,
        };
        let shown = format!("{message:?} {preview:?} {query:?} {callback:?} {conversion:?}");
        for hidden in ["13800138000", "918273", "s3cret"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(
            shown.contains("SignIn") && shown.contains("code"),
            "{shown}"
        );
    }

    /// Without English the first text is used.
    #[test]
    fn text_prefers_nearest_language_then_english() {
        let text = |language: &str| LocalizedText {
            language: language.into(),
            text: language.into(),
        };
        let texts = ["zh-TW", "zh-CN", "en", "pt-BR", "de"].map(text);
        for (locales, found) in [
            (&["zh-CN"] as &[&str], "zh-CN"),
            (&["zh-Hans-CN"], "zh-CN"),
            (&["ZH_cn"], "zh-CN"),
            (&["zh"], "zh-TW"),
            (&["pt"], "pt-BR"),
            (&["de-AT"], "de"),
            (&["fr", "de"], "de"),
            (&["en-GB", "de"], "en"),
            (&["fr"], "en"),
            (&[""], "en"),
            (&[], "en"),
        ] {
            let locales: Vec<String> = locales.iter().map(|tag| (*tag).to_owned()).collect();
            assert_eq!(best(&texts, &locales), found, "{locales:?}");
        }
        assert_eq!(best(&["ja", "ko"].map(text), &[]), "ja");
        assert_eq!(best(&[], &[]), "");
    }
}
