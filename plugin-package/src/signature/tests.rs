//! Signatures as they come from publishers, from mistakes and from attackers.

use super::*;
use minisign::KeyPair;
use std::io::Cursor;

/// Signatures by minisign 0.11 itself, in its usual mode and in its legacy one.
const TOOL_KEY: &str = include_str!("../../tests/vectors/minisign/minisign.pub");
const TOOL_MANIFEST: &[u8] = include_bytes!("../../tests/vectors/minisign/manifest.json");
const TOOL_SIGNATURE: &[u8] = include_bytes!("../../tests/vectors/minisign/manifest.json.minisig");
const TOOL_LEGACY: &[u8] = include_bytes!("../../tests/vectors/minisign/legacy.minisig");
/// As the tool printed it.
const TOOL_ID: &str = "EC2A0F815844DC3";

fn key() -> (KeyPair, TrustedKey) {
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let trusted = TrustedKey::parse(&pair.pk.to_base64()).unwrap();
    (pair, trusted)
}

fn sign(pair: &KeyPair, manifest: &[u8], comment: &str) -> Vec<u8> {
    let signed = minisign::sign(None, &pair.sk, Cursor::new(manifest), Some(comment), None);
    signed.unwrap().into_string().into_bytes()
}

/// The trusted comment and the id of the key are returned.
#[test]
fn signature_of_real_tool_verifies_and_names_signer() {
    let key = TrustedKey::parse(TOOL_KEY).unwrap();
    assert_eq!(key.id().to_string(), TOOL_ID);
    let signer = verify(TOOL_MANIFEST, Some(TOOL_SIGNATURE), &[key], false)
        .unwrap()
        .unwrap();
    assert_eq!(signer.key.to_string(), TOOL_ID);
    assert_eq!(signer.trusted_comment, "example-sms 1.4.0");
}

#[test]
fn the_tools_legacy_mode_is_refused_and_named() {
    let key = TrustedKey::parse(TOOL_KEY).unwrap();
    for allow_unsigned in [false, true] {
        let error = verify(
            TOOL_MANIFEST,
            Some(TOOL_LEGACY),
            std::slice::from_ref(&key),
            allow_unsigned,
        );
        let line = error.unwrap_err().to_string();
        assert!(
            line.contains("legacy mode") && line.contains(TOOL_ID),
            "{line}"
        );
    }
}

/// A manifest or signature with one byte changed anywhere does not verify.
#[test]
fn changed_byte_in_manifest_or_signature_fails() {
    let keys = [TrustedKey::parse(TOOL_KEY).unwrap()];
    for place in 0..TOOL_MANIFEST.len() {
        let mut changed = TOOL_MANIFEST.to_vec();
        changed[place] ^= 1;
        let outcome = verify(&changed, Some(TOOL_SIGNATURE), &keys, true);
        assert!(
            matches!(outcome, Err(SignatureError::Invalid(_))),
            "{place}"
        );
    }
    // The first line is a comment that is not signed.
    let signed = TOOL_SIGNATURE.iter().position(|b| *b == b'\n').unwrap() + 1;
    for place in signed..TOOL_SIGNATURE.len() {
        let mut changed = TOOL_SIGNATURE.to_vec();
        changed[place] ^= 1;
        let outcome = verify(TOOL_MANIFEST, Some(&changed), &keys, false);
        // The last line end may become another character, which is not Base64.
        assert!(outcome.is_err(), "{place}: {outcome:?}");
    }
}

#[test]
fn unsigned_manifest_is_refused_unless_allowed() {
    let (_, trusted) = key();
    let keys = [trusted];
    let error = verify(b"{}", None, &keys, false).unwrap_err();
    assert_eq!(error, SignatureError::Missing);
    assert!(error.to_string().contains("minisign -Sm manifest.json"));
    assert_eq!(verify(b"{}", None, &keys, true), Ok(None));
}

