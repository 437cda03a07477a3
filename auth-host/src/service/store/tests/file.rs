//! The database file: durability, schema, a full disk, a removed file, copies.

use super::Folder;
use crate::service::store::*;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

fn put(store: &Store, key: &'static str) -> Result<()> {
    store.write_blocking(move |db| registry::put_setting(db, key, "1"))
}

fn get(store: &Store, key: &str) -> Option<String> {
    store.read(|db| registry::setting(db, key)).unwrap()
}

/// Runs `job` on the writer and blocks it until the sender is used or dropped, so that jobs queued meanwhile are
/// committed together.
fn hold(
    store: &Store,
    job: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
) -> (Sender<()>, JoinHandle<Result<()>>) {
    let (begun, has_begun) = channel();
    let (release, released) = channel();
    let store = store.clone();
    let holding = std::thread::spawn(move || {
        store.write_blocking(move |db| {
            let outcome = job(db);
            let _ = begun.send(());
            let _ = released.recv();
            outcome
        })
    });
    has_begun.recv().unwrap();
    (release, holding)
}

/// Makes a database with tables and a schema's number, as another program would.
fn foreign(folder: &Folder, tables: &str, version: u32) -> Connection {
    let db = Connection::open(folder.file()).unwrap();
    db.execute_batch(tables).unwrap();
    db.pragma_update(None, "user_version", version).unwrap();
    db
}

/// Writes `a`, a job and `c` in one commit: they are queued while another job holds the writer.
async fn write_together(
    store: &Store,
    holder: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    job: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
) -> [Result<()>; 3] {
    let (release, holding) = hold(store, holder);
    let (a, b, c, _) = tokio::join!(
        biased;
        store.write(|db| registry::put_setting(db, "a", "1")),
        store.write(job),
        store.write(|db| registry::put_setting(db, "c", "1")),
        async { release.send(()) },
    );
    holding.join().unwrap().unwrap();
    [a, b, c]
}

/// Returns for each of `a`, `b` and `c` if it was written.
fn written(store: &Store) -> [bool; 3] {
    ["a", "b", "c"].map(|key| get(store, key).is_some())
}

/// The options that at-most-once and deletion depend on, read back from the connection that writes.
#[test]
fn writer_is_durable() {
    let folder = Folder::new();
    let store = folder.open();
    let found: (String, i64, i64) = store
        .write_blocking(|db| {
            let journal = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            let synchronous = db.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
            let overwrites = db.query_row("PRAGMA secure_delete", [], |row| row.get(0))?;
            Ok::<_, StoreError>((journal, synchronous, overwrites))
        })
        .unwrap();
    assert_eq!(found, ("wal".to_owned(), 2, 1));
}

