//! Signature of a manifest: detached, by minisign, over its exact bytes.
//!
//! | the signature | where unsigned plugins are refused | where they are allowed |
//! |---|---|---|
//! | verifies under a trusted key | taken, signer named | the same |
//! | by a key that is not trusted | refused, the key's id named | taken as unsigned |
//! | missing | refused | taken as unsigned |
//! | by a trusted key, and does not verify | refused | refused |
//! | by a trusted key in minisign's legacy mode, or no signature at all by its form | refused | refused |
//!
//! The legacy mode signs the file itself and not its hash; minisign 0.11 makes such signatures only with
//! `-l`, and this format never had any, so there is nothing to stay compatible with.

use auth_connector_egress::{Phrase, phrase};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use minisign_verify::{Error, PublicKey, Signature};
use std::fmt;

/// The largest signature file, in bytes. minisign's own cap on the trusted comment is 8 KiB.
pub(crate) const SIGNATURE_BYTES: u64 = 16 << 10;

/// The identity that minisign gives a key. `Display` is what minisign prints: hexadecimal, without leading zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}", u64::from_le_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key whose signatures are accepted.
/// `Display` is the line that minisign shows, which [`TrustedKey::parse`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    key: PublicKey,
    id: KeyId,
    line: String,
}

impl fmt::Display for TrustedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)
    }
}

/// A text is not a public key of minisign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a public key of minisign: {0}. Give the 56 characters that begin with RW, or the whole of the file minisign.pub"
)]
pub struct KeyError(Phrase);

impl KeyError {
    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        phrase!("key", of self, why = &self.0)
    }
}

impl TrustedKey {
    /// Reads a key: the line that minisign shows, or the text of `minisign.pub` with its comment.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        const COMMENT: &str = "untrusted comment:";
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with(COMMENT));
        let line = lines
            .next()
            .ok_or_else(|| KeyError(phrase!("key-none", "there is no key in it")))?;
        if lines.next().is_some() {
            return Err(KeyError(phrase!(
                "key-several",
                "there is more than one key in it"
            )));
        }
        let undecoded = || KeyError(phrase!("key-undecoded", "it cannot be decoded"));
        let key = PublicKey::from_base64(line).map_err(|_| undecoded())?;
        let id = key_id(line).ok_or_else(undecoded)?;
        Ok(Self {
            key,
            id,
            line: line.to_owned(),
        })
    }

    /// Its identity, as minisign prints it.
    pub const fn id(&self) -> KeyId {
        self.id
    }
}

/// Signer of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The identity of the trusted key.
    pub key: KeyId,
    /// The trusted key itself, as [`TrustedKey`] displays it: an identity is 64 bits that the key's maker chose.
    pub public_key: String,
    /// The signer's comment, signed as well: by default the time and the file's name.
    pub trusted_comment: String,
}

/// A manifest is not signed as required.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// There is no signature.
    #[error(
        "the manifest is not signed: expected was its signature by a trusted key, in a file of the same name with .minisig. Sign it by `minisign -Sm manifest.json`, or allow unsigned plugins"
    )]
    Missing,
    /// The file is not a signature.
    #[error(
        "the manifest's signature is not one of minisign: {0}. Sign the manifest again by `minisign -Sm manifest.json`"
    )]
    Malformed(Phrase),
    /// The key that signed is not trusted.
    #[error(
        "the manifest is signed by the key {id}, which is not trusted; trusted {}. Get the publisher's key by another way than the plugin, and trust it if its id is this one", names(.trusted)
    )]
    UnknownKey {
        /// The key that signed.
        id: KeyId,
        /// The trusted ones.
        trusted: Vec<KeyId>,
    },
    /// The signature is in the legacy mode.
    #[error(
        "the manifest's signature by the key {0} is in minisign's legacy mode, which is not accepted. Sign it again without -l"
    )]
    Legacy(KeyId),
    /// The key is trusted and the signature does not fit.
    #[error(
        "the manifest does not fit its signature by the key {0}: one of them was changed. Get both again from the publisher"
    )]
    Invalid(KeyId),
}

impl SignatureError {
    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        match self {
            Self::Missing => phrase!("signature-missing", of self),
            Self::Malformed(why) => phrase!("signature-malformed", of self, why = why),
            Self::UnknownKey { id, trusted } if trusted.is_empty() => {
                phrase!("signature-no-key", of self, id = id.to_string())
            }
            Self::UnknownKey { id, trusted } => {
                let trusted = joined(trusted);
                phrase!("signature-other-key", of self, id = id.to_string(), trusted = trusted)
            }
            Self::Legacy(id) => phrase!("signature-legacy", of self, id = id.to_string()),
            Self::Invalid(id) => phrase!("signature-invalid", of self, id = id.to_string()),
        }
    }
}

/// Verifies a signature over these exact bytes. `Ok(None)` where unsigned is allowed and no trusted key signed.
pub(crate) fn verify(
    manifest: &[u8],
    signature: Option<&[u8]>,
    keys: &[TrustedKey],
    allow_unsigned: bool,
) -> Result<Option<Signer>, SignatureError> {
    let Some(file) = signature else {
        return if allow_unsigned {
            Ok(None)
        } else {
            Err(SignatureError::Missing)
        };
    };
    let malformed = SignatureError::Malformed;
    if file.len() as u64 > SIGNATURE_BYTES {
        return Err(malformed(phrase!(
            "signature-long",
            "it is longer than 16 KiB"
        )));
    }
    let text = std::str::from_utf8(file)
        .map_err(|_| malformed(phrase!("signature-no-text", "it is not text")))?;
    let signature = Signature::decode(text).map_err(|_| {
        malformed(phrase!(
            "signature-lines",
            "its four lines cannot be decoded"
        ))
    })?;
    let id = text
        .lines()
        .nth(1)
        .and_then(key_id)
        .ok_or_else(|| malformed(phrase!("signature-unnamed", "it names no key")))?;
    let mut known = keys.iter().filter(|key| key.id == id).peekable();
    if known.peek().is_none() {
        return if allow_unsigned {
            Ok(None)
        } else {
            Err(SignatureError::UnknownKey {
                id,
                trusted: keys.iter().map(|key| key.id).collect(),
            })
        };
    }
    let mut refusal = SignatureError::Invalid(id);
    // An id is 64 bits that the key's maker chose, so two keys may share one.
    for key in known {
        match key.key.verify(manifest, &signature, false) {
            Ok(()) => {
                return Ok(Some(Signer {
                    key: id,
                    public_key: key.line.clone(),
                    trusted_comment: signature.trusted_comment().to_owned(),
                }));
            }
            Err(Error::UnexpectedAlgorithm) => refusal = SignatureError::Legacy(id),
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn names(keys: &[KeyId]) -> String {
    match keys.len() {
        0 => "is no key at all".to_owned(),
        1 => format!("is {}", joined(keys)),
        _ => format!("are {}", joined(keys)),
    }
}

fn joined(keys: &[KeyId]) -> String {
    let ids: Vec<String> = keys.iter().map(KeyId::to_string).collect();
    ids.join(", ")
}

/// The identity in a key or a signature: bytes 2 to 10 of what the line encodes in Base64.
fn key_id(line: &str) -> Option<KeyId> {
    // Sixteen characters hold twelve bytes.
    let bytes = BASE64_STANDARD.decode(line.get(..16)?).ok()?;
    bytes.get(2..10)?.try_into().ok().map(KeyId)
}

#[cfg(test)]
mod tests;
