//! Proofs of origin: signatures over the raw body, and shared secrets. All comparisons take constant time.

use crate::service::ids::{self, NoRandom};
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How far a signature's time may be away, in seconds, both ways: the Standard Webhooks specification and Zitadel's
/// `pkg/actions/signing.go` name five minutes.
const TOLERANCE_S: i64 = 300;

/// The longest validity of a signature with a time, in seconds. One that is made ahead of time is accepted until that
/// time and as long after it. A second more, because times are whole seconds.
pub const SIGNED_S: u32 = 2 * TOLERANCE_S.unsigned_abs() as u32 + 1;

/// The shortest secret, in bytes.
pub const SHORTEST: usize = 8;

/// How requests prove their origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature` (standardwebhooks.com).
    StandardWebhooks,
    /// The same with `svix-` before each.
    Svix,
    /// `ZITADEL-Signature: t=…,v1=…`, keyed with the key's text.
    Zitadel,
    /// A header with the body's HMAC-SHA256 in hexadecimal digits.
    Hmac(String),
    /// An `Authorization` header that is the secret, word for word.
    Authorization,
    /// `Authorization: Bearer` and the secret.
    Bearer,
    /// `Authorization: Basic` with this user and the secret as its password.
    Basic(String),
    /// A header that is the secret.
    Header(String),
}

/// The reason for which a request does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproved {
    /// The proof is missing or does not belong to the body and one of the secrets.
    Wrong,
    /// It is more than five minutes old or ahead.
    Stale,
}

impl Auth {
    /// Reads a setting.
    pub fn parse(text: &str) -> Option<Self> {
        let header = |name: &str| {
            let is_name = !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
            is_name.then(|| name.to_ascii_lowercase())
        };
        match text.split_once(':') {
            None => match text {
                "standard-webhooks" => Some(Self::StandardWebhooks),
                "svix" => Some(Self::Svix),
                "zitadel" => Some(Self::Zitadel),
                "authorization" => Some(Self::Authorization),
                "bearer" => Some(Self::Bearer),
                _ => None,
            },
            Some(("hmac", name)) => header(name).map(Self::Hmac),
            Some(("header", name)) => header(name).map(Self::Header),
            Some(("basic", user)) => (!user.contains(':')).then(|| Self::Basic(user.to_owned())),
            Some(_) => None,
        }
    }

    /// Returns true if a program can set its proof: HTTP sets some headers by itself (RFC 9110, sections 7 and 8).
    pub fn can_be_sent(&self) -> bool {
        const OWN: [&str; 9] = [
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ];
        match self {
            Self::Hmac(name) | Self::Header(name) => !OWN.contains(&name.as_str()),
            _ => true,
        }
    }

    /// A new secret of the required form.
    ///
    /// # Errors
    ///
    /// [`NoRandom`].
    pub fn new_secret(&self) -> Result<String, NoRandom> {
        let random: [u8; 32] = ids::random()?;
        Ok(match self {
            Self::StandardWebhooks => format!("v1,whsec_{}", STANDARD.encode(random)),
            Self::Svix => format!("whsec_{}", STANDARD.encode(random)),
            Self::Authorization => format!("Bearer {}", hex::encode(random)),
            Self::Zitadel | Self::Hmac(_) | Self::Bearer | Self::Basic(_) | Self::Header(_) => {
                hex::encode(random)
            }
        })
    }

    /// Checks the form of a secret. Platforms join several with `|`.
    ///
    /// # Errors
    ///
    /// The expected form.
    pub fn check_secret(&self, secret: &str) -> Result<(), &'static str> {
        match self {
            Self::StandardWebhooks | Self::Svix => match webhook_key(secret) {
                Some(key) if key.len() >= 24 => Ok(()),
                _ => Err("refusal-secret-webhook"),
            },
            _ if secret.len() < SHORTEST => Err("refusal-secret-short"),
            _ if secret.len() > 512 => Err("refusal-secret-long"),
            _ if !secret.bytes().all(|b| (b' '..=b'~').contains(&b)) => {
                Err("refusal-secret-characters")
            }
            _ => Ok(()),
        }
    }

    /// Checks a request against each secret.
    ///
    /// # Errors
    ///
    /// [`Unproved`].
    pub fn check(
        &self,
        secrets: &[Zeroizing<String>],
        headers: &HeaderMap,
        body: &[u8],
        now_s: i64,
    ) -> Result<(), Unproved> {
        let is_any = |proof: &dyn Fn(&str) -> bool| {
            // Every secret is tried, so that the time does not reveal which one it was.
            let found = secrets
                .iter()
                .fold(false, |found, secret| found | proof(secret));
            found.then_some(()).ok_or(Unproved::Wrong)
        };
        match self {
            Self::StandardWebhooks => signed(&is_any, "webhook", headers, body, now_s),
            Self::Svix => signed(&is_any, "svix", headers, body, now_s),
            Self::Zitadel => zitadel(&is_any, headers, body, now_s),
            Self::Hmac(name) => {
                let given = one(headers, name).and_then(|text| hex::decode(text.trim()).ok());
                let given = given.ok_or(Unproved::Wrong)?;
                is_any(&|secret| is_same(&mac(secret.as_bytes(), &[body]), &given))
            }
            Self::Authorization => {
                let given = one(headers, "authorization").ok_or(Unproved::Wrong)?;
                is_any(&|secret| is_same(secret.as_bytes(), given.as_bytes()))
            }
            Self::Bearer => {
                let given = scheme(headers, "bearer").ok_or(Unproved::Wrong)?;
                is_any(&|secret| is_same(secret.as_bytes(), given.as_bytes()))
            }
            Self::Basic(user) => {
                let given = basic(headers).ok_or(Unproved::Wrong)?;
                is_any(&|secret| {
                    let expected = Zeroizing::new(format!("{user}:{secret}"));
                    is_same(expected.as_bytes(), &given)
                })
            }
            Self::Header(name) => {
                let given = one(headers, name).ok_or(Unproved::Wrong)?;
                is_any(&|secret| is_same(secret.as_bytes(), given.as_bytes()))
            }
        }
    }
}

