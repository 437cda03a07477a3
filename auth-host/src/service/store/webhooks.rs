//! Rows of webhooks, and of the requests to them.

use super::rows::{all, changed, touch};
use super::writer::Result;
use rusqlite::{Connection, OptionalExtension, params};

/// How long a request to a webhook is remembered, in milliseconds: 72 hours, as for idempotency keys.
pub const KEPT_MS: i64 = super::idempotency::KEPT_MS;

/// A webhook.
#[derive(Clone)]
pub struct Webhook {
    /// Its identifier, a part of its address.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Its name, unique within the tenant.
    pub name: String,
    /// Its settings, a JSON text.
    pub settings: String,
    /// Its secrets, an encrypted JSON list.
    pub secrets: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed.
    pub updated_at: i64,
}

/// The stored record of a request.
pub struct Remembered {
    /// The keyed hash of its content.
    pub request: Vec<u8>,
    /// The connectors that it was sent by, with their versions.
    pub route: Vec<u8>,
    /// The first attempt at its message.
    pub message: String,
    /// When it arrived.
    pub created_at: i64,
}

/// All webhooks.
pub fn webhooks(db: &Connection) -> Result<Vec<Webhook>> {
    let sql = "SELECT id, tenant, name, settings, secrets, created_at, updated_at FROM webhooks ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Webhook {
            id: row.get(0)?,
            tenant: row.get(1)?,
            name: row.get(2)?,
            settings: row.get(3)?,
            secrets: row.get(4)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
        })
    })
}

/// Makes a webhook, or changes the one whose encrypted secrets were `before`: each change encrypts them again. Returns
/// false if another change came first, or the webhook was removed.
pub fn put(db: &Connection, webhook: &Webhook, before: Option<&[u8]>) -> Result<bool> {
    let changed = match before {
        None => db.execute(
            "INSERT OR IGNORE INTO webhooks (id, tenant, name, settings, secrets, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                webhook.id,
                webhook.tenant,
                webhook.name,
                webhook.settings,
                webhook.secrets,
                webhook.created_at,
                webhook.updated_at
            ],
        )?,
        Some(before) => db.execute(
            "UPDATE webhooks SET settings = ?3, secrets = ?4, updated_at = ?5
             WHERE id = ?1 AND tenant = ?2 AND secrets = ?6",
            params![
                webhook.id,
                webhook.tenant,
                webhook.settings,
                webhook.secrets,
                webhook.updated_at,
                before
            ],
        )?,
    };
    touch(db)?;
    Ok(changed > 0)
}

/// Removes a webhook. Returns true if there was one.
pub fn delete(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    changed(
        db,
        "DELETE FROM webhooks WHERE id = ?1 AND tenant = ?2",
        [id, tenant],
    )
}

/// Replaces secrets with those that were encrypted again.
pub fn replace_secrets(db: &Connection, id: &str, secrets: &[u8]) -> Result<()> {
    db.execute(
        "UPDATE webhooks SET secrets = ?2 WHERE id = ?1",
        params![id, secrets],
    )?;
    Ok(())
}

/// The record stored under a key.
pub fn remembered(db: &Connection, tenant: &str, key: &[u8]) -> Result<Option<Remembered>> {
    Ok(db
        .prepare_cached(
            "SELECT request, route, message, created_at FROM webhook_keys WHERE tenant = ?1 AND key = ?2",
        )?
        .query_row(params![tenant, key], |row| {
            Ok(Remembered {
                request: row.get(0)?,
                route: row.get(1)?,
                message: row.get(2)?,
                created_at: row.get(3)?,
            })
        })
        .optional()?)
}

/// Stores a request under a key, replacing an earlier one that no longer counts.
pub fn remember(db: &Connection, tenant: &str, key: &[u8], request: &Remembered) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO webhook_keys (tenant, key, request, route, message, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        tenant,
        key,
        request.request,
        request.route,
        request.message,
        request.created_at
    ])?;
    Ok(())
}
