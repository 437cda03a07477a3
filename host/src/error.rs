//! Errors, by the side that caused them.
//!
//! | type | who is at fault | when |
//! |---|---|---|
//! | [`BuildError`] | the embedder's settings | making a [`crate::ConnectorHost`] |
//! | [`crate::LoadError`] | the component | before a line of it runs |
//! | [`PolicyFault`] | the operator's rules | before a call gets a place |
//! | [`HostFault`] | the plugin misbehaved, or the host is full | during a call |
//! | [`crate::Failure`] | config, message, provider: in the plugin's words | the plugin answered |
//!
//! [`CallError::side`] sorts the last three by host, plugin, policy and provider. None of them quotes a config, a
//! message or a header. A [`crate::Failure`] holds text that the plugin wrote.

use crate::bindings::sms;
use crate::contract::{CallbackRefusal, Failure, FailureKind};
use auth_connector_egress::{NetworkError, OriginError, Phrase, phrase};
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a host do not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The sandbox could not be set up.
    #[error(
        "the sandbox could not be set up: {0}. Address space is reserved for Limits::concurrent_calls times memory_bytes and table_elements: lower the one that is too large, and keep Residency within them"
    )]
    Engine(String),
    /// The compile cache cannot be used.
    #[error("the compile cache {path} cannot be used: {reason}")]
    Cache {
        /// Its directory.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An origin is not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// An authority, a proxy or a resolve override cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

impl BuildError {
    /// What it says.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Engine(_) => phrase!("build-engine", of self),
            Self::Cache { path, .. } => {
                phrase!("build-cache", of self, path = path.display().to_string())
            }
            Self::Origin(error) => error.phrase(),
            Self::Network(error) => error.phrase(),
        }
    }
}

/// The host ended a call itself, or never began it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostFault {
    /// No instance came free in time.
    #[error(
        "the host is full: no instance came free within {} ms. Try again in {} ms; if it recurs, raise Limits::concurrent_calls",
        .waited.as_millis(), .retry_after.as_millis()
    )]
    Overloaded {
        /// How long the call waited.
        waited: Duration,
        /// When a place should be free, by how long calls took of late.
        retry_after: Duration,
    },
    /// The machine had nothing left of what an instance needs: file descriptors, memory. Nothing of the plugin ran.
    #[error(
        "the machine gave no instance: {0}. Raise the limit of open files, or give it memory; the plugin is not at fault"
    )]
    Exhausted(String),
    /// As many calls were waiting for an instance as may, and the tenants that have fewer waiting come first.
    #[error(
        "the host is full: its queue has {limit} waiting calls, which is the limit. Try again in {} ms; if it recurs, raise Limits::concurrent_calls, or Limits::queued_calls for a short rush",
        .retry_after.as_millis()
    )]
    QueueFull {
        /// How many may wait.
        limit: u32,
        /// When a place should be free, by how long calls took of late.
        retry_after: Duration,
    },
    /// The call ran past its time and was stopped.
    #[error(
        "the plugin gave no answer within {} ms and was stopped. Give the call more time; if it recurs, report it to the plugin's author",
        .after.as_millis()
    )]
    TimedOut {
        /// After how long.
        after: Duration,
    },
    /// The plugin computed for too long and was stopped.
    #[error(
        "the plugin computed for more than {} ms and was stopped. Report it to the plugin's author; raise Limits::compute only for a plugin that you trust",
        .limit.as_millis()
    )]
    Compute {
        /// The cap.
        limit: Duration,
    },
    /// The plugin wanted more memory or a larger table than it may have. How much it asked for is not repeated: a
    /// plugin can ask for as many elements as a code says.
    #[error(
        "the plugin asked for more than {limit} {unit} and was stopped. Report it to the plugin's author; raise Limits::memory_bytes or table_elements only for a plugin that you trust"
    )]
    Memory {
        /// Of what: `bytes` or `table elements`.
        unit: &'static str,
        /// The cap.
        limit: usize,
    },
    /// The plugin wanted to hold more handles than it may: bodies, streams, pollables, header collections.
    #[error(
        "the plugin wanted more than {limit} handles at once and was stopped. Report it to the plugin's author; raise Limits::handles only for a plugin that you trust"
    )]
    Handles {
        /// The cap.
        limit: usize,
    },
    /// The plugin handed over more at once than may cross the boundary.
    #[error(
        "the plugin handed over more than {limit} bytes at once and was stopped. Report it to the plugin's author; raise Limits::crossing_bytes only for a plugin that you trust"
    )]
    Crossing {
        /// The cap.
        limit: usize,
    },
    /// The plugin crashed.
    #[error(
        "the plugin crashed: {0}. Report it to the plugin's author with the component's sha256, or use another version"
    )]
    Trapped(String),
    /// The plugin broke a rule of the contract or of the component model.
    #[error(
        "the plugin broke the contract: {0}. Report it to the plugin's author with the component's sha256, or use another version"
    )]
    Contract(&'static str),
    /// The config is longer than the contract allows. Nothing of the plugin ran.
    #[error(
        "the config has {bytes} bytes, the contract allows {limit}. Shorten it: a config holds credentials, templates and little else"
    )]
    ConfigTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The contract's bound.
        limit: usize,
    },
    /// The plugin does not export this optional function.
    #[error(
        "the plugin does not offer {0}, which the contract leaves to it. Do without, or use a plugin that exports {interface}", interface = interface(.0)
    )]
    Unsupported(&'static str),
}

