//! Provenance: an in-toto statement in a Sigstore bundle, verified offline by a key of P-256.
//!
//! A bundle by an identity (keyless) has a certificate and an entry of a transparency log in place of a key. It is
//! read, and not verified: docs/plugins.md names programs that verify it.

use crate::error::legible;
use crate::{Digest, RegistryError, media};
use auth_connector_egress::{Phrase, phrase};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use serde_json::Value;

/// The head of a public key of P-256 in DER (RFC 5480), before its 65 bytes.
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://slsa.dev/provenance/v1";

/// A public key that verifies provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenanceKey(Vec<u8>);

impl ProvenanceKey {
    /// Reads a key as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    ///
    /// When it is not a P-256 key.
    pub fn from_pem(text: &[u8]) -> Result<Self, RegistryError> {
        let wrong = || {
            RegistryError::Provenance(phrase!(
                "provenance-key",
                "expected was a public key of P-256 in PEM, as `openssl pkey -pubout` writes it"
            ))
        };
        let der = SubjectPublicKeyInfoDer::from_pem_slice(text).map_err(|_| wrong())?;
        let point = der.as_ref().strip_prefix(&SPKI_HEAD).ok_or_else(wrong)?;
        if point.len() != 65 {
            return Err(wrong());
        }
        Ok(Self(point.to_vec()))
    }
}

/// Claims of a statement about a build. Texts of the publisher, short and without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The builder's id.
    pub builder: String,
    /// The repository.
    pub source: Option<String>,
    /// The commit.
    pub revision: Option<String>,
}

/// Returns the claims of a bundle about one of these digests. With a key, the bundle's signature must verify. `dist`
/// names the component; GitHub's attester names the artifact's manifest, because that is its input.
pub(crate) fn read(
    bundle: &[u8],
    about: &[&Digest],
    key: Option<&ProvenanceKey>,
) -> Result<Claims, Phrase> {
    let bundle: Value = serde_json::from_slice(bundle)
        .map_err(|_| phrase!("provenance-bundle", "the bundle is not JSON"))?;
    if text(&bundle, "/mediaType") != Some(media::BUNDLE) {
        return Err(phrase!(
            "provenance-media",
            "the bundle is not {expected}",
            expected = media::BUNDLE
        ));
    }
    let kind = text(&bundle, "/dsseEnvelope/payloadType").unwrap_or_default();
    if kind != STATEMENT_TYPE {
        return Err(phrase!(
            "provenance-kind",
            "the bundle holds no in-toto statement"
        ));
    }
    let payload = text(&bundle, "/dsseEnvelope/payload")
        .and_then(|text| BASE64_STANDARD.decode(text).ok())
        .ok_or_else(|| phrase!("provenance-payload", "the statement cannot be decoded"))?;
    if let Some(key) = key {
        let signatures = bundle.pointer("/dsseEnvelope/signatures");
        let signatures = signatures
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        let signed = signed_bytes(kind, &payload);
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.0);
        let is_signed = signatures.iter().take(8).any(|entry| {
            let signature = text(entry, "/sig").and_then(|text| BASE64_STANDARD.decode(text).ok());
            signature.is_some_and(|signature| public.verify(&signed, &signature).is_ok())
        });
        if !is_signed {
            let is_keyless = bundle.pointer("/verificationMaterial/publicKey").is_none();
            return Err(if is_keyless {
                phrase!(
                    "provenance-keyless",
                    "it is signed by an identity and not by a key, which is not verified here"
                )
            } else {
                phrase!(
                    "provenance-signature",
                    "its signature is not by the key that was given"
                )
            });
        }
    }
    let statement: Value = serde_json::from_slice(&payload)
        .map_err(|_| phrase!("provenance-statement", "the statement is not JSON"))?;
    claims(&statement, about)
}

fn claims(statement: &Value, about: &[&Digest]) -> Result<Claims, Phrase> {
    if text(statement, "/_type") != Some(STATEMENT)
        || text(statement, "/predicateType") != Some(PREDICATE)
    {
        return Err(phrase!(
            "provenance-type",
            "the statement is not SLSA's provenance, version 1"
        ));
    }
    let subjects = statement.pointer("/subject").and_then(Value::as_array);
    let is_subject = |subject: &Value| {
        let digest = text(subject, "/digest/sha256");
        about.iter().any(|about| digest == Some(about.hex()))
    };
    if !subjects.is_some_and(|subjects| subjects.iter().any(is_subject)) {
        return Err(phrase!(
            "provenance-other",
            "the statement is about another component"
        ));
    }
    let builder = text(statement, "/predicate/runDetails/builder/id").unwrap_or_default();
    let dependencies = statement.pointer("/predicate/buildDefinition/resolvedDependencies");
    let source = dependencies.and_then(Value::as_array).and_then(|all| {
        all.iter()
            .find(|entry| entry.pointer("/digest/gitCommit").is_some())
    });
    let of_source = |pointer: &str| source.and_then(|entry| text(entry, pointer)).map(legible);
    Ok(Claims {
        builder: legible(builder),
        source: of_source("/uri"),
        revision: of_source("/digest/gitCommit"),
    })
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// DSSE's pre-authentication encoding.
fn signed_bytes(kind: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

#[cfg(test)]
mod tests;
