//! Messages: one row for each attempt of one connector.

use super::figures::{count, moved};
use super::message::{COLUMNS, Message, State, read};
use super::rows::all;
use super::verifications::{self, Verification};
use super::writer::Result;
use crate::service::ids;
use auth_connector_host::FailureKind;
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::Range;

/// Stores a message.
pub fn add(db: &Connection, message: &Message) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO messages (id, tenant, verification, connector, number, number_hash, usage, country, prefix, is_first,
         first, state, created_at, settled_at, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        message.id,
        message.tenant,
        message.verification,
        message.connector,
        message.number,
        message.number_hash,
        message.usage,
        message.country,
        message.prefix,
        message.is_first,
        message.first,
        message.state.as_str(),
        message.created_at,
        message.settled_at,
        message.source
    ])?;
    count(db, message, message.state, 1)
}

/// Stores the outcome of a message that is open.
pub fn settle(db: &Connection, message: &Message) -> Result<()> {
    let settled = db.prepare_cached(
        "UPDATE messages SET state = ?2, kind = ?3, turn = ?4, reason = ?5, provider_code = ?6, provider_message = ?7,
         request_id = ?8, settled_at = ?9, next_lookup_at = ?10,
         segments = ?11, hint = ?12 WHERE tenant = ?13 AND id = ?1
         AND (state = 'sending' OR state = 'unknown' AND reason = 'interrupted')",
    )?
    .execute(params![
        message.id,
        message.state.as_str(),
        message.kind.map(FailureKind::as_str),
        message.turn,
        message.reason,
        message.provider_code,
        message.provider_message,
        message.request_id,
        message.settled_at,
        message.next_lookup_at,
        message.segments,
        message.hint,
        message.tenant
    ])?;
    // A receipt may have settled it before its connector answered.
    if settled == 0 {
        return Ok(());
    }
    count(db, message, message.state, 1)
}

/// Adds the details of its connector's response, but not the outcome, to a message that was settled meanwhile.
pub fn complete(db: &Connection, message: &Message) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET provider_message = coalesce(provider_message, ?3), request_id = coalesce(request_id, ?4),
         segments = ?5 WHERE tenant = ?1 AND id = ?2",
    )?
    .execute(params![
        message.tenant,
        message.id,
        message.provider_message,
        message.request_id,
        message.segments
    ])?;
    Ok(())
}

/// The messages that are being sent, or were when a process ended.
pub fn sending(db: &Connection) -> Result<Vec<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE state = 'sending' ORDER BY id");
    all(db, &sql, [], read)
}

/// One message of a tenant.
pub fn get(db: &Connection, tenant: &str, id: &str) -> Result<Option<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant = ?2 AND id = ?1");
    Ok(all(db, &sql, [id, tenant], read)?.pop())
}

/// The latest attempt at a message, by its first one.
pub fn latest_attempt(db: &Connection, tenant: &str, first: &str) -> Result<Option<Message>> {
    Ok(attempts(db, tenant, first)?.pop())
}

/// Every attempt at a message, by its first one, oldest first.
pub fn attempts(db: &Connection, tenant: &str, first: &str) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?2 AND (id = ?1 OR first = ?1 AND NOT is_first) ORDER BY id"
    );
    all(db, &sql, [first, tenant], read)
}

/// The messages of a verification, oldest first. They are among those to its number.
pub fn of_verification(db: &Connection, v: &Verification) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND verification = ?3 ORDER BY id"
    );
    all(db, &sql, params![v.tenant, v.number_hash, v.id], read)
}

/// A verification and its messages, oldest first.
pub fn with_verification(
    db: &Connection,
    tenant: &str,
    id: &str,
) -> Result<Option<(Verification, Vec<Message>)>> {
    let Some(v) = verifications::get(db, tenant, id)? else {
        return Ok(None);
    };
    let sent = of_verification(db, &v)?;
    Ok(Some((v, sent)))
}

/// The newest messages to a number.
pub fn to_number(
    db: &Connection,
    tenant: &str,
    number_hash: &[u8],
    most: u32,
) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?1 AND number_hash = ?2 ORDER BY id DESC LIMIT ?3"
    );
    all(db, &sql, params![tenant, number_hash, most], read)
}

