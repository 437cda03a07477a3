//! The contract's types. Those that hold nothing personal are generated from `wit/`, which documents them.
//!
//! The others stand in `records`, with `Debug` output that shows no number, code or secret.

use alloc::string::String;
use alloc::vec::Vec;

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
pub use crate::records::{Callback, Conversion, DeliveryQuery, Message, Preview};
pub use sms::{
    Attributes, ConfigGuard, Diagnostic, Failure, FailureKind, Receipt, SendError, Severity,
};

/// Makes one attribute.
pub fn attribute(key: &str, value: &str) -> (String, String) {
    (key.into(), value.into())
}

/// Names and description of a connector. Every text is a pair of a BCP 47 tag and the words.
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
            language: (*language).into(),
            text: (*text).into(),
        };
        let attribute = |(key, value): &(&str, &str)| attribute(key, value);
        Self {
            id: metadata.id.into(),
            version: metadata.version.into(),
            names: metadata.names.iter().map(localized).collect(),
            descriptions: metadata.descriptions.iter().map(localized).collect(),
            attributes: metadata.attributes.iter().map(attribute).collect(),
        }
    }
}

/// The party that has to act after a failure: the attribute `turn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The keeper of the config and of the account at the provider.
    Operator,
    /// The auth platform that called.
    Caller,
    /// The keeper of the component's host: clock, network, grants.
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
    /// A failure without further details.
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

/// Ends the message of every unknown outcome. The kit adds it to the errors of
/// [`Connector::send`](crate::Connector::send).
pub const MAY_BE_SENT: &str = "The message may be on its way: look it up before sending again.";

impl SendError {
    /// The error as callers get it: the message of an unknown outcome ends with [`MAY_BE_SENT`].
    pub(crate) fn in_words(mut self) -> Self {
        if let Self::Unknown(failure) = &mut self {
            let message = [failure.message.as_str(), MAY_BE_SENT].join(" ");
            failure.message = message.trim_start().into();
        }
        self
    }

    /// The failure, whatever it proves.
    pub fn failure(&self) -> &Failure {
        match self {
            Self::NotSent(failure) | Self::Unknown(failure) => failure,
        }
    }

    /// The failure of a query, which sends no message.
    pub fn into_failure(self) -> Failure {
        let (Self::NotSent(failure) | Self::Unknown(failure)) = self;
        failure
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
    fn unknown_outcome_says_may_be_sent() {
        let failure = |message| Failure::new(FailureKind::Timeout, Turn::Provider, message);
        for (message, expected) in [
            ("No answer came.", format!("No answer came. {MAY_BE_SENT}")),
            ("", MAY_BE_SENT.into()),
        ] {
            let error = SendError::Unknown(failure(message)).in_words();
            assert_eq!(error.failure().message, expected);
            let error = SendError::NotSent(failure(message));
            assert_eq!(error.clone().in_words(), error);
        }
    }
}
