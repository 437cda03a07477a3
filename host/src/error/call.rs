//! Reasons why a call has no result.

use super::host_fault::HostFault;
use super::policy_fault::PolicyFault;
use crate::contract::{Failure, FailureKind};
use auth_connector_egress::{Phrase, phrase};
use std::time::Duration;

/// Why a call has no result: the plugin's words, the host's, or the operator's rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The plugin answered with a failure.
    #[error("{}: {}", .0.kind.as_str(), .0.message)]
    Connector(Box<Failure>),
    /// The host ended the call, or had no place for it.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The operator's rules forbid the call at this time. No code of the plugin ran.
    #[error(transparent)]
    Policy(#[from] PolicyFault),
}

impl CallError {
    /// The class, whatever its side.
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Connector(failure) => failure.kind,
            Self::Host(fault) => fault.kind(),
            Self::Policy(fault) => fault.kind(),
        }
    }

    /// A stable word for programs: the host's or the policy's own, else the class.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Connector(failure) => failure.kind.as_str(),
            Self::Host(fault) => fault.code(),
            Self::Policy(fault) => fault.code(),
        }
    }

    /// The error's text: the plugin's own message unchanged, the host's as a phrase.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Connector(failure) => {
                let words = failure.message.as_str();
                phrase!("plugin-words", of self, kind = failure.kind.as_str(), words = words)
            }
            Self::Host(fault) => fault.phrase(),
            Self::Policy(fault) => fault.phrase(),
        }
    }

    /// How long to wait before another attempt is sane, where it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Connector(failure) => failure
                .retry_after_ms
                .map(|ms| Duration::from_millis(ms.into())),
            Self::Host(
                HostFault::Overloaded { retry_after, .. }
                | HostFault::QueueFull { retry_after, .. },
            ) => Some(*retry_after),
            Self::Host(_) => None,
            Self::Policy(fault) => fault.retry_after(),
        }
    }

    /// The plugin's failure, if it was the plugin that spoke.
    pub const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Connector(failure) => Some(failure),
            Self::Host(_) | Self::Policy(_) => None,
        }
    }
}