/// The conditions of a search among a tenant's messages.
#[derive(Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Those in a state.
    pub state: Option<State>,
    /// Those with the provider's serial number.
    pub serial: Option<&'a str>,
    /// Those since a time.
    pub since: Option<i64>,
    /// Those until a time.
    pub until: Option<i64>,
    /// Those before one, by its identifier.
    pub before: Option<&'a str>,
}

/// A page of a tenant's messages, the newest first. Only conditions that are set are in the query, so that an index
/// serves each of them whatever the size of the table.
pub fn page(db: &Connection, tenant: &str, filter: &Filter<'_>, most: u32) -> Result<Vec<Message>> {
    use rusqlite::types::Value;
    let mut sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant = ?");
    let mut values = vec![Value::from(tenant.to_owned())];
    let mut add = |condition: &str, value: Value| {
        sql.push_str(condition);
        values.push(value);
    };
    if let Some(state) = filter.state {
        add(" AND state = ?", state.as_str().to_owned().into());
    }
    if let Some(serial) = filter.serial {
        add(" AND provider_message = ?", serial.to_owned().into());
    }
    if let Some(since) = filter.since {
        add(" AND id >= ?", ids::earliest("m", since).into());
    }
    if let Some(until) = filter.until {
        add(" AND id < ?", ids::earliest("m", until).into());
    }
    if let Some(before) = filter.before {
        add(" AND id < ?", before.to_owned().into());
    }
    let is_rare = |state: &State| !matches!(state, State::Sending | State::Accepted);
    if filter.state.is_some_and(|state| is_rare(&state)) {
        // The condition of the index of rare states.
        sql.push_str(" AND state NOT IN ('sending', 'accepted')");
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(most.into());
    all(db, &sql, rusqlite::params_from_iter(values), read)
}

/// Settles an unknown outcome by an operator's decision. The fields of the connector's response stay.
pub fn settle_unknown(db: &Connection, message: &Message, state: State, now: i64) -> Result<()> {
    db.execute(
        "UPDATE messages SET state = ?2, settled_at = ?3, next_lookup_at = NULL
         WHERE tenant = ?4 AND id = ?1 AND state = 'unknown'",
        params![message.id, state.as_str(), now, message.tenant],
    )?;
    moved(db, message, state)
}

/// Times of the first attempts to a number in a time range, in every state: the newest first, `most` at most.
pub fn to_number_in(
    db: &Connection,
    tenant: &str,
    number_hash: &[u8],
    time: Range<i64>,
    most: u32,
) -> Result<Vec<i64>> {
    all(
        db,
        "SELECT created_at FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND id >= ?3 AND id < ?4 AND is_first
         ORDER BY id DESC LIMIT ?5",
        params![
            tenant,
            number_hash,
            ids::earliest("m", time.start),
            ids::earliest("m", time.end),
            most
        ],
        |row| Ok(row.get(0)?),
    )
}

/// The newest message of a connector that has a provider's serial number.
pub fn by_serial(
    db: &Connection,
    tenant: &str,
    connector: &str,
    serial: &str,
) -> Result<Option<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE connector = ?1 AND provider_message = ?2 AND tenant = ?3 ORDER BY id DESC LIMIT 1"
    );
    Ok(all(db, &sql, [connector, serial, tenant], read)?.pop())
}

/// Marks the code of a message as used; `is_reported` schedules the report to its provider. Returns true if it was not
/// marked before.
pub fn mark_verified(
    db: &Connection,
    tenant: &str,
    id: &str,
    now: i64,
    is_reported: bool,
) -> Result<bool> {
    let marked = db
        .prepare_cached(
            "UPDATE messages SET verified_at = ?3, next_report_at = ?4
             WHERE tenant = ?2 AND id = ?1 AND verified_at IS NULL",
        )?
        .execute(params![id, tenant, now, is_reported.then_some(now)])?;
    Ok(marked > 0)
}

/// The connector of the latest message of a verification, and its state.
pub fn latest_of(db: &Connection, v: &Verification) -> Result<Option<(String, String, State)>> {
    Ok(db
        .prepare_cached(
            "SELECT id, connector, state FROM messages
             WHERE tenant = ?1 AND number_hash = ?2 AND verification = ?3 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![v.tenant, v.number_hash, v.id], |row| {
            let state: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, state))
        })
        .optional()?
        .map(|(id, connector, state): (String, String, String)| {
            (
                id,
                connector,
                State::parse(&state).unwrap_or(State::Unknown),
            )
        }))
}
