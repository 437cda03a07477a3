//! Verifications: start, check, resend, cancel, and single messages.

mod check;
mod message;
mod start;

pub use check::{CheckRequest, Checked, cancel, check};
pub use message::{MessageRequest, send, verified};
pub use start::{StartRequest, resend, start};

use crate::app::App;
use crate::catalog::Catalog;
use crate::crypt::Purpose;
use crate::limits::Refusal;
use crate::problem::Problem;
use crate::store::idempotency::{self, Known};
use crate::store::messages::{self, State};
use crate::store::registry::Tenant;
use crate::store::verifications::Verification;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How long a code lives unless the caller says otherwise, in seconds. At most twice that: NIST SP 800-63B and OWASP
/// ASVS 6.5.5 allow ten minutes.
pub const LIFETIME_S: u32 = 300;

/// Wrong codes until a code is dead.
pub const TRIES: u32 = 5;

/// How often a code is made for one verification.
pub const SENDS: u32 = 5;

/// The pause between two codes of one verification, in milliseconds.
pub const PAUSE_MS: i64 = 60_000;

/// Where a request comes from: the tenant of its key, and the key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant.
    pub tenant: String,
    /// The key, for the audit log.
    pub actor: String,
}

/// An answer as it is sent, and kept for a repeated request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
    /// Whether it was given before.
    pub is_replay: bool,
}

impl Answer {
    fn of(status: StatusCode, body: &impl Serialize) -> Self {
        Self {
            status: status.as_u16(),
            body: serde_json::to_string(body).unwrap_or_default(),
            is_replay: false,
        }
    }
}

/// A verification as the API shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct VerificationView {
    /// Its identifier.
    pub id: String,
    /// `pending`, `approved`, `cancelled` or `expired`.
    pub status: String,
    /// The number, with its middle hidden.
    pub to: String,
    /// The usage.
    pub usage: String,
    /// The number's country.
    pub country: String,
    /// When it began (RFC 3339).
    pub created_at: String,
    /// When the latest code expires.
    pub expires_at: String,
    /// When another code may be asked for; none when no more are made.
    pub resend_after: Option<String>,
    /// How often a code was made.
    pub sends: u32,
    /// Whether the number is a test number, to which nothing is sent.
    pub test: bool,
    /// The latest message.
    pub message: Option<MessageView>,
}

/// A message as the API shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MessageView {
    /// Its identifier, which the provider has as the correlation id.
    pub id: String,
    /// What became of it.
    pub state: State,
    /// The class of the failure, by the contract's names: `quota`, `unreachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whose turn it is: `operator`, `caller`, `recipient`, `provider`, `plugin`, `host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<String>,
    /// A stable word for what happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The provider's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// The provider's request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The provider's serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_message: Option<String>,
    /// The connector that was tried last.
    pub connector: String,
    /// The number, with its middle hidden.
    pub to: String,
    /// The usage.
    pub usage: String,
    /// When it was written down (RFC 3339).
    pub created_at: String,
    /// When its state became what it is.
    pub settled_at: Option<String>,
    /// When its code was used.
    pub verified_at: Option<String>,
}

/// A time in milliseconds as RFC 3339.
pub fn rfc3339(ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// Shows a message.
pub fn message_view(app: &App, row: &messages::Message) -> MessageView {
    let catalog = app.catalog.load();
    let connector = catalog.connectors.get(&row.connector);
    MessageView {
        id: row.id.clone(),
        state: row.state,
        kind: row.kind.clone(),
        turn: row.turn.clone(),
        reason: row.reason.clone(),
        provider_code: row.provider_code.clone(),
        request_id: row.request_id.clone(),
        provider_message: row.provider_message.clone(),
        connector: connector.map_or_else(|| row.connector.clone(), |c| c.row.name.clone()),
        to: app.masked(&row.tenant, &row.number),
        usage: row.usage.clone(),
        created_at: rfc3339(row.created_at),
        settled_at: row.settled_at.map(rfc3339),
        verified_at: row.verified_at.map(rfc3339),
    }
}

/// Shows a verification with its latest message.
pub fn view(
    app: &App,
    v: &Verification,
    latest: Option<&messages::Message>,
    now: i64,
) -> VerificationView {
    let is_live = is_live(v, now);
    let status = match v.state.as_str() {
        "pending" if !is_live => "expired",
        state => state,
    };
    VerificationView {
        id: v.id.clone(),
        status: status.to_owned(),
        to: app.masked(&v.tenant, &v.number),
        usage: v.usage.clone(),
        country: v.country.clone(),
        created_at: rfc3339(v.created_at),
        expires_at: rfc3339(v.expires_at),
        resend_after: (is_live && v.sends < SENDS).then(|| rfc3339(resend_at(v, latest))),
        sends: v.sends,
        test: v.is_test,
        message: latest.map(|row| message_view(app, row)),
    }
}

/// Whether a verification still waits for a code, or for another code to be made.
fn is_live(v: &Verification, now: i64) -> bool {
    v.state == "pending" && now < v.expires_at
}

/// When another code may be made. Nobody waits after a message that was certainly not sent.
fn resend_at(v: &Verification, latest: Option<&messages::Message>) -> i64 {
    match latest.map(|row| row.state) {
        Some(State::NotSent) => v.sent_at,
        _ => v.sent_at + PAUSE_MS,
    }
}

/// The tenant of a caller.
fn tenant<'a>(catalog: &'a Catalog, caller: &Caller) -> Result<&'a Tenant, Problem> {
    let found = catalog.tenants.get(&caller.tenant);
    found.ok_or_else(|| Problem::not_found("tenant"))
}

