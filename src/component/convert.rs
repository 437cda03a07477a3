//! Between the contract's generated types and the native ones. No arm does more than move.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::bindings::exports::auth::connector::{sms, sms_operations};
use crate::contract::{
    Check, Deliveries, Delivery, DeliveryQuery, DeliveryState, Diagnostic, Failure, FailureKind,
    Message, Preview, Receipt, SendError, Severity, Verdict,
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

impl From<Check> for sms_operations::Check {
    fn from(check: Check) -> Self {
        Self {
            subject: check.subject,
            verdict: match check.verdict {
                Verdict::Pass => sms_operations::Verdict::Pass,
                Verdict::Fail => sms_operations::Verdict::Fail,
                Verdict::CannotVerify => sms_operations::Verdict::CannotVerify,
            },
            message: check.message,
            attributes: check.attributes,
        }
    }
}

impl From<sms_operations::DeliveryQuery> for DeliveryQuery {
    fn from(query: sms_operations::DeliveryQuery) -> Self {
        Self {
            to: query.to,
            max_age_s: query.max_age_s,
            correlation_id: query.correlation_id,
            message_id: query.message_id,
        }
    }
}

impl From<Delivery> for sms_operations::Delivery {
    fn from(delivery: Delivery) -> Self {
        Self {
            message_id: delivery.message_id,
            age_s: delivery.age_s,
            state: match delivery.state {
                DeliveryState::Pending => sms_operations::DeliveryState::Pending,
                DeliveryState::Delivered => sms_operations::DeliveryState::Delivered,
                DeliveryState::Undelivered => sms_operations::DeliveryState::Undelivered,
                DeliveryState::Other => sms_operations::DeliveryState::Other,
            },
            attributes: delivery.attributes,
        }
    }
}

impl From<Deliveries> for sms_operations::Deliveries {
    fn from(deliveries: Deliveries) -> Self {
        let mut found = Vec::with_capacity(deliveries.found.len());
        for delivery in deliveries.found {
            found.push(delivery.into());
        }
        Self {
            found,
            exhaustive: deliveries.exhaustive,
        }
    }
}