#[test]
fn untrusted_key_is_named_beside_trusted_ones() {
    let ((pair, stranger), (_, first), (_, second)) = (key(), key(), key());
    let signature = sign(&pair, b"{}", "");
    let refused = |keys: &[TrustedKey]| {
        verify(b"{}", Some(&signature), keys, false)
            .unwrap_err()
            .to_string()
    };
    let line = refused(&[first.clone(), second.clone()]);
    for id in [stranger.id(), first.id(), second.id()] {
        assert!(line.contains(&id.to_string()), "{line}");
    }
    assert!(refused(&[]).contains("is no key at all"));
    assert_eq!(verify(b"{}", Some(&signature), &[first], true), Ok(None));
}

/// A signature that a trusted key did not make is refused even where unsigned is allowed.
#[test]
fn forged_signature_is_refused_where_unsigned_is_allowed() {
    let (pair, trusted) = key();
    let signature = sign(&pair, b"{\"a\":1}", "");
    for allow_unsigned in [false, true] {
        let outcome = verify(
            b"{\"a\":2}",
            Some(&signature),
            std::slice::from_ref(&trusted),
            allow_unsigned,
        );
        assert_eq!(outcome, Err(SignatureError::Invalid(trusted.id())));
    }
}

#[test]
fn a_trusted_comment_cannot_be_exchanged() {
    let (pair, trusted) = key();
    let text = String::from_utf8(sign(&pair, b"{}", "version 1")).unwrap();
    let changed = text.replace("version 1", "version 2");
    assert_ne!(text, changed);
    let outcome = verify(b"{}", Some(changed.as_bytes()), &[trusted], false);
    assert!(matches!(outcome, Err(SignatureError::Invalid(_))));
}

#[test]
fn malformed_signature_is_distinct_from_invalid_one() {
    let (pair, trusted) = key();
    let good = sign(&pair, b"{}", "");
    let keys = [trusted];
    let long = [good.as_slice(), &[b'\n'; 20_000]].concat();
    let cut = &good[..good.len() / 2];
    for bad in [b"".as_slice(), b"# hello", b"\xff\xfe", cut, &long] {
        let outcome = verify(b"{}", Some(bad), &keys, true);
        assert!(
            matches!(outcome, Err(SignatureError::Malformed(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn key_parses_as_line_or_tool_file() {
    let line = TOOL_KEY.lines().nth(1).unwrap();
    let crlf = TOOL_KEY.replace('\n', "\r\n");
    for text in [line, TOOL_KEY, &crlf, &format!("  {line}\n\n")] {
        assert_eq!(TrustedKey::parse(text).unwrap().id().to_string(), TOOL_ID);
    }
    for text in [
        "",
        "untrusted comment: minisign public key",
        line.split_at(1).1,
        &format!("{line}\n{line}"),
        "RWTDTYQV",
        std::str::from_utf8(TOOL_SIGNATURE).unwrap(),
    ] {
        let error = TrustedKey::parse(text).unwrap_err().to_string();
        assert!(error.contains("begin with RW"), "{error}");
    }
}

/// An id is 64 bits that the key's maker chose.
#[test]
fn key_that_verified_is_named_among_keys_of_one_id() {
    let ((pair, real), (other, _)) = (key(), key());
    let id = BASE64_STANDARD.decode(pair.pk.to_base64()).unwrap();
    let mut bytes = BASE64_STANDARD.decode(other.pk.to_base64()).unwrap();
    bytes[2..10].copy_from_slice(&id[2..10]);
    let twin = TrustedKey::parse(&BASE64_STANDARD.encode(bytes)).unwrap();
    assert_eq!(twin.id(), real.id());
    let signature = sign(&pair, b"manifest", "release");
    for keys in [[twin.clone(), real.clone()], [real.clone(), twin]] {
        let signer = verify(b"manifest", Some(&signature), &keys, false);
        assert_eq!(signer.unwrap().unwrap().public_key, real.to_string());
    }
}
