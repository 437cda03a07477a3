//! Rows of reports about messages, kept for their timelines.

use super::message::{Message, State};
use super::rows::all;
use super::writer::Result;
use crate::clean::clean;
use rusqlite::{Connection, params};

/// The most rows of one message, so that a provider that repeats itself with other codes does not fill the disk.
const MOST: i64 = 20;

/// The longest code that is kept, in characters.
const CODE_CHARS: usize = 60;

/// The source of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The connector's response, when the message was sent.
    Answer,
    /// The provider's callback.
    Callback,
    /// A look-up at the provider.
    LookUp,
    /// An operator's decision.
    Operator,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Answer, Self::Callback, Self::LookUp, Self::Operator];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Callback => "callback",
            Self::LookUp => "look-up",
            Self::Operator => "operator",
        }
    }
}

/// A report about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its source.
    pub source: Source,
    /// The state that it names.
    pub state: State,
    /// The provider's code, or empty.
    pub code: String,
    /// When it arrived.
    pub at: i64,
}

/// The provider's code among a plugin's attributes, or an empty text.
pub fn code(attributes: &[(String, String)]) -> String {
    let found = attributes.iter().find(|(name, _)| name == "provider-code");
    let code = found.map(|(_, code)| code.as_str()).unwrap_or_default();
    clean(code).chars().take(CODE_CHARS).collect()
}

/// Stores a report. The connector's response in the message's row is stored first, because the report replaces it.
pub fn add(db: &Connection, before: &Message, report: &Report) -> Result<()> {
    let has_rows: bool = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM receipts WHERE tenant = ?1 AND message = ?2)",
        )?
        .query_row([&before.tenant, &before.id], |row| row.get(0))?;
    if let Some(at) = before.settled_at.filter(|_| !has_rows) {
        let answer = Report {
            source: Source::Answer,
            state: before.state,
            code: before.provider_code.clone().unwrap_or_default(),
            at,
        };
        insert(db, before, &answer)?;
    }
    insert(db, before, report)
}

fn insert(db: &Connection, message: &Message, report: &Report) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO receipts (message, source, state, code, at, tenant) SELECT ?1, ?2, ?3, ?4, ?5, ?7
         WHERE (SELECT count(*) FROM receipts WHERE tenant = ?7 AND message = ?1) < ?6",
    )?
    .execute(params![
        message.id,
        report.source.as_str(),
        report.state.as_str(),
        report.code,
        report.at,
        MOST,
        message.tenant
    ])?;
    Ok(())
}

/// The reports about a message, oldest first. Empty if nothing arrived after the connector's response.
pub fn of(db: &Connection, message: &Message) -> Result<Vec<Report>> {
    // The response was first, whatever the clock was.
    let sql = "SELECT source, state, code, at FROM receipts WHERE tenant = ?1 AND message = ?2
               ORDER BY source <> 'answer', at, source";
    let rows = all(db, sql, [&message.tenant, &message.id], |row| {
        let (source, state): (String, String) = (row.get(0)?, row.get(1)?);
        let source = Source::ALL.into_iter().find(|s| s.as_str() == source);
        Ok(Report {
            source: source.ok_or(super::writer::StoreError::Row("receipts"))?,
            state: State::parse(&state).ok_or(super::writer::StoreError::Row("receipts"))?,
            code: row.get(2)?,
            at: row.get(3)?,
        })
    })?;
    Ok(rows)
}