/// A database of the first schema is migrated to the newest, with its rows.
#[test]
fn older_schema_is_migrated() {
    let folder = Folder::new();
    let old = foreign(&folder, include_str!("../migrations/1.sql"), 1);
    registry::put_setting(&old, "kept", "1").unwrap();
    drop(old);
    let store = folder.open();
    assert_eq!(get(&store, "kept").as_deref(), Some("1"));
    let version: u32 = store
        .read(|db| Ok::<_, StoreError>(db.query_row("PRAGMA user_version", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(version as usize, open::SCHEMA);
}

/// The database of an older program, with counts that it did not move and a config whose undeclared values it shows.
#[test]
fn migration_counts_anew_and_hides_configs() {
    let folder = Folder::new();
    let tables = concat!(
        include_str!("../migrations/1.sql"),
        include_str!("../migrations/2.sql")
    );
    let old = foreign(&folder, tables, 2);
    old.execute_batch(
        "PRAGMA foreign_keys = OFF;
         INSERT INTO counters (tenant, scope, subject, hour, count) VALUES ('t', 'accepted', 'CN', 10, 7),
            ('t', 'unknown', 'CN', 11, -1), ('t', 'accepted', 'CN', 9, 5), ('t', 'sent', '', 10, 8),
            ('other', 'accepted', 'CN', 10, 3);
         INSERT INTO connectors VALUES ('c', 't', 'main', 'p', x'00', '[\"/key\"]', '[]', '[]', 1, 1, 1);",
    )
    .unwrap();
    for (id, state, hour) in [
        ("a", "accepted", 10),
        ("b", "delivered", 10),
        ("c", "unknown", 11),
        ("d", "sending", 11),
    ] {
        old.execute(
            "INSERT INTO messages (id, tenant, connector, number, number_hash, usage, country, prefix, is_first, first,
             state, created_at) VALUES (?1, 't', 'c', x'00', x'00', 'u', 'CN', '+86', 1, ?1, ?2, ?3)",
            rusqlite::params![id, state, hour * limits::HOUR_MS + 5],
        )
        .unwrap();
    }
    drop(old);
    let store = folder.open();
    let (counts, secrets) = store
        .read(|db| {
            let mut query =
                db.prepare("SELECT tenant || ' ' || scope || ' ' || hour || ' ' || count FROM counters ORDER BY 1")?;
            let rows = query.query_map([], |row| row.get::<_, String>(0))?;
            let counts = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let secrets: String =
                db.query_row("SELECT secrets FROM connectors", [], |row| row.get(0))?;
            Ok::<_, StoreError>((counts, secrets))
        })
        .unwrap();
    let expected = [
        "other accepted 10 3",
        "t accepted 10 1",
        "t accepted 9 5",
        "t delivered 10 1",
        "t sent 10 8",
        "t unknown 11 1",
    ];
    assert_eq!(counts, expected);
    assert_eq!(secrets, r#"["/key",""]"#);
}

/// An unfinished version of this program, and another one.
#[test]
fn database_of_another_program_is_refused_and_untouched() {
    let unfinished =
        include_str!("../migrations/1.sql").replace("segments INTEGER", "parts INTEGER");
    for (tables, version, words) in [
        (
            unfinished.as_str(),
            1,
            "its messages is not that of schema 1",
        ),
        ("CREATE TABLE notes (a);", 0, "it has tables, and no schema"),
    ] {
        let folder = Folder::new();
        drop(foreign(&folder, tables, version));
        let before = std::fs::read(folder.file()).unwrap();
        let error = open(&folder.file()).map(drop).unwrap_err();
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(std::fs::read(folder.file()).unwrap(), before);
    }
}

#[test]
fn newer_schema_is_refused_and_untouched() {
    let folder = Folder::new();
    drop(folder.open());
    drop(foreign(&folder, "", 99));
    let Err(error) = open(&folder.file()) else {
        panic!("opened");
    };
    assert!(error.to_string().contains("schema 99"), "{error}");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }));
}

#[test]
fn file_that_is_no_database_is_refused() {
    let folder = Folder::new();
    std::fs::write(
        folder.file(),
        "not a database, but long enough to be read as one",
    )
    .unwrap();
    assert!(matches!(
        open(&folder.file()),
        Err(OpenError::Failed { .. })
    ));
}

/// A job that fails undoes no other job, though one commit carries all of them.
#[tokio::test]
async fn failed_job_leaves_its_neighbours() {
    let folder = Folder::new();
    let store = folder.open();
    let before = store.commits();
    let fail = |db: &Connection| {
        registry::put_setting(db, "b", "1")?;
        Err::<(), _>(StoreError::Failed("on purpose".to_owned()))
    };
    let done = write_together(&store, |_| Ok(()), fail).await;
    assert_eq!(done.map(|done| done.is_ok()), [true, false, true]);
    assert_eq!(written(&store), [true, false, true]);
    let commits = store.commits() - before;
    assert_eq!(
        commits, 2,
        "one for the job that held the writer, one for the three"
    );
}

/// A dependency may panic. The writes of its job are undone, in a commit of its own and in one with others.
#[tokio::test]
async fn panicked_job_is_undone_and_ends_nothing_else() {
    let folder = Folder::new();
    let store = folder.open();
    let fail = |db: &Connection| -> Result<()> {
        registry::put_setting(db, "b", "1")?;
        panic!("on purpose")
    };
    assert!(store.write(fail).await.is_err());
    let done = write_together(&store, |_| Ok(()), fail).await;
    assert_eq!(done.map(|done| done.is_ok()), [true, false, true]);
    assert_eq!(written(&store), [true, false, true]);
}

