//! The contract's exports: each converts its arguments, calls the connector and converts the result.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::bindings::exports::auth::connector::sms as wit;
use crate::connector::{Connector, config_guard, preview_message, send_message, validate_config};
use crate::contract::{
    Diagnostic, Failure, FailureKind, Message, Metadata, Preview, Receipt, SendError, Severity,
};
use crate::http::WasiTransport;
use crate::text::Language;

impl<C: Connector> wit::Guest for C {
    fn get_metadata() -> wit::Metadata {
        C::METADATA.into()
    }

    fn get_config_guard(locales: Vec<String>) -> wit::ConfigGuard {
        let guard = config_guard::<C>(Language::best(&locales));
        wit::ConfigGuard {
            json_schema: guard.json_schema,
            form_json: guard.form_json,
            secret_pointers: guard.secret_pointers,
        }
    }

    fn validate_config(config: String, locales: Vec<String>) -> Vec<wit::Diagnostic> {
        let found = validate_config::<C>(&config, Language::best(&locales));
        found.into_iter().map(Into::into).collect()
    }

    fn preview_message(
        config: String,
        message: wit::Message,
    ) -> Result<wit::Preview, wit::SendError> {
        preview_message::<C>(&config, &message.into())
            .map(Into::into)
            .map_err(|failure| wit::SendError::NotSent(failure.into()))
    }

    fn send_message(config: String, message: wit::Message) -> Result<wit::Receipt, wit::SendError> {
        send_message::<C>(&config, &message.into(), &mut WasiTransport::new())
            .map(Into::into)
            .map_err(Into::into)
    }
}

impl From<Metadata> for wit::Metadata {
    fn from(metadata: Metadata) -> Self {
        let localized = |texts: &[(&str, &str)]| {
            let text = |(language, text): &(&str, &str)| wit::LocalizedText {
                language: (*language).to_string(),
                text: (*text).to_string(),
            };
            texts.iter().map(text).collect()
        };
        let attribute = |(key, value): &(&str, &str)| ((*key).to_string(), (*value).to_string());
        Self {
            id: metadata.id.to_string(),
            version: metadata.version.to_string(),
            names: localized(metadata.names),
            descriptions: localized(metadata.descriptions),
            attributes: metadata.attributes.iter().map(attribute).collect(),
        }
    }
}

impl From<wit::Message> for Message {
    fn from(message: wit::Message) -> Self {
        Self {
            to: message.to,
            usage: message.usage,
            variables: message.variables,
            locales: message.locales.unwrap_or_default(),
            correlation_id: message.correlation_id,
            timeout_ms: message.timeout_ms,
        }
    }
}

impl From<Diagnostic> for wit::Diagnostic {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            pointer: diagnostic.pointer,
            code: diagnostic.code.to_string(),
            severity: match diagnostic.severity {
                Severity::Error => wit::Severity::Error,
                Severity::Warning => wit::Severity::Warning,
            },
            message: diagnostic.message,
            attributes: diagnostic.attributes,
        }
    }
}

impl From<Preview> for wit::Preview {
    fn from(preview: Preview) -> Self {
        Self {
            route: preview.route,
            template: preview.template,
            parameters: preview.parameters,
            attributes: preview.attributes,
        }
    }
}

impl From<Receipt> for wit::Receipt {
    fn from(receipt: Receipt) -> Self {
        Self {
            message_id: receipt.message_id,
            request_id: receipt.request_id,
            attributes: receipt.attributes,
        }
    }
}

impl From<FailureKind> for wit::FailureKind {
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

impl From<Failure> for wit::Failure {
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

impl From<SendError> for wit::SendError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(failure) => Self::NotSent(failure.into()),
            SendError::Unknown(failure) => Self::Unknown(failure.into()),
        }
    }
}

#[cfg(feature = "operations")]
mod operations {
    use super::{String, Vec, wit};
    use crate::bindings::exports::auth::connector::sms_operations as wit_operations;
    use crate::connector::{Operations, check_config, find_deliveries};
    use crate::contract::{Check, Deliveries, Delivery, DeliveryQuery, DeliveryState, Verdict};
    use crate::http::WasiTransport;
    use crate::text::Language;

    impl<C: Operations> wit_operations::Guest for C {
        fn check_config(
            config: String,
            locales: Vec<String>,
            timeout_ms: Option<u32>,
        ) -> Result<Vec<wit_operations::Check>, wit::Failure> {
            let language = Language::best(&locales);
            let mut transport = WasiTransport::new();
            check_config::<C>(&config, language, timeout_ms, &mut transport)
                .map(|checks| checks.into_iter().map(Into::into).collect())
                .map_err(Into::into)
        }

        fn find_deliveries(
            config: String,
            query: wit_operations::DeliveryQuery,
            timeout_ms: Option<u32>,
        ) -> Result<wit_operations::Deliveries, wit::Failure> {
            let mut transport = WasiTransport::new();
            find_deliveries::<C>(&config, &query.into(), timeout_ms, &mut transport)
                .map(Into::into)
                .map_err(Into::into)
        }
    }