/// The optional interface that has a function.
fn interface(function: &str) -> &'static str {
    match function {
        "read-callback" | "report-conversion" => "sms-receipts",
        _ => "sms-operations",
    }
}

/// Milliseconds.
fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl HostFault {
    /// The contract's class that fits best, so that callers need one table only.
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Overloaded { .. } | Self::QueueFull { .. } => FailureKind::RateLimited,
            Self::Exhausted(_) => FailureKind::Unreachable,
            Self::TimedOut { .. } => FailureKind::Timeout,
            Self::ConfigTooLong { .. } => FailureKind::InvalidConfig,
            Self::Unsupported(_) => FailureKind::Unsupported,
            Self::Compute { .. }
            | Self::Memory { .. }
            | Self::Handles { .. }
            | Self::Crossing { .. }
            | Self::Trapped(_)
            | Self::Contract(_) => FailureKind::Other,
        }
    }

    /// What it says. A crash has Wasmtime's words with it.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Overloaded {
                waited,
                retry_after,
            } => phrase!(
                "host-overloaded", of self,
                waited = ms(*waited), again = ms(*retry_after)
            ),
            Self::Exhausted(said) => phrase!("host-exhausted", of self, said = said),
            Self::QueueFull { limit, retry_after } => phrase!(
                "host-queue-full", of self,
                limit = u64::from(*limit), again = ms(*retry_after)
            ),
            Self::TimedOut { after } => phrase!("host-timed-out", of self, after = ms(*after)),
            Self::Compute { limit } => phrase!("host-compute", of self, limit = ms(*limit)),
            Self::Memory { limit, .. } => phrase!("host-memory", of self, limit = *limit),
            Self::Handles { limit } => phrase!("host-handles", of self, limit = *limit),
            Self::Crossing { limit } => phrase!("host-crossing", of self, limit = *limit),
            Self::Trapped(said) => phrase!("host-trapped", of self, said = said),
            Self::Contract(_) => phrase!("host-contract", of self),
            Self::ConfigTooLong { bytes, limit } => {
                phrase!("host-config-long", of self, bytes = *bytes, limit = *limit)
            }
            Self::Unsupported(function) => phrase!(
                "host-unsupported", of self,
                function = *function, interface = interface(function)
            ),
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overloaded { .. } | Self::QueueFull { .. } => "host-overloaded",
            Self::Exhausted(_) => "host-exhausted",
            Self::TimedOut { .. } => "plugin-timed-out",
            Self::Compute { .. } => "plugin-computed-too-long",
            Self::Memory { .. } => "plugin-out-of-memory",
            Self::Handles { .. } => "plugin-out-of-handles",
            Self::Crossing { .. } => "plugin-handed-over-too-much",
            Self::Trapped(_) => "plugin-crashed",
            Self::Contract(_) => "plugin-broke-contract",
            Self::ConfigTooLong { .. } => "config-too-long",
            Self::Unsupported(_) => "unsupported",
        }
    }
}

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

    /// What it says.
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

/// Why a call has no result: the plugin's words, the host's, or the operator's rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The plugin answered with a failure.
    #[error("{}: {}", .0.kind.as_str(), .0.message)]
    Connector(Box<Failure>),
    /// The host ended the call, or had no place for it.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The operator's rules forbid the call here and now. Nothing of the plugin ran.
    #[error(transparent)]
    Policy(#[from] PolicyFault),
}

