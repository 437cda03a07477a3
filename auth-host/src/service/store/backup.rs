//! Copies of the database: to a backup, and back into its place.
//!
//! A copy is written under another name, and gets its own once it is complete.

use super::open::{OpenError, PATIENCE, SCHEMA, migrate};
use super::restored::{self, Ended};
use super::writer::StoreError;
use crate::files;
use crate::mask;
use crate::service::private_files::Part;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};

/// Tables that every schema of this program has.
const TABLES: &str = "'messages', 'settings', 'tenants', 'verifications'";

/// Why a database was not copied. There is no copy then.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The copy's name is taken.
    #[error("the file {} exists. Name another", mask::path(.0))]
    Exists(PathBuf),
    /// The source cannot be read.
    #[error("{} cannot be read: {reason}", mask::path(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The source is not a database of this program, or is damaged.
    #[error(
        "{} is no database of auth-host: {reason}. Name the file that `auth-host backup` made",
        mask::path(path)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A newer program made it.
    #[error(
        "the backup {} has schema {found}, and this program knows {SCHEMA} at most. Use the newer auth-host that made it",
        mask::path(path)
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: usize,
    },
    /// It cannot be brought up to this program's schema.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy cannot be written.
    #[error("{} cannot be written: {reason}", mask::path(path))]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Copies a database that may be in use to a new file that its owner alone can read.
///
/// # Errors
///
/// [`CopyError`], before anything is made where the name is taken or there is no database.
pub fn backup(from: &Path, to: &Path) -> Result<(), CopyError> {
    let (source, _) = recognise(from)?;
    copy(&source, to, |_| Ok(()))
}

/// Copies a backup to the database's path, where no file is, after its pages were checked. The copy gets its name once
/// everything that it would make valid again has ended.
///
/// # Errors
///
/// [`CopyError`].
pub fn restore(from: &Path, to: &Path, actor: &str) -> Result<Ended, CopyError> {
    let (source, found) = recognise(from)?;
    if found > SCHEMA {
        return Err(CopyError::Newer {
            path: from.to_owned(),
            found,
        });
    }
    match source.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)) {
        Ok(said) if said == "ok" => copy(&source, to, |part| end(part, from, to, actor)),
        Ok(said) => Err(foreign(from, said)),
        Err(error) => Err(foreign(from, error)),
    }
}

/// Ends everything that a copy would make valid again.
fn end(part: &Path, from: &Path, to: &Path, actor: &str) -> Result<Ended, CopyError> {
    let unwritable = |error: StoreError| CopyError::Unwritable {
        path: to.to_owned(),
        reason: error.to_string(),
    };
    let failed = |error: rusqlite::Error| unwritable(error.into());
    let mut db = Connection::open(part).map_err(failed)?;
    // In one file, because the copy gets its name without companion files.
    db.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
        .map_err(failed)?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")
        .map_err(failed)?;
    migrate(&mut db, from)?;
    let transaction = db.transaction().map_err(failed)?;
    let ended =
        restored::end(&transaction, actor, crate::service::ids::now_ms()).map_err(unwritable)?;
    transaction.commit().map_err(failed)?;
    Ok(ended)
}

/// Opens a database of this program, and returns it with its schema. Creates no file.
fn recognise(path: &Path) -> Result<(Connection, usize), CopyError> {
    // SQLite would wait for a pipe's other end.
    let file = files::open(path).and_then(|file| file.metadata());
    let found = file.map_err(|reason| CopyError::Unreadable {
        path: path.to_owned(),
        reason,
    })?;
    // SQLite removes the log of an empty database.
    if found.len() == 0 {
        return Err(foreign(path, "it is empty"));
    }
    let look = || {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db.busy_timeout(PATIENCE)?;
        let schema: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let tables = format!(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ({TABLES})"
        );
        let tables: i64 = db.query_row(&tables, [], |row| row.get(0))?;
        Ok::<_, rusqlite::Error>((db, schema, tables))
    };
    let (db, schema, tables) = look().map_err(|error| foreign(path, error))?;
    if schema == 0 || tables != 4 {
        return Err(foreign(path, "its tables are missing"));
    }
    Ok((db, schema as usize))
}

fn foreign(path: &Path, reason: impl ToString) -> CopyError {
    CopyError::Foreign {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

/// Copies a database, and gives the copy its name after `finish`.
fn copy<T>(
    source: &Connection,
    to: &Path,
    finish: impl FnOnce(&Path) -> Result<T, CopyError>,
) -> Result<T, CopyError> {
    if to.symlink_metadata().is_ok() {
        return Err(CopyError::Exists(to.to_owned()));
    }
    let part = Part::beside(to);
    let unwritable = |reason: String| CopyError::Unwritable {
        path: to.to_owned(),
        reason,
    };
    part.create()
        .map_err(|error| unwritable(error.to_string()))?;
    rows(source, part.path()).map_err(|error| unwritable(said(&error)))?;
    let finished = finish(part.path())?;
    let file = std::fs::File::open(part.path()).and_then(|file| file.sync_all());
    file.map_err(|error| unwritable(error.to_string()))?;
    part.name().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => CopyError::Exists(to.to_owned()),
        _ => unwritable(error.to_string()),
    })?;
    Ok(finished)
}

/// Copies every row in one read transaction, while others may commit. Deleted content is left out
/// (sqlite.org/lang_vacuum, section 3).
fn rows(source: &Connection, to: &Path) -> rusqlite::Result<()> {
    let to = to.as_os_str().as_encoded_bytes();
    let to = ToSqlOutput::Borrowed(ValueRef::Text(to));
    source.execute("VACUUM INTO ?1", [to]).map(drop)
}

fn said(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "its disk is full. Free some of it, or name another".to_owned()
        }
        _ => error.to_string(),
    }
}