type IsAny<'a> = dyn Fn(&dyn Fn(&str) -> bool) -> Result<(), Unproved> + 'a;

/// Standard Webhooks: HMAC-SHA256 over id, time and body, in base64. Several signatures are separated by spaces; GoTrue
/// joins them with a comma and a space, at which the official Rust and Python verifiers fail.
fn signed(
    is_any: &IsAny<'_>,
    prefix: &str,
    headers: &HeaderMap,
    body: &[u8],
    now_s: i64,
) -> Result<(), Unproved> {
    let part = |name: &str| one(headers, &format!("{prefix}-{name}")).ok_or(Unproved::Wrong);
    let (id, time, signatures) = (part("id")?, part("timestamp")?, part("signature")?);
    let given: Vec<Vec<u8>> = signatures
        .split_ascii_whitespace()
        .filter_map(|token| token.trim_end_matches(',').strip_prefix("v1,"))
        .filter_map(|text| STANDARD.decode(text).ok())
        .collect();
    is_any(&|secret| {
        let Some(key) = webhook_key(secret) else {
            return false;
        };
        let expected = mac(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
        given
            .iter()
            .fold(false, |found, given| found | is_same(&expected, given))
    })?;
    is_fresh(time, now_s)
}

/// A signature by Standard Webhooks; none if the secret has another form.
pub fn sign(secret: &str, id: &str, time_s: i64, body: &[u8]) -> Option<String> {
    let key = webhook_key(secret)?;
    let time = time_s.to_string();
    let mac = mac(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    Some(format!("v1,{}", STANDARD.encode(mac)))
}

fn zitadel(
    is_any: &IsAny<'_>,
    headers: &HeaderMap,
    body: &[u8],
    now_s: i64,
) -> Result<(), Unproved> {
    let header = one(headers, "zitadel-signature").ok_or(Unproved::Wrong)?;
    let parts = || {
        header
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
    };
    let time = parts().find(|(name, _)| *name == "t").map(|(_, time)| time);
    let time = time.ok_or(Unproved::Wrong)?;
    let given: Vec<Vec<u8>> = parts()
        .filter(|(name, _)| *name == "v1")
        .filter_map(|(_, text)| hex::decode(text).ok())
        .collect();
    is_any(&|secret| {
        let expected = mac(secret.as_bytes(), &[time.as_bytes(), b".", body]);
        given
            .iter()
            .fold(false, |found, given| found | is_same(&expected, given))
    })?;
    is_fresh(time, now_s)
}

/// Checked after the signature, so that a forged time reveals nothing.
fn is_fresh(time: &str, now_s: i64) -> Result<(), Unproved> {
    let time: i64 = time.parse().map_err(|_| Unproved::Wrong)?;
    if now_s.abs_diff(time) <= TOLERANCE_S.unsigned_abs() {
        Ok(())
    } else {
        Err(Unproved::Stale)
    }
}

/// The key in `v1,whsec_…` or `whsec_…`.
fn webhook_key(secret: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.strip_prefix("v1,").unwrap_or(secret);
    let text = text.strip_prefix("whsec_")?;
    STANDARD.decode(text).ok().map(Zeroizing::new)
}

/// HMAC-SHA256 over some parts.
pub(super) fn mac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

fn is_same(expected: &[u8], given: &[u8]) -> bool {
    !expected.is_empty() && bool::from(expected.ct_eq(given))
}

/// A header that is there once.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn scheme<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let (scheme, rest) = one(headers, "authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(name).then_some(rest.trim())
}

/// The `user:password` of a Basic header.
pub fn basic(headers: &HeaderMap) -> Option<Zeroizing<Vec<u8>>> {
    STANDARD
        .decode(scheme(headers, "basic")?)
        .ok()
        .map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
