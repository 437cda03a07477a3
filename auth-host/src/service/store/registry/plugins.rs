//! Rows of installed plugins.

use crate::service::store::Result;
use crate::service::store::rows::{all, changed, json, one, text, touch};
use auth_connector_registry::Facts;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// An installed plugin, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The name that connectors refer to.
    pub id: String,
    /// SHA-256 of its component, 64 hexadecimal digits.
    pub digest: String,
    /// The manifest of its package, as it was signed.
    pub manifest: Option<Vec<u8>>,
    /// The manifest's signature.
    pub signature: Option<Vec<u8>>,
    /// The origins that an administrator granted.
    pub origins: Vec<String>,
    /// Origins that it was granted although its manifest does not list them.
    pub beyond: Vec<String>,
    /// The limits that an administrator granted, by their keys in a manifest; the host's own for the others.
    pub limits: BTreeMap<String, u64>,
    /// Facts recorded when it was added.
    pub facts: Facts,
    /// When it was added.
    pub added_at: i64,
}

/// All plugins, without their bytes.
pub fn plugins(db: &Connection) -> Result<Vec<Plugin>> {
    let sql = "SELECT id, digest, manifest, signature, origins, beyond, limits, facts, added_at FROM plugins ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Plugin {
            id: row.get(0)?,
            digest: row.get(1)?,
            manifest: row.get(2)?,
            signature: row.get(3)?,
            origins: json(&row.get::<_, String>(4)?, "plugins")?,
            beyond: json(&row.get::<_, String>(5)?, "plugins")?,
            limits: json(&row.get::<_, String>(6)?, "plugins")?,
            facts: json(&row.get::<_, String>(7)?, "plugins")?,
            added_at: row.get(8)?,
        })
    })
}

/// The bytes of a plugin's component.
pub fn component(db: &Connection, id: &str) -> Result<Option<Vec<u8>>> {
    one(db, "SELECT component FROM plugins WHERE id = ?1", id)
}

/// Installs a plugin, or replaces one.
pub fn put_plugin(db: &Connection, plugin: &Plugin, component: &[u8]) -> Result<()> {
    db.execute(
        "INSERT INTO plugins (id, digest, component, manifest, signature, origins, beyond, limits, facts, added_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET digest = ?2, component = ?3,
         manifest = ?4, signature = ?5, origins = ?6, beyond = ?7, limits = ?8, facts = ?9, added_at = ?10",
        params![
            plugin.id,
            plugin.digest,
            component,
            plugin.manifest,
            plugin.signature,
            text(&plugin.origins)?,
            text(&plugin.beyond)?,
            text(&plugin.limits)?,
            text(&plugin.facts)?,
            plugin.added_at
        ],
    )?;
    touch(db)
}

/// Returns true if a connector uses a plugin.
pub fn has_connectors(db: &Connection, id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM connectors WHERE plugin = ?1)";
    Ok(db.query_row(sql, [id], |row| row.get(0))?)
}

/// Removes a plugin that no connector uses. Returns true if there was one.
pub fn delete_plugin(db: &Connection, id: &str) -> Result<bool> {
    changed(db, "DELETE FROM plugins WHERE id = ?1", [id])
}
