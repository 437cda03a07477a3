//! Rows of callback tokens, and changes to messages by receipts and reports.

use super::figures;
use super::message::{Message, State};
use super::messages;
use super::rows::{all, changed, touch};
use super::writer::Result;
use rusqlite::{Connection, params};

/// The secret part of an address that a provider calls back, as its hash.
#[derive(Clone)]
pub struct Token {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// The connector whose messages it is about.
    pub connector: String,
    /// SHA-256 of it.
    pub hash: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
}

/// All tokens.
pub fn tokens(db: &Connection) -> Result<Vec<Token>> {
    let sql = "SELECT id, tenant, connector, hash, created_at FROM callback_tokens ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Token {
            id: row.get(0)?,
            tenant: row.get(1)?,
            connector: row.get(2)?,
            hash: row.get(3)?,
            created_at: row.get(4)?,
        })
    })
}

/// Stores a token.
pub fn add(db: &Connection, token: &Token) -> Result<()> {
    db.execute(
        "INSERT INTO callback_tokens (id, tenant, connector, hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![token.id, token.tenant, token.connector, token.hash, token.created_at],
    )?;
    touch(db)
}

/// Removes a token. Returns true if there was one.
pub fn delete(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    changed(
        db,
        "DELETE FROM callback_tokens WHERE id = ?1 AND tenant = ?2",
        [id, tenant],
    )
}

/// The message that a receipt is about: by its correlation id, or else by the provider's serial number.
pub fn find(
    db: &Connection,
    tenant: &str,
    connector: &str,
    correlation_id: Option<&str>,
    serial: &str,
) -> Result<Option<Message>> {
    if let Some(id) = correlation_id
        && let Some(found) = messages::get(db, tenant, id)?
    {
        return Ok((found.connector == connector).then_some(found));
    }
    messages::by_serial(db, tenant, connector, serial)
}

/// Stores the state that a receipt reported for a message.
pub fn settle(
    db: &Connection,
    message: &Message,
    state: State,
    serial: &str,
    now: i64,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET state = ?2, settled_at = ?3, next_lookup_at = NULL,
         provider_message = coalesce(provider_message, ?4) WHERE tenant = ?5 AND id = ?1",
    )?
    .execute(params![
        message.id,
        state.as_str(),
        now,
        serial,
        message.tenant
    ])?;
    figures::moved(db, message, state)
}

/// Sets when a used code is reported, or that nothing is left to report.
pub fn report_at(db: &Connection, message: &Message, at: Option<i64>) -> Result<()> {
    db.prepare_cached("UPDATE messages SET next_report_at = ?3 WHERE tenant = ?1 AND id = ?2")?
        .execute(params![message.tenant, message.id, at])?;
    Ok(())
}
