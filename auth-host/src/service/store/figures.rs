//! Figures: how many messages are in each state.

use super::limits::Counter;
use super::message::{Message, State};
use super::writer::Result;
use rusqlite::{Connection, params};

/// How many messages of a tenant are in each state, of those that were stored in the last hours. It reads counters, so
/// that its cost does not depend on the number of messages. The few that are being sent are in no counter.
pub fn count_by_state(
    db: &Connection,
    tenant: &str,
    now: i64,
    hours: i64,
) -> Result<Vec<(State, i64)>> {
    let mut counts = Vec::new();
    for state in State::ALL {
        let counter = Counter::new(tenant, state.as_str(), "");
        let counted = counter.by_subject(db, now, hours)?;
        counts.push((state, counted.into_iter().map(|(_, count)| count).sum()));
    }
    // The sign keeps SQLite from indexes of the tenant, which has many more messages than are being sent.
    let sending = db
        .prepare_cached("SELECT count(*) FROM messages WHERE state = 'sending' AND +tenant = ?1")?
        .query_row([tenant], |row| row.get(0))?;
    counts.push((State::Sending, sending));
    counts.retain(|(_, count)| *count > 0);
    Ok(counts)
}

/// Counts a message in a state, in the hour in which it was stored.
pub(super) fn count(db: &Connection, message: &Message, state: State, by: i64) -> Result<()> {
    if state == State::Sending {
        return Ok(());
    }
    let counter = Counter::new(&message.tenant, state.as_str(), &message.country);
    counter.add(db, message.created_at, by)
}

/// Counts a message in its state, by 1, or by -1 to undo that.
pub fn tally(db: &Connection, message: &Message, by: i64) -> Result<()> {
    count(db, message, message.state, by)
}

/// Moves a message's count from its previous state to another.
pub(super) fn moved(db: &Connection, before: &Message, to: State) -> Result<()> {
    if before.state == to {
        return Ok(());
    }
    count(db, before, before.state, -1)?;
    count(db, before, to, 1)
}

/// How many messages of a tenant have an unknown outcome, however old they are: `most` at most.
pub fn count_unknown(db: &Connection, tenant: &str, most: i64) -> Result<i64> {
    // The second condition is that of the index of rare states.
    let sql = "SELECT count(*) FROM (SELECT 1 FROM messages WHERE tenant = ?1 AND state = 'unknown'
               AND state NOT IN ('sending', 'accepted') LIMIT ?2)";
    Ok(db
        .prepare_cached(sql)?
        .query_row(params![tenant, most], |row| row.get(0))?)
}
