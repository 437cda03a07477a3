//! Between the contract's generated types and the native ones. No arm does more than move.

use alloc::string::ToString;

use super::bindings::exports::auth::connector::sms;
use crate::contract::{
    Diagnostic, Failure, FailureKind, Message, Preview, Receipt, SendError, Severity,
};

impl From<sms::Message> for Message {
    fn from(message: sms::Message) -> Self {
        Self {
            to: message.to,
            usage: message.usage,
            variables: message.variables,
            locales: message.locales,
            correlation_id: message.correlation_id,
            timeout_ms: message.timeout_ms,
        }
    }
}

impl From<Diagnostic> for sms::Diagnostic {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            pointer: diagnostic.pointer,
            code: diagnostic.code.to_string(),
            severity: match diagnostic.severity {
                Severity::Error => sms::Severity::Error,
                Severity::Warning => sms::Severity::Warning,
            },
            message: diagnostic.message,
            attributes: diagnostic.attributes,
        }
    }
}

impl From<Preview> for sms::Preview {
    fn from(preview: Preview) -> Self {
        Self {
            route: preview.route.to_string(),
            template: preview.template,
            parameters: preview.parameters,
            attributes: preview.attributes,
        }
    }
}

impl From<Receipt> for sms::Receipt {
    fn from(receipt: Receipt) -> Self {
        Self {
            message_id: receipt.message_id,
            request_id: receipt.request_id,
            attributes: receipt.attributes,
        }
    }
}

impl From<FailureKind> for sms::FailureKind {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::InvalidConfig => Self::InvalidConfig,
            FailureKind::InvalidMessage => Self::InvalidMessage,
            FailureKind::NoTemplate => Self::NoTemplate,
            FailureKind::Authentication => Self::Authentication,
            FailureKind::Denied => Self::Denied,
            FailureKind::RateLimited => Self::RateLimited,
            FailureKind::Quota => Self::Quota,
            FailureKind::RecipientRejected => Self::RecipientRejected,
            FailureKind::Unreachable => Self::Unreachable,
            FailureKind::Timeout => Self::Timeout,
            FailureKind::Provider => Self::Provider,
            FailureKind::Unsupported => Self::Unsupported,
            FailureKind::Other => Self::Other,
        }
    }
}

impl From<Failure> for sms::Failure {
    fn from(failure: Failure) -> Self {
        Self {
            kind: failure.kind.into(),
            message: failure.message,
            provider_code: failure.provider_code,
            request_id: failure.request_id,
            retry_after_ms: failure.retry_after_ms,
            diagnostics: failure.diagnostics.into_iter().map(Into::into).collect(),
            attributes: failure.attributes,
        }
    }
}

impl From<SendError> for sms::SendError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(failure) => Self::NotSent(failure.into()),
            SendError::Unknown(failure) => Self::Unknown(failure.into()),
        }
    }
}
