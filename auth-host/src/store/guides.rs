//! Guides of plugins, one in each language.

use super::registry::all;
use super::writer::Result;
use rusqlite::{Connection, params};

/// Puts a plugin's guides in the place of those that it had.
pub fn put(db: &Connection, plugin: &str, guides: &[(String, String)]) -> Result<()> {
    db.execute("DELETE FROM guides WHERE plugin = ?1", [plugin])?;
    for (language, text) in guides {
        db.execute(
            "INSERT OR REPLACE INTO guides (plugin, language, text) VALUES (?1, ?2, ?3)",
            params![plugin, language, text],
        )?;
    }
    Ok(())
}

/// A plugin's guides: language and text.
pub fn of_plugin(db: &Connection, plugin: &str) -> Result<Vec<(String, String)>> {
    let sql = "SELECT language, text FROM guides WHERE plugin = ?1 ORDER BY language";
    all(db, sql, [plugin], |row| Ok((row.get(0)?, row.get(1)?)))
}
