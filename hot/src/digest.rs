//! What a signature computes: SHA-256, HMAC over it, hexadecimal digits.

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
/// use connector_hot::digest::{Digits, sha256};
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
        for (pair, byte) in digits.chunks_exact_mut(2).zip(output) {
            two(*byte, pair);
        }
        Self(digits)
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// The two digits of a byte. Not inlined, so that the loop around it stays one: unrolled it takes a kilobyte more.
#[inline(never)]
fn two(byte: u8, digits: &mut [u8]) {
    // It fails for another number of digits only.
    let _ = hex::encode_to_slice([byte], digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1 and B.2, and the edges of padding from Python's `hashlib`.
    #[test]
    fn sha256_of_texts_that_end_around_a_block() {
        let hex = |text: &[u8]| Digits::of(&sha256(text)).as_str().to_owned();
        for (text, expected) in [
            (
                &b"abc"[..],
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            ),
            (
                &[b'a'; 55],
                "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
            ),
            (
                &[b'a'; 56],
                "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
            ),
            (
                &[b'a'; 64],
                "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
            ),
        ] {
            assert_eq!(hex(text), expected);
        }
    }

    /// RFC 4231, test cases 2, 6 and 7, and a key of exactly one block from Python's `hmac`.
    #[test]
    fn hmac_takes_keys_shorter_than_as_long_as_and_longer_than_a_block() {
        let hex =
            |key: &[u8], message: &[u8]| Digits::of(&hmac_sha256(key, message)).as_str().to_owned();
        assert_eq!(
            hex(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            ),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
        assert_eq!(hex(&[0xaa; 64], b"block"), BLOCK_KEY);
        assert_eq!(hex(&[0xaa; 65], b"block"), LONGER_KEY);
    }

    const BLOCK_KEY: &str = "17fdf183abeadb3f439b70ca7d86f064900bd9e62791d5a5b0e6e3cd8db333b1";
    const LONGER_KEY: &str = "ebe41bf697b304869f1e5b200dad9a20c294642d8a91318afc0d99e3192500fb";
}
