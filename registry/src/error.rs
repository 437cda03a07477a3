//! Reasons why a plugin is not pulled or published. One line each, without credentials.

use auth_connector_egress::{NetworkError, OutboundError};
use auth_connector_egress::{Phrase, phrase};
use auth_connector_package::LoadError;

/// Nothing was kept or loaded when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The reference cannot be read.
    #[error("{0}")]
    Reference(Phrase),
    /// Credentials are missing, refused or cannot be read.
    #[error("{0}")]
    Credentials(Phrase),
    /// The network's settings cannot be used.
    #[error(transparent)]
    Settings(#[from] NetworkError),
    /// No connection.
    #[error("{origin} cannot be reached: {reason}")]
    Unreachable {
        /// The registry, its token server, or the target of a redirect.
        origin: String,
        /// Why.
        reason: OutboundError,
    },
    /// The connection broke off, or the response is not HTTP.
    #[error("{origin} broke off while {what} was read or written: {reason}")]
    Broken {
        /// The server's origin.
        origin: String,
        /// The part that was read or written.
        what: Phrase,
        /// Why.
        reason: String,
    },
    /// The time is over.
    #[error("the registry took longer than the {0} s that it has")]
    Time(u64),
    /// It is not there.
    #[error("{0} is not in the registry, or these credentials may not read it")]
    Absent(Phrase),
    /// A response with an unexpected status.
    #[error("the registry answered for {what} with HTTP status {status}{said}")]
    Status {
        /// The part that was requested.
        what: Phrase,
        /// The status.
        status: u16,
        /// The response's error text, shortened, or empty.
        said: String,
    },
    /// Larger than the limit, or than was announced.
    #[error("{what} has {size} bytes or more, expected were at most {limit}")]
    TooLarge {
        /// The part that is too large.
        what: Phrase,
        /// Its size as announced, or as read so far.
        size: u64,
        /// The bound.
        limit: u64,
    },
    /// Fewer bytes than were announced.
    #[error("{what} has {size} bytes, expected were {expected}: the registry sent a part of it")]
    Truncated {
        /// The part that is too short.
        what: Phrase,
        /// The size received.
        size: u64,
        /// The size in the descriptor.
        expected: u64,
    },
    /// Other bytes than the digest names.
    #[error(
        "{what} has the digest {found}, expected was {expected}: the registry sent other bytes"
    )]
    OtherBytes {
        /// The part that differs.
        what: Phrase,
        /// The requested digest.
        expected: String,
        /// The digest of the bytes received.
        found: String,
    },
    /// A redirect that is not followed.
    #[error("the redirect of {what} is not followed: {reason}")]
    Redirect {
        /// The part whose request was redirected.
        what: Phrase,
        /// Why.
        reason: Phrase,
    },
    /// A document that is not valid.
    #[error("{what} cannot be used: {reason}")]
    Malformed {
        /// The document.
        what: Phrase,
        /// Why.
        reason: Phrase,
    },
    /// The artifact has no manifest of a plugin.
    #[error(
        "the artifact has no manifest of a plugin among its referrers: it was published by other means, or copied without its referrers. Allow unsigned plugins to take the component alone"
    )]
    NoManifest,
    /// The manifest belongs to another component.
    #[error(
        "the plugin's manifest is for the component {expected}, the artifact has {found}: they do not belong together"
    )]
    OtherComponent {
        /// By the manifest.
        expected: String,
        /// By the artifact.
        found: String,
    },
    /// Provenance was required to verify, and does not.
    #[error("the provenance is not verified: {0}")]
    Provenance(Phrase),
    /// Another document is attached to the artifact already.
    #[error(
        "another {what} is attached to {artifact} already, and hosts go on reading that one: a published version does not change. Raise the version, and publish that"
    )]
    AttachedOther {
        /// Which document.
        what: String,
        /// The artifact's digest.
        artifact: String,
    },
    /// The tag names another artifact already.
    #[error(
        "{tag} is there already, as {found}: a published version does not change. Raise the version, or replace it by --replace"
    )]
    TagTaken {
        /// The tag.
        tag: String,
        /// The digest that it names.
        found: String,
    },
    /// A file or folder of this machine.
    #[error("{path}: {reason}")]
    File {
        /// Its path.
        path: String,
        /// Why.
        reason: Phrase,
    },
    /// The package is refused by the host's own checks.
    #[error(transparent)]
    Load(#[from] LoadError),
}

