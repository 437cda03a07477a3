//! Diagnosis of a signature that does not match: tries variations that real clients produce. The one with the client's
//! signature is the cause.
//!
//! A signature cannot be reversed, but the server has the secret and can sign what the client may have signed: another
//! host, another content type, a body before it was re-encoded, values that were not lower-cased, another key of the
//! catalogue. At most two deviations are combined, a few hundred hashes, and only after a failure.

use super::canonical::{Parts, without_port};
use crate::catalogue::{Catalogue, Credential};
use crate::tc3::{self, SigningKey};

/// Hosts that clients sign when they send to a simulator.
const HOSTS: [&str; 4] = [
    "sms.tencentcloudapi.com",
    "sms.intl.tencentcloudapi.com",
    "sms.internal.tencentcloudapi.com",
    "localhost",
];

/// Content types that clients sign, or that libraries put in their place.
const CONTENT_TYPES: [&str; 5] = [
    "application/json",
    "application/json; charset=utf-8",
    "application/json;charset=utf-8",
    "application/x-www-form-urlencoded",
    "text/plain;charset=utf-8",
];

/// One possible deviation of the client from the server; `None` for no deviation.
struct Deviation<T> {
    value: T,
    cause: Option<String>,
}

fn same<T>(value: T) -> Deviation<T> {
    Deviation { value, cause: None }
}

fn other<T>(value: T, cause: impl Into<String>) -> Deviation<T> {
    Deviation {
        value,
        cause: Some(cause.into()),
    }
}

/// Lines for a developer: the cause, both canonical requests without secret values, the first difference.
pub fn explain(parts: &Parts<'_>, credential: &Credential, catalogue: &Catalogue) -> Vec<String> {
    let hosts = hosts(parts);
    let types = content_types(parts);
    let payloads = payloads(parts);
    let cases = [
        same(true),
        other(false, "header values were signed without lower-casing them"),
    ];
    let keys = keys(parts, credential, catalogue);
    for host in &hosts {
        for content_type in &types {
            for payload in &payloads {
                for case in &cases {
                    for key in &keys {
                        let causes: Vec<&str> = [
                            &host.cause,
                            &content_type.cause,
                            &payload.cause,
                            &case.cause,
                            &key.cause,
                        ]
                        .into_iter()
                        .filter_map(Option::as_deref)
                        .collect();
                        if causes.is_empty() || causes.len() > 2 {
                            continue;
                        }
                        let theirs = parts.canonical(
                            &host.value,
                            &content_type.value,
                            &payload.value.0,
                            case.value,
                        );
                        if parts.signed_by(&key.value, &theirs) {
                            let shown = parts.canonical_shown(
                                &host.value,
                                &content_type.value,
                                &payload.value.1,
                                case.value,
                            );
                            return found(&causes, &parts.ours_shown(), &shown);
                        }
                    }
                }
            }
        }
    }
    let mut lines = vec![
        "no usual mistake reproduces the client's signature. Most likely the SecretKey is not the one of this SecretId, or the body was changed after it was signed".to_owned(),
        "this side hashed:".to_owned(),
    ];
    lines.extend(
        parts
            .ours_shown()
            .split('\n')
            .map(|line| format!("| {line}")),
    );
    lines
}

fn found(causes: &[&str], ours: &str, theirs: &str) -> Vec<String> {
    let mut lines: Vec<String> = causes
        .iter()
        .map(|cause| format!("likely cause: {cause}"))
        .collect();
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        (ours.split('\n').collect(), theirs.split('\n').collect());
    lines.push("the client hashed:".to_owned());
    lines.extend(theirs.iter().map(|line| format!("| {line}")));
    lines.push("this side hashed:".to_owned());
    lines.extend(ours.iter().map(|line| format!("| {line}")));
    match ours
        .iter()
        .zip(&theirs)
        .position(|(ours, theirs)| ours != theirs)
    {
        Some(at) => {
            let line = |lines: &[&str]| lines.get(at).copied().unwrap_or_default().to_owned();
            lines.push(format!(
                "first differing line, {}: client `{}`, this side `{}`",
                at + 1,
                line(&theirs),
                line(&ours)
            ));
        }
        None => lines.push("the canonical requests are the same; the keys differ".to_owned()),
    }
    lines
}

