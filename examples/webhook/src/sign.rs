//! Signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and body.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>, "Signature
//! scheme" and "Webhook headers".

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Prefix that marks a text as a secret of this kind. Optional.
pub const PREFIX: &str = "whsec_";

/// The fewest bytes of a secret that the specification allows.
const MIN_KEY_BYTES: usize = 24;

/// The most keys of a config: the new one, and the old one until every receiver has the new one.
const MAX_KEYS: usize = 2;

/// The keys that every message is signed with.
pub struct Keys(Vec<Vec<u8>>);

impl Keys {
    /// Reads keys with white space between them; `None` where one is not base64, or there are none or too many.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let key = |text: &str| {
            let base64 = text.strip_prefix(PREFIX).unwrap_or(text);
            let key = STANDARD.decode(base64).ok()?;
            (!key.is_empty()).then_some(key)
        };
        let keys: Vec<Vec<u8>> = text
            .split_ascii_whitespace()
            .map(key)
            .collect::<Option<_>>()?;
        (1..=MAX_KEYS).contains(&keys.len()).then_some(Self(keys))
    }

    /// True if one of them is shorter than the specification requires.
    #[must_use]
    pub fn has_short(&self) -> bool {
        self.0.iter().any(|key| key.len() < MIN_KEY_BYTES)
    }

    /// The value of `webhook-signature`: one signature for each key.
    #[must_use]
    pub fn signature(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let sign = |key: &Vec<u8>| {
            // An HMAC takes keys of every length.
            let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body);
            Some(format!(
                "v1,{}",
                STANDARD.encode(mac.finalize().into_bytes())
            ))
        };
        self.0.iter().filter_map(sign).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the tests of the specification's own libraries (libraries/rust/src/lib.rs, `test_sign`).
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const TIMESTAMP: u64 = 1_649_367_553;
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
    const SIGNATURE: &str = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";

    fn sign(secret: &str) -> String {
        let keys = Keys::parse(secret).expect("keys");
        keys.signature(ID, TIMESTAMP, BODY)
    }

    #[test]
    fn published_vector_is_reproduced_with_and_without_prefix() {
        assert_eq!(sign(SECRET), SIGNATURE);
        assert_eq!(sign(SECRET.trim_start_matches("whsec_")), SIGNATURE);
    }

    #[test]
    fn two_keys_make_two_signatures_in_order() {
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let both = sign(&format!("{SECRET} \n {other}"));
        assert_eq!(both, format!("{SIGNATURE} {}", sign(other)));
        assert_ne!(sign(other), SIGNATURE);
    }

    #[test]
    fn signature_covers_id_timestamp_and_body() {
        let keys = Keys::parse(SECRET).expect("keys");
        for signature in [
            keys.signature("msg_2", TIMESTAMP, BODY),
            keys.signature(ID, TIMESTAMP + 1, BODY),
            keys.signature(ID, TIMESTAMP, b"{}"),
        ] {
            assert_ne!(signature, SIGNATURE);
        }
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        for text in [
            "",
            "whsec_",
            "not base64",
            "whsec_C2F",
            "YWJj YWJj YWJj",
            "whpk_YWJj",
        ] {
            assert!(Keys::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn keys_below_24_bytes_are_short() {
        for (text, is_short) in [
            (SECRET, false),
            ("YWJj", true),
            ("C2FVsBQIhrscChlQIMV+b5sSYspob7o=", true),
        ] {
            assert_eq!(
                Keys::parse(text).map(|keys| keys.has_short()),
                Some(is_short)
            );
        }
    }
}
