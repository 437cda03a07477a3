//! Reasons why a plugin is not pulled or published. One line each, without credentials.

use auth_connector_egress::{NetworkError, OutboundError};
use auth_connector_package::LoadError;

/// Nothing was kept or loaded when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The reference cannot be read.
    #[error("{0}")]
    Reference(String),
    /// Credentials are missing, refused or cannot be read.
    #[error("{0}")]
    Credentials(String),
    /// The network's settings cannot be used.
    #[error(transparent)]
    Settings(#[from] NetworkError),
    /// No connection.
    #[error("{origin} cannot be reached: {reason}")]
    Unreachable {
        /// The registry, its token server, or where it redirects to.
        origin: String,
        /// Why.
        reason: OutboundError,
    },
    /// The exchange broke off, or is no HTTP.
    #[error("{origin} broke off while {what} was read or written: {reason}")]
    Broken {
        /// Of which server.
        origin: String,
        /// Of what.
        what: String,
        /// Why.
        reason: String,
    },
    /// The time was over.
    #[error("the registry took longer than the {0} s that a pull may take")]
    Time(u64),
    /// It is not there.
    #[error("{0} is not in the registry, or these credentials may not read it")]
    Absent(String),
    /// An answer that cannot be used.
    #[error("the registry answered for {what} with HTTP status {status}{said}")]
    Status {
        /// What was asked for.
        what: String,
        /// The status.
        status: u16,
        /// What it said, short, or nothing.
        said: String,
    },
    /// Larger than is granted, or than was said.
    #[error("{what} has {size} bytes or more, expected were at most {limit}")]
    TooLarge {
        /// What.
        what: String,
        /// What was said, or read so far.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// Fewer bytes than was said.
    #[error("{what} has {size} bytes, expected were {expected}: the registry sent a part of it")]
    Truncated {
        /// What.
        what: String,
        /// What came.
        size: u64,
        /// What was said.
        expected: u64,
    },
    /// Other bytes than the digest names.
    #[error(
        "{what} has the digest {found}, expected was {expected}: the registry sent other bytes"
    )]
    OtherBytes {
        /// What.
        what: String,
        /// The digest that was asked for.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// A redirect that is not followed.
    #[error("the redirect of {what} is not followed: {reason}")]
    Redirect {
        /// Of what.
        what: String,
        /// Why.
        reason: String,
    },
    /// A document that is not as it has to be.
    #[error("{what} cannot be used: {reason}")]
    Malformed {
        /// Which.
        what: String,
        /// Why.
        reason: String,
    },
    /// The artifact has no manifest of a plugin.
    #[error(
        "the artifact has no manifest of a plugin among its referrers: it was published by other means, or copied without its referrers. Allow unsigned plugins to take the component alone"
    )]
    NoManifest,
    /// The manifest is about another component.
    #[error(
        "the plugin's manifest is for the component {expected}, the artifact has {found}: they do not belong together"
    )]
    OtherComponent {
        /// By the manifest.
        expected: String,
        /// By the artifact.
        found: String,
    },
    /// Provenance was to be verified and is not.
    #[error("the provenance is not verified: {0}")]
    Provenance(String),
    /// The tag names another artifact already.
    #[error(
        "{tag} is in the registry already, as {found}: a published version does not change. Raise the version, or replace it by --replace"
    )]
    TagTaken {
        /// The tag.
        tag: String,
        /// What it names.
        found: String,
    },
    /// A file or folder of this machine.
    #[error("{path}: {reason}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The package is refused by the host's own checks.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl RegistryError {
    pub(crate) fn malformed(what: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Malformed {
            what: what.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn file(path: &std::path::Path, reason: impl ToString) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// A server's text for an error: short, on one line, without what does not show.
pub(crate) fn legible(text: &str) -> String {
    text.chars()
        .take(120)
        .map(|c| if c.is_control() { ' ' } else { c })
        .flat_map(|c| {
            if c.is_ascii() || c.is_alphanumeric() {
                Some(c)
            } else {
                None
            }
        })
        .collect()
}
