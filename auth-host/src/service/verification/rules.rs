//! Rules that the calls share: times, tries, forms, and refusals.

use crate::service::app::App;
use crate::service::catalog::Catalog;
use crate::service::crypt::Purpose;
use crate::service::form::{is_locale, is_usage};
use crate::service::ids;
use crate::service::limits::{self, REFUSED, Reason, Refusal, Sender};
use crate::service::number::{Number, is_country};
use crate::service::phrases::{self, Language};
use crate::service::problem::Problem;
use crate::service::store;
use crate::service::store::message::{self, State};
use crate::service::store::registry::TenantSettings;
use crate::service::store::verifications::{self, Verification};
use crate::service::texts::say;
use axum::http::StatusCode;
use rusqlite::Connection;
use std::time::Duration;

/// How long a code is valid unless the caller sets it, in seconds. At most twice that: NIST SP 800-63B and OWASP ASVS
/// 6.5.5 allow ten minutes.
pub const LIFETIME_S: u32 = 300;

/// Wrong codes until a code is invalid.
pub const TRIES: u32 = 5;

/// How often a code is made for one verification.
pub const SENDS: u32 = 5;

/// The pause between two codes of one verification, in milliseconds.
pub const PAUSE_MS: i64 = 60_000;

/// The kind of [`not_usable`].
const NOT_USABLE: &str = "not-usable";

/// The origin of a request: the tenant of its key, and the key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant.
    pub tenant: String,
    /// The key, for the audit log.
    pub actor: String,
    /// The webhook that received it.
    pub source: Option<String>,
    /// How long it waits for a response, if its webhook sets that.
    pub answer_within: Option<Duration>,
}

/// Returns true if a verification still waits for a code, or for another code to be made.
pub fn is_live(v: &Verification, now: i64) -> bool {
    v.state == verifications::State::Pending && now < v.expires_at
}

/// When another code may be made. After a message that was certainly not sent there is no pause.
pub(super) fn resend_at(v: &Verification, latest: Option<&message::Message>) -> i64 {
    match latest.map(|row| row.state) {
        Some(State::NotSent) => v.sent_at,
        _ => v.sent_at + PAUSE_MS,
    }
}

/// The person's language.
pub(super) fn language(v: &Verification) -> Language {
    Language::best(v.locales.split(','))
}

/// A refusal that concerns a verification, in the language of its person. One that is not usable is reported in the
/// request's language, like one that never existed.
pub(super) fn told(app: &App, caller: &Caller, id: &str, problem: Problem) -> Problem {
    if problem.kind == NOT_USABLE {
        return problem;
    }
    let now = ids::now_ms();
    let found = app
        .store
        .read(|db| verifications::get(db, &caller.tenant, id));
    match found {
        Ok(Some(v)) if is_live(&v, now) && !v.locales.is_empty() => problem.told(language(&v)),
        _ => problem,
    }
}

/// Counts a refusal by its reason.
pub(super) fn count_refused(db: &Connection, tenant: &str, reason: &str) -> store::Result<()> {
    limits::count(db, ids::now_ms(), tenant, REFUSED, reason)
}

/// Counts that sending is stopped, or that no flow serves a message.
pub(super) fn count_denied(
    db: &Connection,
    tenant: &str,
    stopped: Option<Refusal>,
    is_served: bool,
) -> store::Result<Option<Refusal>> {
    const NO_FLOW: Refusal = Refusal {
        reason: Reason::NoFlow,
        retry_after_ms: None,
    };
    let refusal = stopped.or((!is_served).then_some(NO_FLOW));
    if let Some(refusal) = &refusal {
        count_refused(db, tenant, refusal.reason.as_str())?;
    }
    Ok(refusal)
}

/// Reads the number of a request, by the request's country or the tenant's where it has no calling code.
pub(super) fn recipient(
    to: &str,
    country: Option<&str>,
    settings: &TenantSettings,
) -> Result<Number, Problem> {
    let default = country.or(settings.default_country.as_deref());
    Number::parse(to, default).map_err(|error| match country {
        // The country of a number with a calling code is not used.
        Some(country) if !is_country(country) => Problem::invalid(
            "/country",
            "A country is two capital letters (ISO 3166), such as CN, and has phone numbers.",
        ),
        _ => Problem::invalid("/to", format!("{error}.")).tell(phrases::CHECK_NUMBER),
    })
}

/// A tenant as it sends now.
pub(super) fn sender(catalog: &Catalog, tenant: &str) -> Result<Sender, Problem> {
    limits::sender(catalog, tenant).ok_or_else(|| Problem::not_found("tenant"))
}

/// The keyed hash of a code. The verification and the number of the code are part of it.
pub(super) fn tag(app: &App, v: &Verification, code: &str) -> Vec<u8> {
    app.keys
        .tag(&v.tenant, Purpose::Codes, &code_bytes(v, code))
}

pub(super) fn code_bytes(v: &Verification, code: &str) -> Vec<u8> {
    format!("{}/{}/{code}", v.id, v.sends).into_bytes()
}

/// Refuses an invalid usage.
pub fn check_usage(usage: &str) -> Result<(), Problem> {
    if is_usage(usage) {
        return Ok(());
    }
    Err(Problem::invalid("/usage", say("refusal-usage")))
}

/// Refuses invalid languages.
pub(super) fn check_locales(locales: &[String]) -> Result<(), Problem> {
    if locales.len() <= 8 && locales.iter().all(|tag| is_locale(tag)) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/locales",
        "Languages are at most 8 BCP 47 tags, best first, such as zh-CN.",
    ))
}

/// The one response for all of these: unknown, expired, used, cancelled, or out of tries.
pub(super) fn not_usable() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        NOT_USABLE,
        "No code is awaited",
        "No verification with this id waits for a code: it is unknown, expired, used or cancelled, or its code was tried \
        too often. Start another, or ask for another code while it lives.",
    )
}

/// The number had too many wrong codes.
pub(super) fn locked(retry_after_ms: i64) -> Problem {
    Problem::refused(
        StatusCode::TOO_MANY_REQUESTS,
        "locked",
        "The number is locked",
        "Too many wrong codes were given for this number. It unlocks by itself; an administrator can clear it at once.",
    )
    .after(Some(retry_after_ms))
}

/// A limit refused the message.
pub(super) fn refused(refusal: Refusal) -> Problem {
    let (status, title, detail) = match refusal.reason {
        Reason::Stopped => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Sending is stopped",
            "An administrator stopped all sending. Nothing was sent.",
        ),
        Reason::NoFlow => (
            StatusCode::FORBIDDEN,
            "No flow serves this",
            "No flow serves this usage for the number's country, and what no flow serves is denied. Nothing was sent. \
            The operator adds a flow.",
        ),
        Reason::NumberInTenMinutes
        | Reason::NumberADay
        | Reason::PrefixADay
        | Reason::NetworkADay
        | Reason::SegmentsADay
        | Reason::Unverified => (
            StatusCode::TOO_MANY_REQUESTS,
            "A limit was reached",
            "A limit on messages was reached. Nothing was sent. The operator can raise it.",
        ),
    };
    Problem::refused(status, refusal.reason.as_str(), title, detail).after(refusal.retry_after_ms)
}
