//! Look-ups of unknown outcomes and reports of used codes that are due.

use super::figures::moved;
use super::message::{COLUMNS, Message, State, read};
use super::rows::{all, distinct};
use super::writer::Result;
use rusqlite::{Connection, params};

/// The action for a message that is due.
#[derive(Clone, Copy)]
pub enum Due {
    /// It is looked up.
    LookUp,
    /// The use of its code is reported to the provider.
    Report,
}

impl Due {
    const fn column(self) -> &'static str {
        match self {
            Self::LookUp => "next_lookup_at",
            Self::Report => "next_report_at",
        }
    }
}

/// The connectors that have messages for this action, due now or later.
pub fn connectors(db: &Connection, due: Due) -> Result<Vec<String>> {
    let column = due.column();
    let sql = format!(
        "SELECT min(connector) FROM messages WHERE {column} IS NOT NULL AND connector > ?1"
    );
    distinct(db, &sql)
}

/// A connector's messages that are due for this action, those first that have been due for longest.
pub fn due(
    db: &Connection,
    due: Due,
    connector: &str,
    now: i64,
    most: u32,
) -> Result<Vec<Message>> {
    let column = due.column();
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE connector = ?1 AND {column} <= ?2 ORDER BY {column} LIMIT ?3"
    );
    all(db, &sql, params![connector, now, most], read)
}

/// Stores the state and the serial number that a look-up found, and when the next one is.
pub fn found(
    db: &Connection,
    message: &Message,
    (state, provider_message): (State, Option<&str>),
    now: i64,
    next: Option<i64>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET settled_at = CASE WHEN state = ?2 THEN settled_at ELSE ?3 END, state = ?2, lookups = lookups + 1, next_lookup_at = ?4,
         provider_message = coalesce(provider_message, ?5) WHERE tenant = ?6 AND id = ?1",
    )?
    .execute(params![
        message.id,
        state.as_str(),
        now,
        next,
        provider_message,
        message.tenant
    ])?;
    moved(db, message, state)
}

/// Counts a look-up that found nothing, and sets the next one.
pub fn not_found(db: &Connection, message: &Message, next: Option<i64>) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET lookups = lookups + 1, next_lookup_at = ?3 WHERE tenant = ?1 AND id = ?2",
    )?
    .execute(params![message.tenant, message.id, next])?;
    Ok(())
}

/// Sets when a message is looked up next.
pub fn look_up_at(db: &Connection, message: &Message, at: i64) -> Result<()> {
    db.execute(
        "UPDATE messages SET next_lookup_at = ?3 WHERE tenant = ?1 AND id = ?2 AND state = 'unknown'",
        params![message.tenant, message.id, at],
    )?;
    Ok(())
}
