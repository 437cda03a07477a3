//! Digest: SHA-256, the algorithm that every registry has.

use crate::RegistryError;
use auth_connector_egress::{foreign, phrase};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// `sha256:` and 64 hexadecimal digits in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// Reads a digest.
    ///
    /// # Errors
    ///
    /// On another algorithm, length or case.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        match text.strip_prefix("sha256:") {
            Some(hex) if hex.len() == 64 && hex.bytes().all(is_hex) => Ok(Self(hex.to_owned())),
            _ => Err(RegistryError::Reference(phrase!(
                "digest-form",
                "\"{found}\" is no digest: expected were sha256: and 64 hexadecimal digits in lower case",
                found = foreign(text, 80)
            ))),
        }
    }

    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        &self.0
    }

    /// The tag under which registries without a referrers API keep the list of referrers.
    pub(crate) fn fallback_tag(&self) -> String {
        format!("sha256-{}", self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_sha256_in_lower_case() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::parse(empty).unwrap(), Digest::of(b""));
        assert_eq!(Digest::of(b"").to_string(), empty);
        for wrong in [
            "",
            "sha256:",
            "sha512:00",
            &empty.to_uppercase(),
            empty.trim_end_matches('5'),
            &format!("{empty}0"),
        ] {
            assert!(Digest::parse(wrong).is_err(), "{wrong}");
        }
    }
}
