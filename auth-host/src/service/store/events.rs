//! Rows of events: each tenant's address for them, and the events that were not accepted yet.

use super::rows::{all, changed, distinct, touch};
use super::writer::Result;
use rusqlite::{Connection, params};

/// How long delivery of an event is tried, in milliseconds: three days.
pub const KEPT_MS: i64 = 72 * 3_600_000;

/// The address to which a tenant's events are posted.
#[derive(Clone)]
pub struct Target {
    /// Its tenant.
    pub tenant: String,
    /// The address as it is shown, without its query.
    pub url: String,
    /// The secret that signs them and the whole address, encrypted.
    pub secret: Vec<u8>,
}

/// An event.
pub struct Event {
    /// Its identifier, the same at each attempt.
    pub id: String,
    /// Its body, JSON.
    pub body: String,
    /// When it happened.
    pub created_at: i64,
    /// How often it was posted.
    pub attempts: u32,
}

/// All targets.
pub fn targets(db: &Connection) -> Result<Vec<Target>> {
    let sql = "SELECT tenant, url, secret FROM event_targets ORDER BY tenant";
    all(db, sql, [], |row| {
        Ok(Target {
            tenant: row.get(0)?,
            url: row.get(1)?,
            secret: row.get(2)?,
        })
    })
}

/// Sets a target.
pub fn put_target(db: &Connection, target: &Target, now: i64) -> Result<()> {
    db.execute(
        "INSERT INTO event_targets (tenant, url, secret, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (tenant) DO UPDATE SET url = ?2, secret = ?3",
        params![target.tenant, target.url, target.secret, now],
    )?;
    touch(db)
}

/// Removes a target, and the events that wait for it. Returns true if there was one.
pub fn delete_target(db: &Connection, tenant: &str) -> Result<bool> {
    db.execute("DELETE FROM events WHERE tenant = ?1", [tenant])?;
    changed(db, "DELETE FROM event_targets WHERE tenant = ?1", [tenant])
}

/// Stores a target that was encrypted again.
pub fn replace_secret(db: &Connection, target: &Target) -> Result<()> {
    db.execute(
        "UPDATE event_targets SET url = ?2, secret = ?3 WHERE tenant = ?1",
        params![target.tenant, target.url, target.secret],
    )?;
    Ok(())
}

/// Stores an event that is to be posted at once.
pub fn add(db: &Connection, id: &str, tenant: &str, body: &str, now: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO events (id, tenant, body, created_at, next_at) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?
    .execute(params![id, tenant, body, now])?;
    Ok(())
}

/// The tenants that have events.
pub fn tenants(db: &Connection) -> Result<Vec<String>> {
    distinct(db, "SELECT min(tenant) FROM events WHERE tenant > ?1")
}

/// A tenant's events that are due, those first that have been due for longest.
pub fn due(db: &Connection, tenant: &str, now: i64, most: u32) -> Result<Vec<Event>> {
    let sql =
        "SELECT id, body, created_at, attempts FROM events WHERE tenant = ?1 AND next_at <= ?2
               ORDER BY next_at, id LIMIT ?3";
    all(db, sql, params![tenant, now, most], |row| {
        Ok(Event {
            id: row.get(0)?,
            body: row.get(1)?,
            created_at: row.get(2)?,
            attempts: row.get(3)?,
        })
    })
}

/// Deletes an event that was accepted or is given up.
pub fn remove(db: &Connection, id: &str) -> Result<()> {
    db.execute("DELETE FROM events WHERE id = ?1", [id])?;
    Ok(())
}

/// Sets when an event is posted again.
pub fn postpone(db: &Connection, id: &str, at: i64) -> Result<()> {
    db.execute(
        "UPDATE events SET attempts = attempts + 1, next_at = ?2 WHERE id = ?1",
        params![id, at],
    )?;
    Ok(())
}

/// How many events of a tenant wait.
pub fn waiting(db: &Connection, tenant: &str) -> Result<i64> {
    Ok(db.query_row(
        "SELECT count(*) FROM events WHERE tenant = ?1",
        [tenant],
        |row| row.get(0),
    )?)
}