impl RegistryError {
    /// The message. Text from a registry is marked as the registry's.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Reference(why) | Self::Credentials(why) => why.clone(),
            Self::Settings(error) => error.phrase(),
            Self::Unreachable { origin, reason } => {
                let reason = reason.phrase();
                phrase!("registry-dial", of self, origin = origin, reason = reason)
            }
            Self::Broken { origin, what, .. } => {
                phrase!("registry-broken", of self, origin = origin, what = what)
            }
            Self::Time(seconds) => phrase!("registry-seconds", of self, seconds = *seconds),
            Self::Absent(what) => phrase!("registry-no-part", of self, what = what),
            Self::Status { what, status, said } => {
                let status = u64::from(*status);
                match said.strip_prefix(": ") {
                    Some(said) => phrase!(
                        "registry-status-said", of self,
                        what = what, status = status, said = said
                    ),
                    None => phrase!("registry-status", of self, what = what, status = status),
                }
            }
            Self::TooLarge { what, size, limit } => phrase!(
                "registry-size", of self,
                what = what, size = *size, limit = *limit
            ),
            Self::Truncated {
                what,
                size,
                expected,
            } => phrase!(
                "registry-truncated", of self,
                what = what, size = *size, expected = *expected
            ),
            Self::OtherBytes {
                what,
                expected,
                found,
            } => phrase!(
                "registry-other-bytes", of self,
                what = what, expected = expected, found = found
            ),
            Self::Redirect { what, reason } => {
                phrase!("registry-redirect", of self, what = what, reason = reason)
            }
            Self::Malformed { what, reason } => {
                phrase!("registry-malformed", of self, what = what, reason = reason)
            }
            Self::NoManifest => phrase!("registry-bare", of self),
            Self::OtherComponent { expected, found } => phrase!(
                "registry-other-component", of self,
                expected = expected, found = found
            ),
            Self::Provenance(why) => phrase!("registry-unproved", of self, why = why),
            Self::AttachedOther { what, artifact } => phrase!(
                "registry-attached-other", of self,
                what = what, artifact = artifact
            ),
            Self::TagTaken { tag, found } => {
                phrase!("registry-tag-taken", of self, tag = tag, found = found)
            }
            Self::File { path, reason } => {
                phrase!("registry-file", of self, path = path, reason = reason)
            }
            Self::Load(error) => error.phrase(),
        }
    }

    pub(crate) fn malformed(what: Phrase, reason: Phrase) -> Self {
        Self::Malformed { what, reason }
    }

    /// A document that is not JSON, or has other JSON than expected.
    pub(crate) fn no_json(what: Phrase, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let reason = match error.classify() {
            serde_json::error::Category::Data => {
                phrase!("json-other", of error, line = line, column = column)
            }
            _ => phrase!("json-syntax", of error, line = line, column = column),
        };
        Self::Malformed { what, reason }
    }

    pub(crate) fn file(path: &std::path::Path, reason: Phrase) -> Self {
        Self::File {
            path: path.display().to_string(),
            reason,
        }
    }

    /// An I/O error on a file.
    pub(crate) fn io(path: &std::path::Path, error: &std::io::Error) -> Self {
        let reason = match error.kind() {
            std::io::ErrorKind::NotFound => phrase!("file-absent", of error),
            std::io::ErrorKind::PermissionDenied => phrase!("file-denied", of error),
            _ => phrase!("file-failed", of error, said = error.to_string()),
        };
        Self::file(path, reason)
    }
}

/// A reason that the command line alone shows, in English.
pub(crate) fn english(text: impl Into<String>) -> Phrase {
    Phrase::verbatim(text)
}

/// A server's text for an error: short, on one line, without invisible characters.
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
