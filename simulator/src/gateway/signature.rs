//! Steps 5 to 9: checks that the `Authorization` header is well formed, fresh, of a known key, and right.
//!
//! | step | refuses with |
//! |---|---|
//! | 5 form; `content-type` and `host` signed; every listed header present | `AuthFailure.InvalidAuthorization` |
//! | 6 timestamp more than 300 s off | `AuthFailure.SignatureExpire` |
//! | 7 key unknown, disabled, or not of the API | `AuthFailure.SecretIdNotFound`, `AuthFailure.InvalidSecretId` |
//! | 8 temporary key without its token, or past its end | `AuthFailure.TokenFailure` |
//! | 9 scope or signature | `AuthFailure.SignatureFailure` |

use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::canonical::{Parts, without_port};
use super::diagnosis;
use crate::catalogue::{Account, Catalogue, Credential};
use crate::codes;
use crate::journal::JournalEntry;
use crate::mask;
use crate::request::{ApiRequest, Refusal};
use crate::tc3::{Authorization, SigningKey};

/// Largest difference between the client's clock and the server's, in seconds, that a signature may have.
pub const WINDOW_S: u64 = 300;

/// Advice for a service that was derived from the host.
const DERIVED: &str = "Tencent's SDKs, except those for Go and Python, derive it from the endpoint: start the simulator with --accept-derived-service, or serve TLS and use the real endpoint";

/// Deviations that are accepted although the service would refuse them. The default accepts none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leniency {
    /// Any key that is not in the catalogue, and any signature, in a well-formed `Authorization`. An unknown key acts for
    /// the owner of the application that the request names, else for the first account.
    pub any_credentials: bool,
    /// A credential scope whose service is the host up to its first dot, instead of `sms`, as Tencent's SDKs derive it,
    /// except those for Go and Python: `127` from `127.0.0.1:80`, `localhost:80` or `localhost` from `localhost:80`.
    pub derived_service: bool,
}

/// Signer of a request.
pub struct Verified<'c> {
    /// The account of the key.
    pub account: &'c Account,
    /// The key; `None` if a lenient simulator accepted an unknown one.
    pub credential: Option<&'c Credential>,
    /// The deviation that a lenient simulator overlooked.
    pub overlooked: Option<&'static str>,
}

/// Checks the signature. The checks that ran fill the key, the account and the computed texts of `entry`.
///
/// # Errors
///
/// The refusal of the first failing step.
pub fn verify<'c>(
    request: &ApiRequest,
    catalogue: &'c Catalogue,
    now_ms: i64,
    leniency: Leniency,
    entry: &mut JournalEntry,
) -> Result<Verified<'c>, Refusal> {
    let claim = read_claim(request)?;
    entry.credential = Some(mask::secret_id(claim.secret_id));
    let headers = signed_headers(request, &claim)?;
    let now = now_ms.div_euclid(1000);
    let timestamp = request.header("X-TC-Timestamp").unwrap_or_default();
    let seconds = check_time(timestamp, now)?;
    let parts = Parts {
        request,
        claim: &claim,
        headers: &headers,
        timestamp,
    };
    entry.canonical_request = Some(parts.ours_shown());
    entry.string_to_sign = Some(parts.string_to_sign_shown());
    let Some((account, credential)) = catalogue.credential(claim.secret_id) else {
        return unknown_key(catalogue, leniency);
    };
    entry.account = Some(account.name.clone());
    check_key(credential)?;
    let verdict = check_token(request, credential, now)
        .and_then(|()| check_signature(&parts, credential, catalogue, seconds, leniency));
    let overlooked = match verdict {
        Ok(()) => None,
        Err(refusal) if leniency.any_credentials => Some(refusal.code.name),
        Err(refusal) => return Err(refusal),
    };
    Ok(Verified {
        account,
        credential: Some(credential),
        overlooked,
    })
}

fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::new(&codes::INVALID_AUTHORIZATION).explain(why)
}

/// Step 5, the form of the header.
fn read_claim(request: &ApiRequest) -> Result<Authorization<'_>, Refusal> {
    match request.header("Authorization").unwrap_or_default() {
        "" => Err(invalid("there is no `Authorization` header")),
        header => Authorization::parse(header).map_err(|malformed| invalid(malformed.to_string())),
    }
}

/// Step 5, the signed headers with their values.
fn signed_headers<'r>(
    request: &'r ApiRequest,
    claim: &Authorization<'r>,
) -> Result<Vec<(&'r str, &'r str)>, Refusal> {
    for required in ["content-type", "host"] {
        if !claim.header_names().any(|name| name == required) {
            return Err(invalid(format!(
                "`{required}` must be among the signed headers"
            )));
        }
    }
    let with_value = |name| {
        let absent = || invalid(format!("the signed header `{name}` is not in the request"));
        Ok((name, request.header(name).ok_or_else(absent)?))
    };
    claim.header_names().map(with_value).collect()
}

