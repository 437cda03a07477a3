use super::limits::{Bucket, Counter, HOUR_MS};
use super::*;
use crate::ids;
use rusqlite::Connection;
use rusqlite::params;
use std::path::PathBuf;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(ids::new("store"));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("auth-host.db")
    }

    fn open(&self) -> Store {
        open(&self.file()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn put(store: &Store, key: &'static str) -> Result<()> {
    store.write_blocking(move |db| registry::put_setting(db, key, "1"))
}

fn get(store: &Store, key: &str) -> Option<String> {
    store.read(|db| registry::setting(db, key)).unwrap()
}

/// What at-most-once rests on, read back from the connection that writes.
#[test]
fn writer_is_durable() {
    let folder = Folder::new();
    let store = folder.open();
    let found: (String, i64) = store
        .write_blocking(|db| {
            let journal = db.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
            let synchronous = db.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
            Ok::<_, StoreError>((journal, synchronous))
        })
        .unwrap();
    assert_eq!(found, ("wal".to_owned(), 2));
}

#[test]
fn newer_schema_is_refused_and_untouched() {
    let folder = Folder::new();
    drop(folder.open());
    let db = Connection::open(folder.file()).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
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

/// A job that fails takes nothing of its neighbours with it, though one commit carries all of them.
#[tokio::test]
async fn failed_job_leaves_its_neighbours() {
    let folder = Folder::new();
    let store = folder.open();
    // Holds the writer, so that the three below wait together.
    let holding = {
        let store = store.clone();
        std::thread::spawn(move || {
            store.write_blocking(|_| {
                std::thread::sleep(std::time::Duration::from_millis(200));
                Ok::<_, StoreError>(())
            })
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let before = store.commits();
    let fail = |db: &Connection| {
        registry::put_setting(db, "b", "1")?;
        Err::<(), _>(StoreError::Failed("on purpose".to_owned()))
    };
    let (a, b, c) = tokio::join!(
        store.write(|db| registry::put_setting(db, "a", "1")),
        store.write(fail),
        store.write(|db| registry::put_setting(db, "c", "1")),
    );
    holding.join().unwrap().unwrap();
    assert!(a.is_ok() && b.is_err() && c.is_ok());
    assert_eq!(get(&store, "a").as_deref(), Some("1"));
    assert_eq!(get(&store, "b"), None);
    assert_eq!(get(&store, "c").as_deref(), Some("1"));
    let commits = store.commits() - before;
    assert_eq!(
        commits, 2,
        "one for the job that held the writer, one for the three"
    );
}

#[test]
fn full_disk_is_told_and_leaves_what_was_there() {
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

#[test]
fn counter_sums_the_hours_that_are_asked_for() {
    let folder = Folder::new();
    let store = folder.open();
    let now = 1_000_000 * HOUR_MS;
    let (day, hour, largest) = store
        .write_blocking(move |db| {
            let counter = Counter {
                tenant: "t",
                scope: "s",
                subject: "",
            };
            for (ago, count) in [(0, 1), (1, 2), (23, 4), (24, 8), (48, 16)] {
                counter.add(db, now - ago * HOUR_MS, count)?;
            }
            Ok::<_, StoreError>((
                counter.sum(db, now, 24)?,
                counter.sum(db, now, 1)?,
                counter.largest_day(db, now, 14)?,
            ))
        })
        .unwrap();
    assert_eq!((day, hour), (7, 1));
    assert!(largest >= 16, "{largest}");
}

#[test]
fn bucket_keeps_its_level_between_calls() {
    let folder = Folder::new();
    let store = folder.open();
    let levels = store
        .write_blocking(|db| {
            let bucket = Bucket {
                tenant: "t",
                scope: "s",
                subject: b"n",
                capacity: 10.0,
                period_ms: 10 * HOUR_MS,
            };
            let first = bucket.add(db, 0, 3.0)?;
            let later = bucket.add(db, HOUR_MS, 100.0)?;
            let full = bucket.level(db, HOUR_MS)?;
            let cleared = bucket.clear(db)? && !bucket.clear(db)?;
            Ok::<_, StoreError>((first, later, full, cleared))
        })
        .unwrap();
    assert_eq!(levels, (0.0, 2.0, 10.0, true));
}

/// What is older than it is kept goes, and nothing else.
#[test]
fn sweep_deletes_what_is_old() {
    let folder = Folder::new();
    let store = folder.open();
    let now = ids::now_ms();
    let left: (i64, i64) = store
        .write_blocking(move |db| {
            let settings = registry::TenantSettings {
                retention_days: 5,
                ..registry::TenantSettings::default()
            };
            registry::put_tenant(db, "t", &settings)?;
            for (id, days) in [("old", 6), ("new", 4)] {
                db.execute(
                    "INSERT INTO messages (id, tenant, connector, number, number_hash, usage, country, prefix, is_first,
                     first, state, created_at) VALUES (?1, 't', 'c', x'00', x'00', 'u', 'CN', '+86', 1, ?1, 'accepted', ?2)",
                    params![id, now - days * 24 * HOUR_MS],
                )?;
                let hours = if days == 6 { 73 } else { 71 };
                db.execute(
                    "INSERT INTO idempotency (tenant, key, request, process, created_at) VALUES ('t', ?1, x'00', 'p', ?2)",
                    params![id.as_bytes(), now - hours * HOUR_MS],
                )?;
            }
            while retention::sweep(db, now)? > 0 {}
            let count = |table: &str| {
                db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            };
            Ok::<_, StoreError>((count("messages")?, count("idempotency")?))
        })
        .unwrap();
    assert_eq!(left, (1, 1));
}