#[test]
fn full_disk_is_reported_and_keeps_stored_data() {
    let folder = Folder::new();
    let store = folder.open();
    put(&store, "before").unwrap();
    store
        .write_blocking(|db| {
            let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let large = "x".repeat(1 << 20);
    let full = store.write_blocking(move |db| registry::put_setting(db, "large", &large));
    assert_eq!(full, Err(StoreError::Full));
    assert_eq!(get(&store, "before").as_deref(), Some("1"));
    store
        .write_blocking(|db| {
            db.query_row("PRAGMA max_page_count = 1000000", [], |_| Ok(()))?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    put(&store, "after").unwrap();
}

/// SQLite undoes everything that is written together when a disk is full: no job may report success.
#[tokio::test]
async fn full_disk_refuses_all_that_is_written_together() {
    let folder = Folder::new();
    let store = folder.open();
    let fill = |db: &Connection| {
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let most = format!("PRAGMA max_page_count = {}", pages + 4);
        Ok(db.query_row(&most, [], |_| Ok(()))?)
    };
    let large = "x".repeat(1 << 20);
    let too_large = move |db: &Connection| registry::put_setting(db, "b", &large);
    let [a, b, c] = write_together(&store, fill, too_large).await;
    assert_eq!(b, Err(StoreError::Full));
    for neighbour in [a, c] {
        let Err(StoreError::Failed(reason)) = neighbour else {
            panic!("{neighbour:?}")
        };
        assert!(reason.contains("disk is full"), "{reason}");
    }
    assert_eq!(written(&store), [false; 3]);
    put(&store, "after").unwrap();
}

/// A database whose file or log was removed accepts no writes until the file is back.
#[cfg(unix)]
#[test]
fn database_that_is_gone_refuses_reads_and_writes() {
    for end in ["", "-wal"] {
        let folder = Folder::new();
        let store = folder.open();
        let write = || store.write_blocking(|db| registry::put_setting(db, "a", "b"));
        let read = || store.read(|db| registry::setting(db, "a"));
        write().unwrap();
        let file = folder.0.join(format!("auth-host.db{end}"));
        let aside = folder.0.join("aside");
        std::fs::rename(&file, &aside).unwrap();
        let gone = StoreError::Gone(crate::mask::path(&file));
        assert_eq!(write(), Err(gone.clone()));
        assert_eq!(read().unwrap_err(), gone);
        // Another file at its place is another database.
        std::fs::copy(&aside, &file).unwrap();
        assert_eq!(write(), Err(gone));
        std::fs::rename(&aside, &file).unwrap();
        write().unwrap();
        assert_eq!(read().unwrap().as_deref(), Some("b"));
    }
}

/// A user may have typed a number in place of a path.
#[test]
fn refusal_hides_a_number_in_a_path() {
    let path = std::env::temp_dir().join("+8613800138000");
    let opened = open(&path.join("missing"))
        .map(drop)
        .unwrap_err()
        .to_string();
    let copied = backup(&path, &path).unwrap_err().to_string();
    let restored = restore(&path, &path, "test").unwrap_err().to_string();
    for refusal in [opened, copied, restored] {
        assert!(refusal.contains("+*************"), "{refusal}");
    }
}

#[test]
fn backup_opens_and_is_never_written_over() {
    let folder = Folder::new();
    let store = folder.open();
    put(&store, "kept").unwrap();
    let copy = folder.0.join("copy.db");
    backup(&folder.file(), &copy).unwrap();
    assert!(backup(&folder.file(), &copy).is_err());
    assert_eq!(get(&open(&copy).unwrap(), "kept").as_deref(), Some("1"));
}

/// SQLite removes the log of an empty database, also when it only reads.
#[test]
fn copy_of_an_empty_database_leaves_its_log() {
    let folder = Folder::new();
    std::fs::write(folder.file(), "").unwrap();
    let log = folder.0.join("auth-host.db-wal");
    std::fs::write(&log, "log").unwrap();
    let copy = folder.0.join("copy.db");
    for refusal in [
        backup(&folder.file(), &copy),
        restore(&folder.file(), &copy, "test").map(drop),
    ] {
        let refusal = refusal.unwrap_err().to_string();
        assert!(refusal.contains("it is empty"), "{refusal}");
    }
    assert_eq!(std::fs::read(&log).unwrap(), b"log");
}

/// A copy in steps starts again whenever another connection commits between two of them. Without waiting for the disk
/// the other commits between any two, and the database is large enough for many.
#[test]
fn backup_ends_while_others_commit() {
    let folder = Folder::new();
    let _store = folder.open();
    let other = Connection::open(folder.file()).unwrap();
    other
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    other
        .execute_batch("PRAGMA synchronous = OFF; CREATE TABLE filler (bytes BLOB);")
        .unwrap();
    for _ in 0..40 {
        other
            .execute("INSERT INTO filler VALUES (zeroblob(1000000))", [])
            .unwrap();
    }
    let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ended = is_over.clone();
    let (begun, has_begun) = channel();
    let writer = std::thread::spawn(move || {
        // SQLite writes nothing where nothing differs.
        for nth in (0_u64..).take_while(|_| !ended.load(Ordering::Relaxed)) {
            registry::put_setting(&other, "busy", &nth.to_string()).unwrap();
            let _ = begun.send(());
        }
    });
    has_begun.recv().unwrap();
    let copy = folder.0.join("copy.db");
    let (done, is_done) = channel();
    let (from, to) = (folder.file(), copy.clone());
    std::thread::spawn(move || done.send(backup(&from, &to)));
    let copied = is_done.recv_timeout(std::time::Duration::from_secs(20));
    is_over.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    copied.unwrap().unwrap();
    let copy = Connection::open(copy).unwrap();
    let rows: i64 = copy
        .query_row("SELECT count(*) FROM filler", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 40);
}

const MARKER: &str = "MARKER-of-what-is-deleted";

/// The files that have the marker, by the ends of their names.
fn marked(folder: &Folder) -> Vec<String> {
    let files = std::fs::read_dir(&folder.0).unwrap().flatten();
    let marked = files.filter(|file| {
        let bytes = std::fs::read(file.path()).unwrap();
        bytes
            .windows(MARKER.len())
            .any(|part| part == MARKER.as_bytes())
    });
    let mut names: Vec<_> = marked
        .map(|file| file.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn put_and_delete(db: &Connection) -> Result<()> {
    registry::put_setting(db, "secret", MARKER)?;
    db.execute("DELETE FROM settings WHERE key = 'secret'", [])?;
    Ok(())
}

/// The row was in the database's file and in its log before it was deleted.
#[test]
fn deleted_row_is_in_no_file_once_the_log_is_empty() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking(|db| registry::put_setting(db, "secret", MARKER))
        .unwrap();
    store.empty_log().unwrap();
    assert_eq!(marked(&folder), ["auth-host.db"]);
    store
        .write_blocking(|db| {
            db.execute("DELETE FROM settings WHERE key = 'secret'", [])?;
            put_and_delete(db)
        })
        .unwrap();
    store.empty_log().unwrap();
    assert_eq!(marked(&folder), [""; 0]);
    put(&store, "after").unwrap();
}

/// A reader of an earlier state needs the log.
#[test]
fn log_that_is_read_is_emptied_later() {
    let folder = Folder::new();
    let store = folder.open();
    put(&store, "before").unwrap();
    let mut reader = Connection::open(folder.file()).unwrap();
    let reading = reader.transaction().unwrap();
    registry::setting(&reading, "before").unwrap();
    put(&store, "after").unwrap();
    assert!(matches!(store.empty_log(), Err(StoreError::Busy(_))));
    reading.finish().unwrap();
    store.empty_log().unwrap();
}

/// Content that an older program left in the file after deletion is absent from a copy, and after a compaction.
#[test]
fn copy_and_compaction_leave_out_what_was_deleted() {
    let folder = Folder::new();
    let store = folder.open();
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("PRAGMA secure_delete = OFF").unwrap();
    put_and_delete(&other).unwrap();
    drop(other);
    let copy = folder.0.join("copy.db");
    backup(&folder.file(), &copy).unwrap();
    store.empty_log().unwrap();
    assert_eq!(marked(&folder), ["auth-host.db"]);
    store.compact().unwrap();
    assert_eq!(marked(&folder), [""; 0]);
    put(&store, "after").unwrap();
    assert_eq!(get(&store, "after").as_deref(), Some("1"));
}