/// Whose side a failure is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The host or its machine was full, or the config too long.
    Host,
    /// The plugin misbehaved, or refused by itself: the config, the message, the network.
    Plugin,
    /// The operator's rules.
    Policy,
    /// The provider answered with a code of its own.
    Provider,
}

impl Side {
    /// A stable word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Plugin => "plugin",
            Self::Policy => "policy",
            Self::Provider => "provider",
        }
    }
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

    /// Whose side it is on.
    pub const fn side(&self) -> Side {
        match self {
            Self::Connector(failure) if failure.provider_code.is_some() => Side::Provider,
            Self::Host(
                HostFault::Overloaded { .. }
                | HostFault::Exhausted(_)
                | HostFault::QueueFull { .. }
                | HostFault::ConfigTooLong { .. },
            ) => Side::Host,
            Self::Connector(_) | Self::Host(_) => Side::Plugin,
            Self::Policy(_) => Side::Policy,
        }
    }

    /// What it says: the plugin's own words as they are, the host's as a phrase.
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

/// The two ways in which a send can fail to be accepted. They differ in what the caller may do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Certainly not sent: another attempt, or another connector, cannot reach the recipient twice.
    #[error("not sent: {0}")]
    NotSent(CallError),
    /// The outcome is open: the recipient may get the message, and another attempt may send it twice.
    #[error("unknown whether it was sent: {0}")]
    Unknown(CallError),
}

impl SendError {
    /// What is known about the cause.
    pub const fn cause(&self) -> &CallError {
        match self {
            Self::NotSent(cause) | Self::Unknown(cause) => cause,
        }
    }

    /// The class of the cause.
    pub const fn kind(&self) -> FailureKind {
        self.cause().kind()
    }

    /// Whether another attempt cannot send twice.
    pub const fn is_certainly_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// A verdict that is not the plugin's: *not sent* only if nothing can have left.
    pub(crate) fn from_cause(cause: CallError, may_have_left: bool) -> Self {
        if may_have_left {
            Self::Unknown(cause)
        } else {
            Self::NotSent(cause)
        }
    }
}

impl From<sms::SendError> for SendError {
    fn from(error: sms::SendError) -> Self {
        match error {
            sms::SendError::NotSent(failure) => {
                Self::NotSent(CallError::Connector(Box::new(failure)))
            }
            sms::SendError::Unknown(failure) => {
                Self::Unknown(CallError::Connector(Box::new(failure)))
            }
        }
    }
}

/// Why a provider's callback was not read. Nothing of it counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackError {
    /// It is not a callback that counts: see its kind. A new attempt with the same callback ends the same.
    #[error("{}: {}", .0.kind.as_str(), .0.message)]
    Refused(CallbackRefusal),
    /// The plugin gave no answer, or was not asked. The provider may call again.
    #[error(transparent)]
    Failed(#[from] CallError),
}

impl From<HostFault> for CallbackError {
    fn from(fault: HostFault) -> Self {
        Self::Failed(fault.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_tells_remedy_in_one_line() {
        let ms = Duration::from_millis(7);
        for (fault, step) in [
            (
                HostFault::Overloaded {
                    waited: ms,
                    retry_after: ms,
                },
                "Try again in 7 ms",
            ),
            (HostFault::Exhausted("full".to_owned()), "Raise the limit"),
            (
                HostFault::QueueFull {
                    limit: 3,
                    retry_after: ms,
                },
                "Try again in 7 ms",
            ),
            (HostFault::TimedOut { after: ms }, "Give the call more time"),
            (HostFault::Compute { limit: ms }, "Report it"),
            (
                HostFault::Memory {
                    unit: "bytes",
                    limit: 1,
                },
                "Report it",
            ),
            (HostFault::Handles { limit: 1 }, "Report it"),
            (HostFault::Crossing { limit: 1 }, "Report it"),
            (HostFault::Trapped("unreachable".to_owned()), "Report it"),
            (HostFault::Contract("no message id"), "Report it"),
            (
                HostFault::ConfigTooLong { bytes: 2, limit: 1 },
                "Shorten it",
            ),
            (HostFault::Unsupported("check-config"), "Do without"),
            (
                HostFault::Unsupported("read-callback"),
                "Do without, or use a plugin that exports sms-receipts",
            ),
        ] {
            let line = fault.to_string();
            assert!(line.contains(&format!(". {step}")), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
}