/// Step 6. Returns the client's time in Unix seconds.
fn check_time(timestamp: &str, now: i64) -> Result<i64, Refusal> {
    // `Gateway::common` accepts only digits; more digits than fit are far off in any case.
    let seconds = timestamp.parse::<i64>().unwrap_or(i64::MAX);
    let off = now.abs_diff(seconds);
    if off <= WINDOW_S {
        return Ok(seconds);
    }
    let side = if seconds < now { "behind" } else { "ahead of" };
    Err(Refusal::new(&codes::SIGNATURE_EXPIRE).explain(format!(
        "the client's clock is {off} s {side} ours; {WINDOW_S} s are allowed"
    )))
}

/// Step 7, for a SecretId that the catalogue does not have.
fn unknown_key(catalogue: &Catalogue, leniency: Leniency) -> Result<Verified<'_>, Refusal> {
    let first = catalogue.accounts.first();
    match first.filter(|_| leniency.any_credentials) {
        Some(account) => Ok(Verified {
            account,
            credential: None,
            overlooked: Some("the SecretId is unknown"),
        }),
        None => Err(Refusal::new(&codes::SECRET_ID_NOT_FOUND)
            .explain("no credential of the catalogue has this SecretId")),
    }
}

/// Step 7, for a key of the catalogue.
fn check_key(credential: &Credential) -> Result<(), Refusal> {
    if credential.disabled {
        return Err(Refusal::new(&codes::SECRET_ID_NOT_FOUND)
            .explain("the credential is disabled in the catalogue"));
    }
    if !credential.secret_id.starts_with("AKID") {
        return Err(
            Refusal::new(&codes::INVALID_SECRET_ID).explain("keys of the API begin with AKID")
        );
    }
    Ok(())
}

/// Step 8.
fn check_token(request: &ApiRequest, credential: &Credential, now: i64) -> Result<(), Refusal> {
    let Some(token) = &credential.token else {
        return Ok(());
    };
    let failure = |why: &str| Err(Refusal::new(&codes::TOKEN_FAILURE).explain(why));
    let Some(given) = request.header("X-TC-Token") else {
        return failure("this key is temporary and the request has no X-TC-Token");
    };
    if !bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
        return failure("the X-TC-Token is not the one that was issued with this key");
    }
    if credential.expires_at.is_some_and(|end| now >= end) {
        return failure("the temporary key has expired");
    }
    Ok(())
}

/// Step 9.
fn check_signature(
    parts: &Parts<'_>,
    credential: &Credential,
    catalogue: &Catalogue,
    seconds: i64,
    leniency: Leniency,
) -> Result<(), Refusal> {
    let claim = parts.claim;
    let failure = || Refusal::new(&codes::SIGNATURE_FAILURE);
    let date = utc_date(seconds);
    if date.as_deref() != Some(claim.date) {
        return Err(failure().explain(format!(
            "the credential scope says {}, but the UTC date of X-TC-Timestamp is {}: was a local date used?",
            claim.date,
            date.unwrap_or_default()
        )));
    }
    let host = parts.host();
    let derived = is_derived(claim.service, host);
    if claim.service != "sms" && !(derived && leniency.derived_service) {
        let refusal = failure().explain(format!(
            "the credential scope names the service `{}` instead of `sms`",
            claim.service
        ));
        return Err(match derived {
            true => refusal.explain(DERIVED),
            false => refusal,
        });
    }
    let mut sorted: Vec<&str> = claim.header_names().collect();
    sorted.sort_unstable();
    sorted.dedup();
    if !sorted.iter().copied().eq(claim.header_names()) {
        return Err(failure().explain("SignedHeaders must be sorted, each name once"));
    }
    let keys = SigningKey::new(&credential.secret_key, claim.date, claim.service);
    let payload_hash = parts.payload_hash();
    let matches = |host: &str| {
        parts.signed_by(
            &keys,
            &parts.canonical(host, parts.content_type(), &payload_hash, true),
        )
    };
    // Clients of a simulator on a port may sign the host without it.
    if matches(host) || without_port(host).is_some_and(matches) {
        return Ok(());
    }
    let mut refusal = failure();
    refusal.detail = diagnosis::explain(parts, credential, catalogue);
    Err(refusal)
}

/// Returns true if an SDK derives this service from this host, with or without its port.
fn is_derived(service: &str, host: &str) -> bool {
    let first_of = |separators: &[char]| host.split(separators).next() == Some(service);
    first_of(&['.']) || first_of(&['.', ':'])
}

/// The UTC date of a moment as `yyyy-mm-dd`.
fn utc_date(seconds: i64) -> Option<String> {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok()?.date();
    Some(format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    ))
}
