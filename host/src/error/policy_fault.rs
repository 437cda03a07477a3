//! Calls that the operator's rules forbid.

use super::host_fault::ms;
use crate::contract::FailureKind;
use auth_connector_egress::{Phrase, phrase};
use std::time::Duration;

/// A call that the operator's rules forbid here and now. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyFault {
    /// The tenant called more often than it may.
    #[error(
        "the tenant called more often than its rate allows. Try again in {} ms; raise TenantLimits::rate if it is too low",
        .retry_after.as_millis()
    )]
    TenantRate {
        /// When its rate allows one more call.
        retry_after: Duration,
    },
    /// The tenant had as many calls running as it may, for all the time that this one could wait.
    #[error(
        "the tenant has {limit} calls running, which is its limit, and none of them ended within {} ms. Try again in {} ms; raise TenantLimits::concurrent_calls if it is too low",
        .waited.as_millis(), .retry_after.as_millis()
    )]
    TenantConcurrency {
        /// How many may run.
        limit: u32,
        /// How long the call waited.
        waited: Duration,
        /// When a place should be free, by how long calls took of late.
        retry_after: Duration,
    },
    /// The tenant has as many calls waiting as it may.
    #[error(
        "the tenant has {limit} calls waiting, which is its limit. Try again in {} ms; raise TenantLimits::queued_calls if it is too low",
        .retry_after.as_millis()
    )]
    TenantQueue {
        /// How many may wait.
        limit: u32,
        /// When a place should be free, by how long calls took of late.
        retry_after: Duration,
    },
    /// The plugin was taken out of service by [`crate::LivePlugin::close`].
    #[error(
        "the plugin was taken out of service. Use another, or put one in its place with LivePlugin::replace"
    )]
    Closed,
}

impl PolicyFault {
    /// The contract's class that fits best.
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::TenantRate { .. } | Self::TenantConcurrency { .. } | Self::TenantQueue { .. } => {
                FailureKind::RateLimited
            }
            Self::Closed => FailureKind::Denied,
        }
    }

    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::TenantRate { retry_after } => {
                phrase!("policy-rate", of self, again = ms(*retry_after))
            }
            Self::TenantConcurrency {
                limit,
                waited,
                retry_after,
            } => phrase!(
                "policy-concurrency", of self,
                limit = u64::from(*limit), waited = ms(*waited), again = ms(*retry_after)
            ),
            Self::TenantQueue { limit, retry_after } => {
                let limit = u64::from(*limit);
                phrase!("policy-queue", of self, limit = limit, again = ms(*retry_after))
            }
            Self::Closed => phrase!("policy-closed", of self),
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TenantRate { .. } => "tenant-rate",
            Self::TenantConcurrency { .. } => "tenant-concurrency",
            Self::TenantQueue { .. } => "tenant-queue",
            Self::Closed => "plugin-closed",
        }
    }

    /// How long to wait before another attempt is sane.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TenantRate { retry_after }
            | Self::TenantConcurrency { retry_after, .. }
            | Self::TenantQueue { retry_after, .. } => Some(*retry_after),
            Self::Closed => None,
        }
    }
}
