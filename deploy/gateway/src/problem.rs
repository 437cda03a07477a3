//! Problem details (RFC 9457): every refusal and every failure as returned to the caller.

use crate::bindings::auth::connector::sms::{Diagnostic, Failure, FailureKind, Severity};
use serde::Serialize;

/// A problem. Its texts repeat nothing of the request, and connectors quote no secret, number or code.
#[derive(Debug, Default, Serialize)]
pub struct Problem {
    /// A reference to the kind of problem, as the auth host has them: `/problems/invalid`.
    #[serde(rename = "type")]
    pub reference: String,
    /// The kind in a few words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The cause, and the remedy.
    pub detail: String,
    /// State of the message: `not_sent` or `unknown`. Absent if the request was not about a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
    /// The caller's identifier, for `POST /v1/deliveries/find`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The place in the request's body, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The class of the failure, by the contract's names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The party that must act: `operator`, `caller`, `recipient`, `provider`, `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
    /// The provider's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// The provider's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When another attempt is sane, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The methods that the path takes, for the header `Allow`.
    #[serde(skip)]
    pub allow: Option<&'static str>,
    /// Everything that is wrong with the config.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// One thing that is wrong with the config. Quotes no value from it.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// Its place in the config, as a JSON Pointer.
    pub pointer: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// A stable word.
    pub code: String,
    /// The remedy.
    pub message: String,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: u16, kind: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            reference: format!("/problems/{kind}"),
            title,
            status,
            detail: detail.into(),
            ..Self::default()
        }
    }

    /// The request's body cannot be used, at a place.
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: Some(pointer.to_owned()),
            ..Self::new(422, "invalid", "The request cannot be used", detail)
        }
    }

    /// A failure that the connector returned.
    pub fn of(status: u16, kind: &str, title: &'static str, failure: Failure) -> Self {
        let turn = failure.attributes.iter().find(|(key, _)| key == "turn");
        Self {
            kind: Some(name(failure.kind)),
            turn: turn.map(|(_, turn)| turn.clone()),
            provider_code: failure.provider_code,
            request_id: failure.request_id,
            retry_after: failure.retry_after_ms.map(|ms| ms.div_ceil(1000)),
            findings: failure.diagnostics.into_iter().map(Into::into).collect(),
            ..Self::new(status, kind, title, failure.message)
        }
    }

    /// The message was certainly not sent.
    #[must_use]
    pub fn not_sent(self) -> Self {
        Self {
            state: Some("not_sent"),
            ..self
        }
    }
}

impl From<Diagnostic> for Finding {
    fn from(found: Diagnostic) -> Self {
        Self {
            pointer: found.pointer,
            severity: match found.severity {
                Severity::Error => "error",
                Severity::Warning | Severity::Other => "warning",
            },
            code: found.code,
            message: found.message,
        }
    }
}

/// The contract's name of a class.
const fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidConfig => "invalid-config",
        FailureKind::InvalidMessage => "invalid-message",
        FailureKind::NoTemplate => "no-template",
        FailureKind::Authentication => "authentication",
        FailureKind::Denied => "denied",
        FailureKind::RateLimited => "rate-limited",
        FailureKind::Quota => "quota",
        FailureKind::RecipientRejected => "recipient-rejected",
        FailureKind::Unreachable => "unreachable",
        FailureKind::Timeout => "timeout",
        FailureKind::Provider => "provider",
        FailureKind::Unsupported => "unsupported",
        FailureKind::Other => "other",
    }
}
