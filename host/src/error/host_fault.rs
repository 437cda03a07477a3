//! Calls that the host ended, or never began.

use crate::contract::FailureKind;
use auth_connector_egress::{Phrase, phrase};
use std::time::Duration;

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
    /// The machine ran out of a resource that an instance needs: file descriptors, memory. No code of the plugin ran.
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
    /// The plugin requested more memory or a larger table than it may have. The requested amount is not repeated,
    /// because a plugin can encode a code in it.
    #[error(
        "the plugin asked for more than {limit} {unit} and was stopped. Report it to the plugin's author; raise Limits::memory_bytes or table_elements only for a plugin that you trust"
    )]
    Memory {
        /// Unit of the cap: `bytes` or `table elements`.
        unit: &'static str,
        /// The cap.
        limit: usize,
    },
    /// The plugin tried to hold more handles than it may: bodies, streams, pollables, header collections.
    #[error(
        "the plugin wanted more than {limit} handles at once and was stopped. Report it to the plugin's author; raise Limits::handles only for a plugin that you trust"
    )]
    Handles {
        /// The cap.
        limit: usize,
    },
    /// The plugin passed more bytes at once than may cross the boundary.
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
    /// The config is longer than the contract allows. No code of the plugin ran.
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
pub(super) fn ms(time: Duration) -> u64 {
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

    /// The error's text. A crash includes Wasmtime's message.
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
