//! Responses as they are sent and stored, and verifications and messages as the API shows them.

use super::rules::{SENDS, is_live, language, resend_at};
use crate::service::app::App;
use crate::service::ids::{self, rfc3339};
use crate::service::limits;
use crate::service::phrases::{self, Language};
use crate::service::store::StoreError;
use crate::service::store::message::{self, State};
use crate::service::store::messages;
use crate::service::store::verifications::{self, Verification};
use auth_connector_host::FailureKind;
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Serialize;

/// A response as it is sent, and stored for a repeated request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
    /// True if it was sent before.
    pub is_replay: bool,
}

impl Answer {
    pub(super) fn of(status: StatusCode, body: &impl Serialize) -> Self {
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
    /// When another code may be requested; none when no more are made.
    pub resend_after: Option<String>,
    /// How often a code was made.
    pub sends: u32,
    /// True if the number is a test number, to which nothing is sent.
    pub test: bool,
    /// The latest message.
    pub message: Option<MessageView>,
}

/// A message as the API shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct MessageView {
    /// Its identifier, which the provider has as the correlation id.
    pub id: String,
    /// Its state.
    pub state: State,
    /// True if it went to a test number, to which nothing is sent. A verification has its own field for this.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// The class of the failure, by the contract's names: `quota`, `unreachable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// The key of the text for the person.
    #[serde(skip)]
    phrase: Option<&'static str>,
    /// The text for the person who waits for the code, in the first available of that person's languages. Absent if the
    /// message is on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_message: Option<String>,
    /// The party that has to act: `operator`, `caller`, `recipient`, `provider`, `plugin`, `host`.
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
    /// When it was stored (RFC 3339).
    pub created_at: String,
    /// When its state was set.
    pub settled_at: Option<String>,
    /// When its code was used.
    pub verified_at: Option<String>,
}

/// Shows a message.
pub fn message_view(app: &App, row: &message::Message) -> MessageView {
    let catalog = app.catalog.load();
    let connector = catalog.connectors.get(&row.connector);
    // One that was unknown, and was reported since, keeps the failure of its send in the table for the operator.
    let has_failed = matches!(row.state, State::NotSent | State::Unknown);
    let failed = |text: &Option<String>| text.clone().filter(|_| has_failed);
    MessageView {
        id: row.id.clone(),
        state: row.state,
        test: row.state == State::Suppressed && row.verification.is_none(),
        kind: row.kind.filter(|_| has_failed).map(FailureKind::as_str),
        phrase: phrases::of_message(row.state, row.kind),
        user_message: None,
        turn: failed(&row.turn),
        reason: failed(&row.reason),
        provider_code: failed(&row.provider_code),
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

impl MessageView {
    /// Adds the text for the person.
    #[must_use]
    pub fn told(mut self, language: Language) -> Self {
        self.user_message = self.phrase.map(|key| language.say(key).to_owned());
        self
    }
}

/// When the limits of the number allow another message to it, if one is reached. It is not before the time at which a
/// person may request another code. Nothing is sent to a test number.
///
/// # Errors
///
/// [`StoreError`] when the database fails.
pub fn free_at(
    app: &App,
    db: &Connection,
    v: &Verification,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let catalog = app.catalog.load();
    match catalog.tenants.get(&v.tenant) {
        Some(tenant) if !v.is_test => {
            limits::number_free_at(db, now, &tenant.settings, &v.tenant, &v.number_hash)
        }
        _ => Ok(None),
    }
}

/// A verification as it is now, and its messages.
///
/// # Errors
///
/// [`StoreError`] when the database fails.
pub fn current(
    app: &App,
    tenant: &str,
    id: &str,
) -> Result<Option<(VerificationView, Vec<message::Message>)>, StoreError> {
    let now = ids::now_ms();
    app.store.read(|db| {
        let Some((v, sent)) = messages::with_verification(db, tenant, id)? else {
            return Ok(None);
        };
        let free_at = free_at(app, db, &v, now)?;
        Ok(Some((view(app, &v, sent.last(), free_at, now), sent)))
    })
}

/// Shows a verification with its latest message. The limits of its number are [`free_at`] that time.
pub fn view(
    app: &App,
    v: &Verification,
    latest: Option<&message::Message>,
    free_at: Option<i64>,
    now: i64,
) -> VerificationView {
    let is_live = is_live(v, now);
    let status = match v.state {
        verifications::State::Pending if !is_live => "expired",
        state => state.as_str(),
    };
    let resend_after = (is_live && v.sends < SENDS)
        .then(|| Some(resend_at(v, latest)).max(free_at))
        .flatten()
        .filter(|at| *at < v.expires_at);
    VerificationView {
        id: v.id.clone(),
        status: status.to_owned(),
        to: app.masked(&v.tenant, &v.number),
        usage: v.usage.clone(),
        country: v.country.clone(),
        created_at: rfc3339(v.created_at),
        expires_at: rfc3339(v.expires_at),
        resend_after: resend_after.map(rfc3339),
        sends: v.sends,
        test: v.is_test,
        message: latest.map(|row| message_view(app, row).told(language(v))),
    }
}
