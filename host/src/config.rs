//! A connector's config, which holds secrets.

use crate::contract::CONFIG_BYTES;
use crate::error::HostFault;
use auth_connector_redaction::SecretText;
use std::fmt;
use std::sync::Arc;

/// An operator's config for one connector: JSON text with secrets in it.
///
/// At most [`CONFIG_BYTES`], or the host refuses it, and 16 levels deep, or the connector does. `Debug` shows the length
/// alone. Keep one for as long as it is used: its secrets, which have to be kept out of errors, are collected once for
/// it and its clones.
#[derive(Clone)]
pub struct Config(Arc<SecretText>);

impl Config {
    /// Takes JSON text as it is; the connector checks it.
    pub fn new(json: impl Into<Box<str>>) -> Self {
        Self(Arc::new(SecretText::new(json)))
    }

    /// The text, secrets included.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    pub(crate) fn text(&self) -> &SecretText {
        &self.0
    }

    /// The fault of a config that is longer than the contract allows.
    pub(crate) fn too_long(&self) -> Option<HostFault> {
        let bytes = self.expose().len();
        (bytes > CONFIG_BYTES).then_some(HostFault::ConfigTooLong {
            bytes,
            limit: CONFIG_BYTES,
        })
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Config {}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Config({} bytes)", self.expose().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_length_alone() {
        let shown = format!("{:?}", Config::new(r#"{"key":"s3cret"}"#));
        assert_eq!(shown, "Config(16 bytes)");
    }
}
