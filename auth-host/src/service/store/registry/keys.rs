//! Rows of API keys.

use crate::service::store::Result;
use crate::service::store::rows::{all, changed, json, text, touch};
use rusqlite::{Connection, params};

/// An API key, of which only a hash is stored.
#[derive(Clone)]
pub struct Key {
    /// Its identifier, the part of the key that is not a secret.
    pub id: String,
    /// The tenant that it acts for; none for a host administrator.
    pub tenant: Option<String>,
    /// Its name for people.
    pub name: String,
    /// SHA-256 of the whole key.
    pub hash: Vec<u8>,
    /// The scopes that it is granted.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// All keys, revoked ones included.
pub fn keys(db: &Connection) -> Result<Vec<Key>> {
    let sql = "SELECT id, tenant, name, hash, scopes, created_at, revoked_at FROM keys ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Key {
            id: row.get(0)?,
            tenant: row.get(1)?,
            name: row.get(2)?,
            hash: row.get(3)?,
            scopes: json(&row.get::<_, String>(4)?, "keys")?,
            created_at: row.get(5)?,
            revoked_at: row.get(6)?,
        })
    })
}

/// Stores a key.
pub fn add_key(db: &Connection, key: &Key) -> Result<()> {
    db.execute(
        "INSERT INTO keys (id, tenant, name, hash, scopes, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![key.id, key.tenant, key.name, key.hash, text(&key.scopes)?, key.created_at],
    )?;
    touch(db)
}

/// Revokes a key. Returns true if there was one that was not revoked.
pub fn revoke_key(db: &Connection, id: &str) -> Result<bool> {
    changed(
        db,
        "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id, crate::service::ids::now_ms()],
    )
}
