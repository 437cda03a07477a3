//! Tests of a bundle that openssl signed, and of altered copies.

use super::*;

/// Made by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` and `openssl pkey -pubout`.
const KEY: &[u8] = include_bytes!("../../tests/vectors/provenance.pub");

/// A statement about the eight bytes of an empty component, signed by `openssl dgst -sha256 -sign`: see
/// `tests/vectors/make.sh`.
const BUNDLE: &str = include_str!("../../tests/vectors/provenance.sigstore.json");

fn component() -> Digest {
    Digest::of(b"\0asm\x0d\0\x01\0")
}

fn key() -> ProvenanceKey {
    ProvenanceKey::from_pem(KEY).unwrap()
}

#[test]
fn bundle_signed_by_openssl_is_verified() {
    let claims = read(BUNDLE.as_bytes(), &[&component()], Some(&key())).unwrap();
    assert_eq!(claims.builder, "urn:example:builder");
    assert_eq!(claims.revision.as_deref(), Some("0123456789abcdef"));
    assert_eq!(
        claims.source.as_deref(),
        Some("git+https://example.com/acme.git@0123456789abcdef")
    );
}

#[test]
fn changed_statement_passes_only_without_key() {
    let mut bundle: Value = serde_json::from_str(BUNDLE).unwrap();
    let payload = text(&bundle, "/dsseEnvelope/payload").unwrap();
    let statement = String::from_utf8(BASE64_STANDARD.decode(payload).unwrap()).unwrap();
    let forged = statement.replace("urn:example:builder", "urn:example:another");
    bundle["dsseEnvelope"]["payload"] = BASE64_STANDARD.encode(forged).into();
    let bundle = bundle.to_string();
    let error = read(bundle.as_bytes(), &[&component()], Some(&key())).unwrap_err();
    assert!(error.english().contains("not by the key"), "{error}");
    let claims = read(bundle.as_bytes(), &[&component()], None).unwrap();
    assert_eq!(claims.builder, "urn:example:another");
}

#[test]
fn statement_about_another_component_is_refused() {
    let error = read(BUNDLE.as_bytes(), &[&Digest::of(b"x")], Some(&key())).unwrap_err();
    assert!(error.english().contains("another component"), "{error}");
}

/// GitHub's attester signs by an identity, and is given the digest of the artifact's manifest.
#[test]
fn keyless_bundle_is_read_but_not_verified() {
    let mut bundle: Value = serde_json::from_str(BUNDLE).unwrap();
    bundle["verificationMaterial"] =
        serde_json::json!({"certificate": {"rawBytes": "MAA="}, "tlogEntries": []});
    let payload = text(&bundle, "/dsseEnvelope/payload").unwrap();
    let statement = String::from_utf8(BASE64_STANDARD.decode(payload).unwrap()).unwrap();
    let artifact = Digest::of(b"the artifact's manifest");
    let of_artifact = statement.replace(component().hex(), artifact.hex());
    bundle["dsseEnvelope"]["payload"] = BASE64_STANDARD.encode(of_artifact).into();
    let bundle = bundle.to_string();
    let about = [&component(), &artifact];
    let claims = read(bundle.as_bytes(), &about, None).unwrap();
    assert_eq!(claims.builder, "urn:example:builder");
    let error = read(bundle.as_bytes(), &about, Some(&key())).unwrap_err();
    assert!(
        error.english().contains("by an identity and not by a key"),
        "{error}"
    );
    assert!(read(bundle.as_bytes(), &about[..1], None).is_err());
}

#[test]
fn another_kind_of_envelope_is_refused() {
    for (pointer, value) in [
        ("/mediaType", "application/json"),
        ("/dsseEnvelope/payloadType", "text/plain"),
        ("/dsseEnvelope/payload", "!"),
    ] {
        let mut bundle: Value = serde_json::from_str(BUNDLE).unwrap();
        *bundle.pointer_mut(pointer).unwrap() = value.into();
        assert!(
            read(bundle.to_string().as_bytes(), &[&component()], None).is_err(),
            "{pointer}"
        );
    }
    assert!(read(b"{", &[&component()], None).is_err());
}

#[test]
fn key_of_another_kind_is_refused() {
    assert!(ProvenanceKey::from_pem(b"RWQ").is_err());
    let private = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    assert!(
        ProvenanceKey::from_pem(private.as_bytes()).is_err(),
        "Ed25519"
    );
}
