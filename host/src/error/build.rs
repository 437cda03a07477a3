//! Mistakes in the settings of a host.

use auth_connector_egress::{NetworkError, OriginError, Phrase, phrase};
use std::path::PathBuf;

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
    /// The error's text.
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
