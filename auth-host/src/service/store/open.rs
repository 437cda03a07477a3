//! Opening of the database file: durability and migrations.

use super::writer::{Store, StoreError};
use crate::mask;
use crate::service::private_files::{Part, companions};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

/// The migrations, in order. A released one is never changed.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// The newest schema that this program supports.
pub const SCHEMA: usize = MIGRATIONS.len();

/// How long a write waits for another program that locks the file.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Why the database does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer program made it.
    #[error(
        "the database {path} has schema {found}, and this program knows {SCHEMA} at most. Use the newer auth-host that \
        wrote it, or restore a backup from before"
    )]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: usize,
    },
    /// Another program made it, or an unfinished version of this one.
    #[error(
        "the database {path} is not of this program: {what}. Nothing was changed. Name another folder, or use the \
        program that made it"
    )]
    Foreign {
        /// The file.
        path: String,
        /// The difference found.
        what: String,
    },
    /// The file was removed or truncated, and its companion files are still there.
    #[error(
        "the database {path} {found}. Nothing was read or changed. Put it back, whole and with its -wal file; or move \
        all that is left of it away and restore a backup"
    )]
    Lost {
        /// The file.
        path: String,
        /// The condition found.
        found: String,
    },
    /// The file system does not support durable writes.
    #[error("the database {path} cannot be used: {what}. Put it on a local file system")]
    Unsafe {
        /// The file.
        path: String,
        /// The reason.
        what: String,
    },
    /// Anything else.
    #[error("the database {path} cannot be opened: {reason}")]
    Failed {
        /// The file.
        path: String,
        /// Why.
        reason: StoreError,
    },
}

/// Opens the database, or makes it, and brings its schema up to date.
///
/// # Errors
///
/// [`OpenError`] when it is newer than the program, not durable, or not a database.
pub fn open(path: &Path) -> Result<Store, OpenError> {
    let failed = |reason: StoreError| OpenError::Failed {
        path: mask::path(path),
        reason,
    };
    if is_new(path)? {
        make(path)?;
    }
    let flags = OpenFlags::default() & !OpenFlags::SQLITE_OPEN_CREATE;
    let mut writer =
        Connection::open_with_flags(path, flags).map_err(|error| failed(error.into()))?;
    writer
        .busy_timeout(PATIENCE)
        .map_err(|error| failed(error.into()))?;
    migrate(&mut writer, path)?;
    durable(&writer, path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reader = Connection::open_with_flags(path, flags).map_err(|error| failed(error.into()))?;
    reader
        .busy_timeout(PATIENCE)
        .map_err(|error| failed(error.into()))?;
    Store::new(writer, reader).map_err(failed)
}

/// Returns true if there is no database yet. A removed one is not new: SQLite would delete its log, and the latest
/// writes with it.
///
/// # Errors
///
/// [`OpenError::Lost`] when it is missing and its log is there, or when it is empty.
pub fn is_new(path: &Path) -> Result<bool, OpenError> {
    let lost = |found: String| {
        Err(OpenError::Lost {
            path: mask::path(path),
            found,
        })
    };
    // Before the database is checked: another process may make it now, and its log after it.
    let left = companions(path);
    let left = left.iter().find(|left| left.symlink_metadata().is_ok());
    match (path.metadata(), left) {
        (Ok(found), _) if found.len() > 0 => Ok(false),
        (Ok(_), _) => lost(
            "is empty: it was cut off, or is a copy that did not end. A host that begins anew needs the file removed"
                .to_owned(),
        ),
        (Err(error), _) if error.kind() != ErrorKind::NotFound => Err(OpenError::Failed {
            path: mask::path(path),
            reason: StoreError::Failed(error.to_string()),
        }),
        (Err(_), Some(left)) => lost(format!(
            "is missing, and {} is there, which belongs to it",
            mask::path(left)
        )),
        (Err(_), None) if path.symlink_metadata().is_ok() => {
            lost("is a link to a file that is missing".to_owned())
        }
        (Err(_), None) => Ok(true),
    }
}

/// Makes a database under another name, so that no other process opens an incomplete one.
fn make(path: &Path) -> Result<(), OpenError> {
    let failed = |reason: String| OpenError::Failed {
        path: mask::path(path),
        reason: StoreError::Failed(reason),
    };
    let part = Part::beside(path);
    part.create().map_err(|error| failed(error.to_string()))?;
    let mut made = Connection::open(part.path()).map_err(|error| failed(error.to_string()))?;
    migrate(&mut made, path)?;
    drop(made);
    match part.name() {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        named => named.map_err(|error| failed(error.to_string())),
    }
}

/// Sets the options that at-most-once depends on, and reads them back.
fn durable(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let set = || {
        let journal = write_ahead(connection)?;
        connection.execute_batch(
            // Deleted content is overwritten (sqlite.org/pragma, secure_delete).
            "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;",
        )?;
        let synchronous: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
        Ok::<_, rusqlite::Error>((journal, synchronous))
    };
    let (journal, synchronous) = set().map_err(|error| OpenError::Failed {
        path: mask::path(path),
        reason: error.into(),
    })?;
    if journal != "wal" || synchronous != 2 {
        return Err(OpenError::Unsafe {
            path: mask::path(path),
            what: format!("its journal mode is {journal}, its synchronous level {synchronous}"),
        });
    }
    Ok(())
}

/// Turns the write-ahead log on, and returns the journal mode. Where two connections do that to a new database at once,
/// SQLite does not wait: each holds a lock that the other needs.
fn write_ahead(connection: &Connection) -> rusqlite::Result<String> {
    let begun = Instant::now();
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)) {
            Err(error)
                if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && begun.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(10));
            }
            mode => return mode,
        }
    }
}

/// Brings the schema up to date.
///
/// # Errors
///
/// [`OpenError`] when it is newer than the program, or not what the program made of this schema.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |error: rusqlite::Error| OpenError::Failed {
        path: mask::path(path),
        reason: error.into(),
    };
    let version = |connection: &Connection| {
        connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0))
    };
    let found = version(connection).map_err(failed)? as usize;
    if found > SCHEMA {
        return Err(OpenError::Newer {
            path: mask::path(path),
            found,
        });
    }
    for nth in found..SCHEMA {
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(failed)?;
        // Another program may have migrated in the meantime.
        if version(&transaction).map_err(failed)? as usize == nth {
            if let Some(what) = difference(&transaction, nth).map_err(failed)? {
                return Err(OpenError::Foreign {
                    path: mask::path(path),
                    what,
                });
            }
            let text = MIGRATIONS.get(nth).copied().unwrap_or_default();
            transaction
                .execute_batch(&format!("{text}\nPRAGMA user_version = {};", nth + 1))
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
    }
    Ok(())
}

/// Returns how a database differs from the result of the first migrations, if it does.
fn difference(found: &Connection, migrations: usize) -> rusqlite::Result<Option<String>> {
    let made = Connection::open_in_memory()?;
    for migration in MIGRATIONS.iter().take(migrations) {
        made.execute_batch(migration)?;
    }
    let (expected, found) = (parts(&made)?, parts(found)?);
    if migrations == 0 && !found.is_empty() {
        return Ok(Some("it has tables, and no schema".to_owned()));
    }
    let missing = expected.iter().find(|part| !found.contains(part));
    Ok(missing.map(|(name, _)| format!("its {name} is not that of schema {migrations}")))
}

/// The tables and indexes of a database, each with the text that made it.
fn parts(db: &Connection) -> rusqlite::Result<Vec<(String, Option<String>)>> {
    let mut query = db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}
