//! Signed statement: a DSSE envelope in a Sigstore bundle, version 0.3, by a key and not by an identity.
//!
//! <https://github.com/secure-systems-lab/dsse/blob/master/protocol.md>,
//! <https://docs.sigstore.dev/about/bundle/>. ECDSA over P-256 with SHA-256, the algorithm that all of Sigstore's
//! clients have. The bundle has no entry of a transparency log and no time stamp.
//!
//! `registry/` reads bundles by an implementation of its own, constants included, so that a mistake here is refused there.

use crate::provenance::PAYLOAD_TYPE;
use crate::{Result, json};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The file's name of the bundle beside the component.
pub const FILE: &str = "provenance.sigstore.json";

/// The media type of bundles.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// The head of a public key of P-256 in DER (RFC 5480), in front of its 65 bytes.
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A private key for provenance.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl SigningKey {
    /// Reads a key as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` writes it.
    ///
    /// # Errors
    ///
    /// When it is none. The text is not repeated.
    pub fn from_pem(text: &[u8]) -> Result<Self> {
        const WANTED: &str = "expected was a private key of P-256 in PKCS#8, as `openssl genpkey -algorithm EC \
                              -pkeyopt ec_paramgen_curve:P-256` writes it, without a passphrase";
        let der = PrivatePkcs8KeyDer::from_pem_slice(text).map_err(|_| WANTED.to_owned())?;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_ASN1_SIGNING,
            der.secret_pkcs8_der(),
            &random,
        );
        let pair = pair.map_err(|_| WANTED.to_owned())?;
        Ok(Self { pair, random })
    }

    /// The public key in DER.
    pub fn public_der(&self) -> Vec<u8> {
        [&SPKI_HEAD, self.pair.public_key().as_ref()].concat()
    }

    /// The bundle of a statement.
    ///
    /// # Errors
    ///
    /// When the system has no randomness.
    pub fn bundle(&self, statement: &[u8]) -> Result<Vec<u8>> {
        let signature = self
            .pair
            .sign(&self.random, &pre_authentication(PAYLOAD_TYPE, statement))
            .map_err(|_| "the statement cannot be signed: no randomness.".to_owned())?;
        let hint = BASE64_STANDARD.encode(Sha256::digest(self.public_der()));
        Ok(json::indented(json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "publicKey": {"hint": hint},
                "tlogEntries": [],
                "timestampVerificationData": {"rfc3161Timestamps": []},
            },
            "dsseEnvelope": {
                "payload": BASE64_STANDARD.encode(statement),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": BASE64_STANDARD.encode(signature.as_ref()), "keyid": ""}],
            },
        })))
    }
}

/// DSSE's pre-authentication encoding: what is signed.
fn pre_authentication(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of DSSE's protocol page.
    #[test]
    fn encoding_is_that_of_the_specification() {
        let encoded = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            encoded,
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn invalid_key_is_refused_without_repeating_it() {
        let error = SigningKey::from_pem(b"hunter2").err().unwrap();
        assert!(error.contains("openssl genpkey") && !error.contains("hunter2"));
    }
}
