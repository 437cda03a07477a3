//! Retention, forgetting of numbers, and re-encryption under a new key.

use super::limits::{self, HOUR_MS, NETWORK, VERIFIED_NETWORK, WRONG_CODES};
use super::registry;
use super::rows::all;
use super::webhooks;
use super::writer::Result;
use super::{events, idempotency};
use crate::service::ids;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

/// How long counters are kept: the rule about unverified sends looks back 14 days, figures a year.
const COUNTERS_MS: i64 = 366 * 24 * HOUR_MS;

/// How long counters of networks are kept: limits look back a day, and a network may identify a person.
const NETWORKS_MS: i64 = 48 * HOUR_MS;

/// The most rows that one transaction deletes, so that no send waits long.
const ROWS: i64 = 5_000;

/// Deletes rows that are past their retention. Returns how many rows were deleted; call again until it returns 0.
pub fn sweep(db: &Connection, now: i64) -> Result<usize> {
    let mut removed = 0;
    for tenant in registry::tenants(db)? {
        let before = now - i64::from(tenant.settings.retention_days) * 24 * HOUR_MS;
        // A verification is found by its messages, which are younger, and is deleted before them.
        for (table, kind) in [("verifications", "v"), ("messages", "m")] {
            removed += db.execute(
                &format!(
                    "DELETE FROM {table} WHERE tenant = ?1 AND id IN
                     (SELECT id FROM {table} WHERE tenant = ?1 AND id < ?2 ORDER BY id LIMIT ?3)"
                ),
                params![tenant.id, ids::earliest(kind, before), ROWS],
            )?;
        }
        removed += db.execute(
            "DELETE FROM counters WHERE (tenant, scope, subject, hour) IN
             (SELECT tenant, scope, subject, hour FROM counters
              WHERE tenant = ?1 AND scope IN (?2, ?3) AND hour < ?4 LIMIT ?5)",
            params![
                tenant.id,
                NETWORK,
                VERIFIED_NETWORK,
                (now - NETWORKS_MS) / HOUR_MS,
                ROWS
            ],
        )?;
    }
    // Events of a tenant whose address accepts none wait in order, and not each of them is tried before it expires.
    removed += db.execute(
        "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id < ?1 ORDER BY id LIMIT ?2)",
        params![ids::earliest("e", now - events::KEPT_MS), ROWS],
    )?;
    removed += db.execute(
        "DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE created_at < ?1 LIMIT ?2)",
        [now - idempotency::KEPT_MS, ROWS],
    )?;
    removed += db.execute(
        "DELETE FROM webhook_keys WHERE (tenant, key) IN
         (SELECT tenant, key FROM webhook_keys WHERE created_at < ?1 LIMIT ?2)",
        [now - webhooks::KEPT_MS, ROWS],
    )?;
    if removed > 0 {
        return Ok(removed);
    }
    // Once for each sweep: buckets have no index by time.
    removed += db.execute(
        "DELETE FROM counters WHERE hour < ?1",
        [(now - COUNTERS_MS) / HOUR_MS],
    )?;
    limits::correct(db, now)?;
    // The longest bucket empties in a day.
    removed += db.execute("DELETE FROM buckets WHERE at < ?1", [now - 48 * HOUR_MS])?;
    removed += db.execute("DELETE FROM test_numbers WHERE expires_at < ?1", [now])?;
    Ok(removed)
}

/// Deletes everything about a number, and the waiting events that name it. Returns how many rows were deleted. Keys of
/// its requests stay used, without their responses, also for requests under way: a repeated request must send nothing.
pub fn forget(db: &Connection, tenant: &str, number_hash: &[u8]) -> Result<usize> {
    db.execute(
        "UPDATE idempotency SET status = NULL, answer = NULL, process = '' WHERE tenant = ?1
         AND subject IN (SELECT id FROM messages WHERE tenant = ?1 AND number_hash = ?2 UNION ALL
         SELECT verification FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND verification IS NOT NULL)",
        params![tenant, number_hash],
    )?;
    let mut removed = db.execute(
        "DELETE FROM events WHERE tenant = ?1 AND (body ->> '$.data.message_id' IN
         (SELECT id FROM messages WHERE tenant = ?1 AND number_hash = ?2) OR body ->> '$.data.verification_id' IN
         (SELECT verification FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND verification IS NOT NULL))",
        params![tenant, number_hash],
    )?;
    removed += db.execute(
        "DELETE FROM verifications WHERE tenant = ?1
         AND id IN (SELECT verification FROM messages WHERE tenant = ?1 AND number_hash = ?2)",
        params![tenant, number_hash],
    )?;
    for table in ["messages", "test_numbers"] {
        removed += db.execute(
            &format!("DELETE FROM {table} WHERE tenant = ?1 AND number_hash = ?2"),
            params![tenant, number_hash],
        )?;
    }
    removed += db.execute(
        "DELETE FROM buckets WHERE tenant = ?1 AND subject = ?2",
        params![tenant, number_hash],
    )?;
    registry::touch(db)?;
    Ok(removed)
}

/// An encrypted value and its location.
pub struct Encrypted {
    /// The table.
    pub table: &'static str,
    /// The row: an identifier, or the hash of a test number.
    pub row: Value,
    /// The tenant.
    pub tenant: String,
    /// The value.
    pub value: Vec<u8>,
}

/// Every encrypted number of a table.
pub fn encrypted_numbers(db: &Connection, table: &'static str) -> Result<Vec<Encrypted>> {
    let row = if table == "test_numbers" {
        "number_hash"
    } else {
        "id"
    };
    all(
        db,
        &format!("SELECT {row}, tenant, number FROM {table}"),
        [],
        |row| {
            Ok(Encrypted {
                table,
                row: row.get(0)?,
                tenant: row.get(1)?,
                value: row.get(2)?,
            })
        },
    )
}

/// Replaces a number with the one that was encrypted again, and its hash.
pub fn replace_number(db: &Connection, old: &Encrypted, value: &[u8], hash: &[u8]) -> Result<()> {
    let (table, row) = match old.table {
        "test_numbers" => ("test_numbers", "number_hash"),
        "messages" => ("messages", "id"),
        _ => ("verifications", "id"),
    };
    db.execute(
        &format!(
            "UPDATE {table} SET number = ?3, number_hash = ?4 WHERE tenant = ?1 AND {row} = ?2"
        ),
        params![old.tenant, old.row, value, hash],
    )?;
    Ok(())
}

/// Moves the bucket of a number's wrong codes to its new hash.
pub fn move_bucket(db: &Connection, tenant: &str, old: &[u8], new: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE OR REPLACE buckets SET subject = ?4 WHERE tenant = ?1 AND scope = ?2 AND subject = ?3",
        params![tenant, WRONG_CODES, old, new],
    )?;
    Ok(())
}

/// Stores a config that was encrypted again.
pub fn replace_config(db: &Connection, id: &str, config: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE connectors SET config = ?2 WHERE id = ?1",
        params![id, config],
    )?;
    Ok(())
}

/// Replaces a test number's code with the one that was encrypted again.
pub fn replace_code(db: &Connection, tenant: &str, hash: &[u8], code: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE test_numbers SET code = ?3 WHERE tenant = ?1 AND number_hash = ?2",
        params![tenant, hash, code],
    )?;
    Ok(())
}
