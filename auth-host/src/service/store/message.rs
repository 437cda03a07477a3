//! A message: an attempt of one connector, and its state.

use super::writer::{Result, StoreError};
use auth_connector_host::FailureKind;
use rusqlite::Row;

/// The state of a message.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its connector was called, or is about to be.
    Sending,
    /// The provider accepted it.
    Accepted,
    /// The carrier reported delivery.
    Delivered,
    /// The carrier reported that it could not deliver.
    Undelivered,
    /// It was certainly not sent.
    NotSent,
    /// The outcome is unknown.
    Unknown,
    /// It was not to be sent: the caller set `suppress`, or the number is a test number.
    Suppressed,
}

impl State {
    /// The name in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sending,
        Self::Accepted,
        Self::Delivered,
        Self::Undelivered,
        Self::NotSent,
        Self::Unknown,
        Self::Suppressed,
    ];

    /// Parses a name.
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.as_str() == name)
    }
}

/// Parses the class of a failure. A later version of this program may have stored one that this one does not have.
pub fn parse_kind(name: &str) -> FailureKind {
    let mut all = KINDS.into_iter();
    all.find(|kind| kind.as_str() == name)
        .unwrap_or(FailureKind::Other)
}

const KINDS: [FailureKind; 13] = [
    FailureKind::InvalidConfig,
    FailureKind::InvalidMessage,
    FailureKind::NoTemplate,
    FailureKind::Authentication,
    FailureKind::Denied,
    FailureKind::RateLimited,
    FailureKind::Quota,
    FailureKind::RecipientRejected,
    FailureKind::Unreachable,
    FailureKind::Timeout,
    FailureKind::Provider,
    FailureKind::Unsupported,
    FailureKind::Other,
];

/// The reason of a message that became *unknown* because no process was sending it any more.
pub const INTERRUPTED: &str = "interrupted";

/// The reason of a message that an operator settled.
pub const BY_OPERATOR: &str = "settled-by-operator";

/// The reason of a message that a kill switch stopped.
pub const STOPPED: &str = "stopped";

/// A message.
#[derive(Clone)]
pub struct Message {
    /// Its identifier, which is the correlation id.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// The verification whose code it carries.
    pub verification: Option<String>,
    /// The connector that sends it.
    pub connector: String,
    /// The number, encrypted.
    pub number: Vec<u8>,
    /// The keyed hash of the number.
    pub number_hash: Vec<u8>,
    /// The usage.
    pub usage: String,
    /// The number's country.
    pub country: String,
    /// The number's calling code, with `+`.
    pub prefix: String,
    /// The webhook that received its request.
    pub source: Option<String>,
    /// True if it is the first attempt, which limits count.
    pub is_first: bool,
    /// The first attempt at the same message: its own identifier, or that of an earlier connector's.
    pub first: String,
    /// Its state.
    pub state: State,
    /// The class of the failure.
    pub kind: Option<FailureKind>,
    /// The party that has to act.
    pub turn: Option<String>,
    /// A stable word for what happened.
    pub reason: Option<String>,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's serial number.
    pub provider_message: Option<String>,
    /// The provider's request id.
    pub request_id: Option<String>,
    /// The plugin's words about a failure, without secrets and numbers.
    pub hint: Option<String>,
    /// When it was stored.
    pub created_at: i64,
    /// When its state was set.
    pub settled_at: Option<i64>,
    /// When its code was reported as used.
    pub verified_at: Option<i64>,
    /// How often it was looked up.
    pub lookups: u32,
    /// When it is looked up next.
    pub next_lookup_at: Option<i64>,
    /// How many segments it had.
    pub segments: i64,
}

impl Message {
    /// The subject that groups its attempts: its verification, or else its first attempt.
    pub fn subject(&self) -> &str {
        self.verification.as_deref().unwrap_or(&self.first)
    }

    /// The message with the state from a receipt, a look-up or an operator. The failure of its send no longer counts.
    #[must_use]
    pub fn reported(self, state: State, code: &str) -> Self {
        Self {
            state,
            kind: None,
            turn: None,
            reason: None,
            hint: None,
            provider_code: Some(code.to_owned()).filter(|code| !code.is_empty()),
            ..self
        }
    }

    /// Returns true if the outcome of its send is still to be stored. That includes an interrupted message: its process
    /// was assumed to have ended, and its own outcome is more reliable.
    pub fn is_open(&self) -> bool {
        let is_interrupted = self.reason.as_deref() == Some(INTERRUPTED);
        self.state == State::Sending || self.state == State::Unknown && is_interrupted
    }
}

pub(super) const COLUMNS: &str = "id, tenant, verification, connector, number, number_hash, usage, country, prefix, is_first,
    first, state, kind, turn, reason, provider_code, provider_message, request_id, created_at, settled_at, verified_at, lookups,
    next_lookup_at, segments, source, hint";

pub(super) fn read(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        tenant: row.get(1)?,
        verification: row.get(2)?,
        connector: row.get(3)?,
        number: row.get(4)?,
        number_hash: row.get(5)?,
        usage: row.get(6)?,
        country: row.get(7)?,
        prefix: row.get(8)?,
        is_first: row.get(9)?,
        first: row.get(10)?,
        state: State::parse(&row.get::<_, String>(11)?).ok_or(StoreError::Row("messages"))?,
        kind: row.get::<_, Option<String>>(12)?.as_deref().map(parse_kind),
        turn: row.get(13)?,
        reason: row.get(14)?,
        provider_code: row.get(15)?,
        provider_message: row.get(16)?,
        request_id: row.get(17)?,
        created_at: row.get(18)?,
        settled_at: row.get(19)?,
        verified_at: row.get(20)?,
        lookups: row.get(21)?,
        next_lookup_at: row.get(22)?,
        segments: row.get(23)?,
        source: row.get(24)?,
        hint: row.get(25)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The match names a kind that is missing in the list.
    #[test]
    fn every_kind_parses_from_its_name() {
        for kind in KINDS {
            match kind {
                FailureKind::InvalidConfig
                | FailureKind::InvalidMessage
                | FailureKind::NoTemplate
                | FailureKind::Authentication
                | FailureKind::Denied
                | FailureKind::RateLimited
                | FailureKind::Quota
                | FailureKind::RecipientRejected
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::Provider
                | FailureKind::Unsupported
                | FailureKind::Other => assert_eq!(parse_kind(kind.as_str()), kind),
            }
        }
        let names = KINDS.map(FailureKind::as_str);
        assert_eq!(std::collections::BTreeSet::from(names).len(), KINDS.len());
        assert_eq!(parse_kind("of a later version"), FailureKind::Other);
    }
}
