//! What a signature computes: SHA-256, HMAC over it, hexadecimal digits.
//!
//! A package of its own because cargo chooses between speed and size for each package, and these few functions are
//! most of what a send executes. They are generic in their crates, so they are compiled here and not there; for size,
//! as the rest of the component is, they take three times the fuel.
#![no_std]

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A block of SHA-256, in bytes: the longest key that HMAC takes as it is.
const BLOCK: usize = 64;

/// A hash or an authentication code.
pub type Output = [u8; 32];

/// SHA-256.
#[must_use]
#[inline(never)]
pub fn sha256(bytes: &[u8]) -> Output {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA256 with a key of any length. RFC 2104 hashes keys longer than a block and pads shorter ones; doing
/// that here makes the call infallible, where `new_from_slice` returns an error that never happens.
#[must_use]
#[inline(never)]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Output {
    let mut block = [0; BLOCK];
    match block.get_mut(..key.len()) {
        Some(start) => start.copy_from_slice(key),
        None => {
            if let Some(start) = block.first_chunk_mut() {
                *start = sha256(key);
            }
        }
    }
    let mut code = Hmac::<Sha256>::new(&block.into());
    code.update(message);
    code.finalize().into_bytes().into()
}

/// The digits of an output, in lower case.
///
/// # Examples
/// ```
/// use connector_digests::{Digits, sha256};
///
/// let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(Digits::of(&sha256(b"")).as_str(), empty);
/// ```
#[derive(Clone, Copy)]
pub struct Digits([u8; 64]);

impl Digits {
    /// Two digits for each byte.
    #[must_use]
    #[inline(never)]
    pub fn of(output: &Output) -> Self {
        let mut digits = [b'0'; 64];
        // It fails for another number of digits only.
        let _ = hex::encode_to_slice(output, &mut digits);
        Self(digits)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}
