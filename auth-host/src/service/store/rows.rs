//! Reading and changing of rows, the settings of the whole host, and the revision of the configuration.

use super::writer::{Result, StoreError};
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a column of JSON.
pub(super) fn json<T: DeserializeOwned>(text: &str, table: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Row(table))
}

/// Writes a column of JSON.
pub(super) fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

/// All values of a column, each found by an index: `sql` selects the least value above its parameter.
pub(super) fn distinct(db: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut next = db.prepare_cached(sql)?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let last = found.last().map_or("", String::as_str);
        match next.query_row([last], |row| row.get(0))? {
            Some(value) => found.push(value),
            None => return Ok(found),
        }
    }
}

/// Reads all rows of a query.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Changes the configuration. Returns true if the statement changed a row.
pub(super) fn changed(db: &Connection, sql: &str, params: impl Params) -> Result<bool> {
    let changed = db.execute(sql, params)?;
    touch(db)?;
    Ok(changed > 0)
}

/// Reads the one column of the row that a key identifies, if there is one.
pub(super) fn one<T: FromSql>(db: &Connection, sql: &str, key: &str) -> Result<Option<T>> {
    let mut query = db.prepare_cached(sql)?;
    Ok(query.query_row([key], |row| row.get(0)).optional()?)
}

/// The setting with the addresses at which the service listens, for commands in processes of their own.
pub const LISTENERS: &str = "listeners";

/// A setting of the whole host.
pub fn setting(db: &Connection, key: &str) -> Result<Option<String>> {
    one(db, "SELECT value FROM settings WHERE key = ?1", key)
}

/// Sets a setting of the whole host.
pub fn put_setting(db: &Connection, key: &str, value: &str) -> Result<()> {
    db.prepare_cached("INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
        .execute([key, value])?;
    Ok(())
}

/// Marks the configuration as changed, so that a running service reads it again.
pub fn touch(db: &Connection) -> Result<()> {
    put_setting(db, "revision", &crate::service::ids::new("r"))
}