    impl From<Check> for wit_operations::Check {
        fn from(check: Check) -> Self {
            Self {
                subject: check.subject,
                verdict: match check.verdict {
                    Verdict::Pass => wit_operations::Verdict::Pass,
                    Verdict::Fail => wit_operations::Verdict::Fail,
                    Verdict::CannotVerify => wit_operations::Verdict::CannotVerify,
                },
                message: check.message,
                attributes: check.attributes,
            }
        }
    }

    impl From<wit_operations::DeliveryQuery> for DeliveryQuery {
        fn from(query: wit_operations::DeliveryQuery) -> Self {
            Self {
                to: query.to,
                max_age_s: query.max_age_s,
                correlation_id: query.correlation_id,
                message_id: query.message_id,
            }
        }
    }

    impl From<Delivery> for wit_operations::Delivery {
        fn from(delivery: Delivery) -> Self {
            Self {
                message_id: delivery.message_id,
                age_s: delivery.age_s,
                state: match delivery.state {
                    DeliveryState::Pending => wit_operations::DeliveryState::Pending,
                    DeliveryState::Delivered => wit_operations::DeliveryState::Delivered,
                    DeliveryState::Undelivered => wit_operations::DeliveryState::Undelivered,
                    DeliveryState::Other => wit_operations::DeliveryState::Other,
                },
                attributes: delivery.attributes,
            }
        }
    }

    impl From<Deliveries> for wit_operations::Deliveries {
        fn from(deliveries: Deliveries) -> Self {
            Self {
                found: deliveries.found.into_iter().map(Into::into).collect(),
                exhaustive: deliveries.exhaustive,
            }
        }
    }
}

#[cfg(feature = "receipts")]
mod receipts {
    use super::{String, ToString, Vec, wit};
    use crate::bindings::exports::auth::connector::sms_receipts as wit_receipts;
    use crate::connector::{Receipts, read_callback, report_conversion};
    use crate::contract::{
        Callback, CallbackContent, CallbackRefusal, CallbackRefusalKind, Conversion,
        DeliveryReceipt, ReceiptState,
    };
    use crate::http::WasiTransport;

    impl<C: Receipts> wit_receipts::Guest for C {
        fn read_callback(
            config: String,
            callback: wit_receipts::Callback,
        ) -> Result<wit_receipts::CallbackContent, wit_receipts::CallbackRefusal> {
            read_callback::<C>(&config, &callback.into())
                .map(Into::into)
                .map_err(Into::into)
        }

        fn report_conversion(
            config: String,
            conversion: wit_receipts::Conversion,
            timeout_ms: Option<u32>,
        ) -> Result<(), wit::Failure> {
            let mut transport = WasiTransport::new();
            report_conversion::<C>(&config, &conversion.into(), timeout_ms, &mut transport)
                .map_err(Into::into)
        }
    }

    impl From<wit_receipts::Callback> for Callback {
        fn from(callback: wit_receipts::Callback) -> Self {
            Self {
                url: callback.url,
                headers: callback.headers,
                body: callback.body,
            }
        }
    }

    impl From<DeliveryReceipt> for wit_receipts::DeliveryReceipt {
        fn from(receipt: DeliveryReceipt) -> Self {
            Self {
                message_id: receipt.message_id,
                correlation_id: receipt.correlation_id,
                state: match receipt.state {
                    ReceiptState::Delivered => wit_receipts::ReceiptState::Delivered,
                    ReceiptState::Undelivered => wit_receipts::ReceiptState::Undelivered,
                    ReceiptState::Other => wit_receipts::ReceiptState::Other,
                },
                attributes: receipt.attributes,
            }
        }
    }

    impl From<CallbackContent> for wit_receipts::CallbackContent {
        fn from(content: CallbackContent) -> Self {
            Self {
                receipts: content.receipts.into_iter().map(Into::into).collect(),
                acknowledgement: wit_receipts::Acknowledgement {
                    status: content.acknowledgement.status,
                    content_type: content.acknowledgement.content_type.to_string(),
                    body: content.acknowledgement.body.to_string(),
                },
            }
        }
    }

    impl From<CallbackRefusal> for wit_receipts::CallbackRefusal {
        fn from(refusal: CallbackRefusal) -> Self {
            Self {
                kind: match refusal.kind {
                    CallbackRefusalKind::Malformed => wit_receipts::CallbackRefusalKind::Malformed,
                    CallbackRefusalKind::TooLarge => wit_receipts::CallbackRefusalKind::TooLarge,
                    CallbackRefusalKind::Unauthenticated => {
                        wit_receipts::CallbackRefusalKind::Unauthenticated
                    }
                    CallbackRefusalKind::InvalidConfig => {
                        wit_receipts::CallbackRefusalKind::InvalidConfig
                    }
                    CallbackRefusalKind::Other => wit_receipts::CallbackRefusalKind::Other,
                },
                message: refusal.message,
                attributes: Vec::new(),
            }
        }
    }

    impl From<wit_receipts::Conversion> for Conversion {
        fn from(conversion: wit_receipts::Conversion) -> Self {
            Self {
                message_id: conversion.message_id,
                to: conversion.to,
                age_s: conversion.age_s,
            }
        }
    }
}