/// The keyed hash of a code. The verification and the number of the code are part of it.
fn tag(app: &App, v: &Verification, code: &str) -> Vec<u8> {
    app.keys
        .tag(&v.tenant, Purpose::Codes, &code_bytes(v, code))
}

fn code_bytes(v: &Verification, code: &str) -> Vec<u8> {
    format!("{}/{}/{code}", v.id, v.sends).into_bytes()
}

/// Refuses a usage that is none.
fn check_usage(usage: &str) -> Result<(), Problem> {
    let fits = (1..=64).contains(&usage.len()) && usage.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits {
        return Ok(());
    }
    Err(Problem::invalid(
        "/usage",
        "A usage is 1 to 64 letters and digits, such as SignIn, Register, ForgotPassword or Generic.",
    ))
}

/// Refuses languages that are none.
fn check_locales(locales: &[String]) -> Result<(), Problem> {
    let fits = |tag: &String| {
        (2..=35).contains(&tag.len())
            && tag
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if locales.len() <= 8 && locales.iter().all(fits) {
        return Ok(());
    }
    Err(Problem::invalid(
        "/locales",
        "Languages are at most 8 BCP 47 tags, best first, such as zh-CN.",
    ))
}

/// The answer that nothing tells apart: unknown, expired, used, cancelled, or out of tries.
fn not_usable() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not-usable",
        "No code is awaited",
        "No verification with this id waits for a code: it is unknown, expired, used or cancelled, or its code was tried \
        too often. Start another, or ask for another code while it lives.",
    )
}

/// The number had too many wrong codes.
fn locked(retry_after_ms: i64) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "locked",
        "The number is locked",
        "Too many wrong codes were given for this number. It unlocks by itself; an administrator can clear it at once.",
    )
    .after(Some(retry_after_ms))
}

/// A limit refused the message.
fn refused(refusal: Refusal) -> Problem {
    metrics::counter!("auth_host_refused_total", "reason" => refusal.reason).increment(1);
    let (status, title, detail) = match refusal.reason {
        "stopped" => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Sending is stopped",
            "An administrator stopped all sending. Nothing was sent.",
        ),
        "no-flow" => (
            StatusCode::FORBIDDEN,
            "No flow serves this",
            "No flow serves this usage for the number's country, and what no flow serves is denied. Nothing was sent. \
            The operator adds a flow.",
        ),
        _ => (
            StatusCode::TOO_MANY_REQUESTS,
            "A limit was reached",
            "A limit on messages was reached. Nothing was sent. The operator can raise it.",
        ),
    };
    Problem::new(status, refusal.reason, title, detail).after(refusal.retry_after_ms)
}

/// What a request with a known idempotency key gets, unless it is to be carried out. `Err(None)` says that its
/// process ended, and with which subject.
fn replayed(known: Known) -> Option<Result<Answer, Problem>> {
    match known {
        Known::Nothing | Known::Lost { .. } => None,
        Known::Answered { status, answer } => Some(Ok(Answer {
            status,
            body: answer,
            is_replay: true,
        })),
        Known::InFlight => Some(Err(Problem::new(
            StatusCode::CONFLICT,
            "in-flight",
            "The request is under way",
            "A request with this Idempotency-Key is being carried out. Send it again in a few seconds for its answer.",
        )
        .after(Some(1000)))),
        Known::Other => Some(Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key-reused",
            "The Idempotency-Key was used before",
            "This Idempotency-Key came with another request in the last 72 hours. Use a new key for a new request.",
        ))),
    }
}

/// Looks a request's key up without a transaction.
fn known(app: &App, asked: Option<&idempotency::Request>) -> Result<Known, Problem> {
    match asked {
        Some(asked) => Ok(app.store.read(|db| idempotency::look_up(db, asked))?),
        None => Ok(Known::Nothing),
    }
}

/// Waits for a task that goes on whether or not somebody waits.
async fn outlast<T: Send + 'static>(
    app: &Arc<App>,
    task: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    let patience = app.answer_within + std::time::Duration::from_secs(1);
    let outcome = tokio::time::timeout(patience, tokio::spawn(task)).await;
    let late = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "storage",
            "The outcome is not written down yet",
            "The message may have been sent, and its outcome is not on the disk yet. Send the same request with the same \
            Idempotency-Key again; without a key, read the verification.",
        )
        .after(Some(5_000))
    };
    match outcome {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) | Err(_) => Err(late()),
    }
}
