//! Guides of plugins, one in each language, and their logos.

use super::rows::{all, one};
use super::writer::Result;
use auth_connector_registry::guides::Texts;
use rusqlite::{Connection, params};

/// Replaces a plugin's guides and its logo.
pub fn put(db: &Connection, plugin: &str, texts: &Texts) -> Result<()> {
    db.execute("DELETE FROM guides WHERE plugin = ?1", [plugin])?;
    db.execute("DELETE FROM logos WHERE plugin = ?1", [plugin])?;
    for (language, text) in &texts.guides {
        db.execute(
            "INSERT OR REPLACE INTO guides (plugin, language, text) VALUES (?1, ?2, ?3)",
            params![plugin, language, text],
        )?;
    }
    if let Some(logo) = &texts.logo {
        db.execute(
            "INSERT INTO logos (plugin, svg) VALUES (?1, ?2)",
            params![plugin, logo],
        )?;
    }
    Ok(())
}

/// A plugin's guides: language and text.
pub fn of_plugin(db: &Connection, plugin: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT language, text FROM guides WHERE plugin = ?1 ORDER BY language";
    all(db, sql, [plugin], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// A plugin's logo.
pub fn logo(db: &Connection, plugin: &str) -> Result<Option<Vec<u8>>> {
    one(db, "SELECT svg FROM logos WHERE plugin = ?1", plugin)
}
