//! What can go wrong, and on whose side.
//!
//! | type | who is at fault | when |
//! |---|---|---|
//! | [`BuildError`] | the embedder's settings | making a [`crate::ConnectorHost`] |
//! | [`LoadError`] | the component | before a line of it runs |
//! | [`PolicyFault`] | the operator's rules | before a call gets a place |
//! | [`HostFault`] | the plugin misbehaved, or the host is full | during a call |
//! | [`crate::Failure`] | config, message, provider: in the plugin's words | the plugin answered |
//!
//! [`CallError::side`] sorts the last three by host, plugin, policy and provider. None of them quotes a config, a
//! message or a header. A [`crate::Failure`] holds text that the plugin wrote.

use crate::bindings::sms;
use crate::contract::{CallbackRefusal, Failure, FailureKind};
pub use crate::policy::PolicyFault;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of a host do not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The sandbox could not be set up.
    #[error(
        "the sandbox could not be set up: {0}. On small machines lower Limits::concurrent_calls, which reserves address space"
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
    Origin(#[from] crate::egress::OriginError),
    /// A certificate authority's PEM has no certificate that can be used.
    #[error("the given authority's PEM cannot be used: {0}")]
    Authority(String),
    /// A proxy's URL cannot be used. It may hold a password, so it is not repeated.
    #[error(
        "the proxy's URL cannot be used: {0}. Write http://host:port or http://user:password@host:port"
    )]
    Proxy(&'static str),
    /// A resolve override is not `host:port:address`.
    #[error(
        "a resolve override is written host:port:address, such as sms.example.com:443:127.0.0.1:8443 (the second port is optional): {0:?} is not"
    )]
    Resolve(String),
}

/// A file is refused as a plugin. One line each, and no code of it has run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// It is too large to be a connector.
    #[error("{size} bytes is more than the {limit} that a plugin may have")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The cap in bytes.
        limit: u64,
    },
    /// Its bytes are not those that were expected.
    #[error(
        "the component's sha256 is {found}, expected was {expected}: another file, or a changed one"
    )]
    Digest {
        /// What was expected, in hexadecimal.
        expected: String,
        /// What it is, in hexadecimal.
        found: String,
    },
    /// It has not the size that its manifest says.
    #[error(
        "the component has {found} bytes, its manifest says {expected}: another file, or a changed one"
    )]
    Size {
        /// What the manifest says, in bytes.
        expected: u64,
        /// What it is, in bytes.
        found: u64,
    },
    /// Nobody who is trusted vouches for its manifest.
    #[error(transparent)]
    Signature(#[from] crate::package::SignatureError),
    /// Its manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] crate::package::ManifestError),
    /// Its manifest is another plugin's.
    #[error(
        "the manifest is of the plugin {found:?}, expected was {expected:?}: give the package that was meant"
    )]
    OtherPlugin {
        /// The id that was expected.
        expected: String,
        /// The manifest's.
        found: String,
    },
    /// It asks for more than it is granted.
    #[error("the plugin {}. Grant it, or load the plugin with less by Grants::accept_less", .missing.join(", "))]
    NotGranted {
        /// A line for each thing that is missing.
        missing: Vec<String>,
    },
    /// It is not WebAssembly.
    #[error(
        "not WebAssembly: the file starts with {starts}, a component starts with 00 61 73 6d 0d 00 01 00"
    )]
    NotWebAssembly {
        /// Its first bytes, as hexadecimal, or the words `nothing` and `text`.
        starts: String,
    },
    /// It is a core module.
    #[error(
        "a core WebAssembly module, not a component: build it for wasm32-wasip2, or wrap it with `wasm-tools component new`"
    )]
    CoreModule,
    /// It is a component that Wasmtime cannot compile.
    #[error("not a valid component: {0}")]
    Invalid(String),
    /// Compiling it could hold the host up.
    #[error(
        "the component has {found} {what}, more than the {limit} that a plugin may have, because compiling it could hold the host up"
    )]
    TooComplex {
        /// Of what.
        what: &'static str,
        /// How much.
        found: u64,
        /// The cap.
        limit: u64,
    },
    /// The cache does not have it, and this host does not compile.
    #[error(
        "the component is not in the compile cache, and this host does not compile: have `auth-host inspect --load-within` or a host with HostOptions::compile do it, with the same cache"
    )]
    NotCompiled,
    /// It wants more than a connector may have.
    #[error("the component imports {}, which the contract does not grant; it grants wasi:io, wasi:clocks and outgoing wasi:http", listed(.imports))]
    ForbiddenImports {
        /// All of them, by name.
        imports: Vec<String>,
    },
    /// It does not speak the contract.
    #[error("not a connector: it does not export {expected}; it exports {}", listed(.exports))]
    NotAConnector {
        /// The export that is missing.
        expected: &'static str,
        /// What is there instead.
        exports: Vec<String>,
    },
    /// It speaks another version of the contract.
    #[error(
        "the plugin speaks {found}, this host {supported}: use a plugin or a host of the other's version"
    )]
    ContractVersion {
        /// What the component exports.
        found: String,
        /// What this host speaks.
        supported: &'static str,
    },
    /// It claims the version and differs from it.
    #[error("the component's {item} differs from {contract}: {difference}")]
    ContractMismatch {
        /// The function that differs.
        item: &'static str,
        /// The interface.
        contract: &'static str,
        /// How.
        difference: String,
    },
    /// Its imports do not link, or it needs more instances, tables or memories than one plugin may have.
    #[error("the component cannot be linked: {0}")]
    Link(String),
}

/// Names in one line, however many a component has.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        _ if names.is_empty() => "nothing".to_owned(),
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The host ended a call itself, or never began it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostFault {
    /// No instance came free in time, or too many calls were waiting for one.
    #[error(
        "the host is full: no instance came free within {} ms. Try again in {} ms; if it recurs, raise Limits::concurrent_calls",
        .waited.as_millis(), .retry_after.as_millis()
    )]
    Overloaded {
        /// How long the call waited. Zero when even the queue was full.
        waited: Duration,
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

impl HostFault {
    /// The contract's class that fits best, so that callers need one table only.
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::Overloaded { .. } => FailureKind::RateLimited,
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

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overloaded { .. } => "host-overloaded",
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
    /// The host had no room, or refused the config for its length.
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
    /// The class, whoever said it.
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
            Self::Host(HostFault::Overloaded { .. } | HostFault::ConfigTooLong { .. }) => {
                Side::Host
            }
            Self::Connector(_) | Self::Host(_) => Side::Plugin,
            Self::Policy(_) => Side::Policy,
        }
    }

    /// How long to wait before another attempt is sane, where somebody knows.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Connector(failure) => failure
                .retry_after_ms
                .map(|ms| Duration::from_millis(ms.into())),
            Self::Host(HostFault::Overloaded { retry_after, .. }) => Some(*retry_after),
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
    /// Nobody can tell: the recipient may get the message, and another attempt may send it twice.
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
    fn every_fault_says_in_one_line_what_to_do() {
        let ms = Duration::from_millis(7);
        for (fault, step) in [
            (
                HostFault::Overloaded {
                    waited: ms,
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