fn hosts(parts: &Parts<'_>) -> Vec<Deviation<String>> {
    let sent = parts.host();
    let mut hosts = vec![same(sent.to_owned())];
    let port = without_port(sent)
        .and_then(|name| sent.strip_prefix(name))
        .unwrap_or_default();
    let mut candidates: Vec<String> = HOSTS.map(str::to_owned).to_vec();
    candidates.extend(["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}{port}")));
    for host in candidates {
        if host != sent {
            let cause = format!("the client signed the host `{host}` and sent `{sent}`");
            hosts.push(other(host, cause));
        }
    }
    hosts
}

fn content_types(parts: &Parts<'_>) -> Vec<Deviation<String>> {
    let sent = parts.content_type();
    let mut types = vec![same(sent.to_owned())];
    for content_type in CONTENT_TYPES {
        if !content_type.eq_ignore_ascii_case(sent.trim()) {
            let cause = format!(
                "the client signed the content type `{content_type}` and sent `{sent}`; HTTP libraries that add a charset do that"
            );
            types.push(other(content_type.to_owned(), cause));
        }
    }
    types
}

/// Payload hashes, each with the description that replaces it.
fn payloads(parts: &Parts<'_>) -> Vec<Deviation<(String, String)>> {
    let body = parts.body();
    let mut payloads = vec![same((parts.payload_hash(), parts.payload_shown()))];
    let mut add = |bytes: &[u8], what: &str| {
        let pair = (tc3::sha256_hex(bytes), format!("<sha256 of {what}>"));
        payloads.push(other(
            pair,
            format!("the client hashed {what} instead of the body that it sent"),
        ));
    };
    if !body.is_empty() {
        add(b"", "an empty body");
    }
    add(
        tc3::UNSIGNED_PAYLOAD.as_bytes(),
        "UNSIGNED-PAYLOAD without saying so in X-TC-Content-SHA256",
    );
    if let Ok(text) = std::str::from_utf8(body) {
        if text.trim() != text {
            add(
                text.trim().as_bytes(),
                "the body without the white space around it",
            );
        }
        add(format!("{text}\n").as_bytes(), "the body and a line feed");
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
            let compact = value.to_string();
            if compact != text {
                add(
                    compact.as_bytes(),
                    "the same JSON written compactly, keys sorted",
                );
            }
        }
    }
    payloads
}

fn keys(
    parts: &Parts<'_>,
    credential: &Credential,
    catalogue: &Catalogue,
) -> Vec<Deviation<SigningKey>> {
    let derive = |secret: &str| SigningKey::new(secret, parts.date(), parts.service());
    let secret = &credential.secret_key;
    let mut keys = vec![
        same(derive(secret)),
        other(
            derive(&format!("{secret} ")),
            "the client's SecretKey has a space at its end",
        ),
        other(
            derive(&format!("{secret}\n")),
            "the client's SecretKey has a line feed at its end",
        ),
        other(
            derive(&format!(" {secret}")),
            "the client's SecretKey has a space before it",
        ),
        other(
            SigningKey::without_prefix(secret, parts.date(), parts.service()),
            "the client derived its key without the prefix `TC3`",
        ),
        other(
            derive(&credential.secret_id),
            "the client signed with the SecretId instead of the SecretKey",
        ),
    ];
    for key in catalogue
        .accounts
        .iter()
        .flat_map(|account| &account.credentials)
    {
        if key.secret_id != credential.secret_id {
            let whose = crate::mask::secret_id(&key.secret_id);
            keys.push(other(
                derive(&key.secret_key),
                format!("the client signed with the SecretKey of another key, {whose}"),
            ));
        }
    }
    keys
}
