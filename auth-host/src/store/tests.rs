use super::limits::{Bucket, Counter, HOUR_MS};
use super::messages::{Due, Filter, State};
use super::verifications::Verification;
use super::*;
use crate::ids;
use rusqlite::Connection;
use rusqlite::params;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

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

/// Runs `job` on the writer and holds it until the sender is used or dropped, so that what is queued meanwhile is
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

/// A database of the first schema is brought up to the newest, with what is in it.
#[test]
fn older_schema_is_migrated() {
    let folder = Folder::new();
    let old = Connection::open(folder.file()).unwrap();
    old.execute_batch(include_str!("migrations/1.sql")).unwrap();
    old.execute_batch("PRAGMA user_version = 1;").unwrap();
    registry::put_setting(&old, "kept", "1").unwrap();
    drop(old);
    let store = folder.open();
    assert_eq!(get(&store, "kept").as_deref(), Some("1"));
    let version: u32 = store
        .read(|db| Ok::<_, StoreError>(db.query_row("PRAGMA user_version", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(version as usize, open::SCHEMA);
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
    let (release, holding) = hold(&store, |_| Ok(()));
    let before = store.commits();
    let fail = |db: &Connection| {
        registry::put_setting(db, "b", "1")?;
        Err::<(), _>(StoreError::Failed("on purpose".to_owned()))
    };
    let (a, b, c, _) = tokio::join!(
        biased;
        store.write(|db| registry::put_setting(db, "a", "1")),
        store.write(fail),
        store.write(|db| registry::put_setting(db, "c", "1")),
        async { release.send(()) },
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

/// SQLite undoes everything that is written together when a disk is full: nobody may hear of success.
#[tokio::test]
async fn full_disk_refuses_all_that_is_written_together() {
    let folder = Folder::new();
    let store = folder.open();
    let (release, holding) = hold(&store, |db| {
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let most = format!("PRAGMA max_page_count = {}", pages + 4);
        Ok(db.query_row(&most, [], |_| Ok(()))?)
    });
    let large = "x".repeat(1 << 20);
    let (a, b, c, _) = tokio::join!(
        biased;
        store.write(|db| registry::put_setting(db, "a", "1")),
        store.write(move |db| registry::put_setting(db, "b", &large)),
        store.write(|db| registry::put_setting(db, "c", "1")),
        async { release.send(()) },
    );
    holding.join().unwrap().unwrap();
    assert_eq!(b, Err(StoreError::Full));
    for neighbour in [a, c] {
        let Err(StoreError::Failed(reason)) = neighbour else {
            panic!("{neighbour:?}")
        };
        assert!(reason.contains("disk is full"), "{reason}");
    }
    for key in ["a", "b", "c"] {
        assert_eq!(get(&store, key), None);
    }
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
    let (day, hour, mut counts) = store
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
                counter.by_hour(db, now, 25)?,
            ))
        })
        .unwrap();
    assert_eq!((day, hour), (7, 1));
    counts.sort_unstable();
    let hours = |ago: i64| 1_000_000 - ago;
    let expected = [(24, 8), (23, 4), (1, 2), (0, 1)].map(|(ago, count)| (hours(ago), count));
    assert_eq!(counts, expected);
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

/// Adds messages, each with a verification, to as many numbers, a second apart.
fn fill(db: &Connection, from: i64, to: i64) -> Result<()> {
    for nth in from..to {
        let (at, hash) = (1_700_000_000_000 + nth * 1000, nth.to_be_bytes());
        let id = |kind| format!("{}{nth:020x}", ids::earliest(kind, at));
        db.execute(
            "INSERT INTO verifications (id, tenant, number, number_hash, usage, locales, country, prefix, is_test, state,
             code, attempts, sends, sent_at, lifetime_ms, expires_at, created_at)
             VALUES (?1, 't', x'00', ?2, 'u', '', 'CN', '+86', 0, 'pending', x'00', 0, 1, ?3, 300000, ?3, ?3)",
            params![id("v"), hash, at],
        )?;
        db.execute(
            "INSERT INTO messages (id, tenant, verification, connector, number, number_hash, usage, country, prefix,
             is_first, first, state, created_at, provider_message, next_lookup_at, next_report_at)
             VALUES (?1, 't', ?2, 'c', x'00', ?3, 'u', 'CN', '+86', 1, ?1, 'accepted', ?4, ?2, ?4, ?4)",
            params![id("m"), id("v"), hash, at],
        )?;
        events::add(db, &id("e"), "other", "{}", at)?;
    }
    Ok(())
}

/// How many steps SQLite's virtual machine takes for a read.
fn steps(db: &mut Connection, read: impl FnOnce(&Connection) -> Result<usize>) -> (usize, u64) {
    let count = Arc::new(AtomicU64::new(0));
    let counted = count.clone();
    let count_one = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        false
    };
    db.progress_handler(1, Some(count_one)).unwrap();
    let found = read(db).unwrap();
    db.progress_handler(0, None::<fn() -> bool>).unwrap();
    (found, count.load(Ordering::Relaxed))
}

/// What a read costs does not grow with a tenant's other rows: SQLite's planner takes the index that it was meant for.
#[test]
fn reads_cost_the_same_with_many_rows() {
    type Read = fn(&Connection, &Verification) -> Result<usize>;
    let reads: [(&str, Read); 16] = [
        ("of_verification", |db, v| {
            Ok(messages::of_verification(db, v)?.len())
        }),
        ("latest_of", |db, v| {
            Ok(messages::latest_of(db, v)?.iter().count())
        }),
        ("to_number", |db, v| {
            Ok(messages::to_number(db, "t", &v.number_hash, 9)?.len())
        }),
        ("to_number_since", |db, v| {
            Ok(messages::to_number_since(db, "t", &v.number_hash, 0, 9)?.len())
        }),
        ("attempts", |db, v| {
            Ok(messages::attempts(db, "t", &v.id.replace('v', "m"))?.len())
        }),
        ("by_serial", |db, v| {
            Ok(messages::by_serial(db, "t", "c", &v.id)?.iter().count())
        }),
        ("of_number", |db, v| {
            Ok(verifications::of_number(db, "t", &v.number_hash, None, 9)?.len())
        }),
        ("verifications", |db, _| {
            Ok(verifications::page(db, "t", None, 1)?.len())
        }),
        ("messages", |db, _| {
            Ok(messages::page(db, "t", &Filter::default(), 1)?.len())
        }),
        ("tenants with events", |db, _| {
            Ok(events::tenants(db)?.len() - 1)
        }),
        ("connectors with look-ups", |db, _| {
            Ok(messages::connectors(db, Due::LookUp)?.len())
        }),
        ("due look-ups, beside others'", |db, _| {
            Ok(messages::due(db, Due::LookUp, "c", ids::now_ms(), 1)?.len())
        }),
        ("due reports, beside others'", |db, _| {
            Ok(messages::due(db, Due::Report, "c", ids::now_ms(), 1)?.len())
        }),
        ("due events, beside another tenant's", |db, _| {
            Ok(events::due(db, "t", ids::now_ms(), 9)?.len())
        }),
        ("of a serial number", |db, v| {
            let filter = Filter {
                serial: Some(&v.id),
                ..Filter::default()
            };
            Ok(messages::page(db, "t", &filter, 9)?.len())
        }),
        ("of a rare state", |db, _| {
            let filter = Filter {
                state: Some(State::Undelivered),
                ..Filter::default()
            };
            Ok(messages::page(db, "t", &filter, 9)?.len() + 1)
        }),
    ];
    let folder = Folder::new();
    drop(folder.open());
    let mut db = Connection::open(folder.file()).unwrap();
    events::add(&db, "e", "t", "{}", 0).unwrap();
    let mut cost = |from, to| {
        db.execute_batch("BEGIN").unwrap();
        fill(&db, from, to).unwrap();
        db.execute_batch("COMMIT").unwrap();
        // One from the middle, which a walk from either end meets late.
        let middle = verifications::page(&db, "t", None, to as u32)
            .unwrap()
            .swap_remove(to as usize / 2);
        reads.map(|(name, read)| {
            let (found, steps) = steps(&mut db, |db| read(db, &middle));
            assert_eq!(found, 1, "{name}");
            steps
        })
    };
    let (few, many) = (cost(0, 50), cost(50, 2000));
    for ((name, _), (few, many)) in reads.iter().zip(few.into_iter().zip(many)) {
        assert!(few > 0 && many <= few + few / 2, "{name}: {few}, {many}");
    }
}

/// What is older than it is kept goes, and nothing else.
#[test]
fn sweep_deletes_what_is_old() {
    let folder = Folder::new();
    let store = folder.open();
    let now = ids::now_ms();
    let left: (i64, i64, i64, i64) = store
        .write_blocking(move |db| {
            let settings = registry::TenantSettings {
                retention_days: 5,
                ..registry::TenantSettings::default()
            };
            registry::put_tenant(db, "t", &settings)?;
            for days in [6, 4] {
                let id = format!("{}-{days}", ids::earliest("m", now - days * 24 * HOUR_MS));
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
                let event = format!("{}{days}", ids::earliest("e", now - hours * HOUR_MS));
                events::add(db, &event, "t", "{}", now)?;
            }
            // A network is kept for two days, what tells of nobody for a year.
            for (scope, hours) in [("network", 50), ("verified-network", 50), ("network", 47), ("sent", 50)] {
                let counter = Counter { tenant: "t", scope, subject: "" };
                counter.add(db, now - hours * HOUR_MS, 1)?;
            }
            while retention::sweep(db, now)? > 0 {}
            let count = |table: &str| {
                db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            };
            let events = count("events")?;
            let counters = count("counters")?;
            Ok::<_, StoreError>((count("messages")?, count("idempotency")?, events, counters))
        })
        .unwrap();
    assert_eq!(left, (1, 1, 1, 2));
}

/// A connector with many messages to be looked up holds up none of another's.
#[test]
fn every_connector_has_its_share_of_the_look_ups() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking(|db| {
            fill(db, 0, 30)?;
            db.execute("UPDATE messages SET connector = 'd' WHERE rowid > 28", [])?;
            db.execute(
                "UPDATE messages SET next_report_at = NULL WHERE rowid > 28",
                [],
            )?;
            assert_eq!(messages::connectors(db, Due::LookUp)?, ["c", "d"]);
            assert_eq!(messages::connectors(db, Due::Report)?, ["c"]);
            let due = |connector, now| messages::due(db, Due::LookUp, connector, now, 10);
            let first = due("c", ids::now_ms())?;
            assert_eq!(first.len(), 10);
            assert!(first.iter().all(|row| row.created_at < 1_700_000_010_000));
            assert_eq!(due("d", ids::now_ms())?.len(), 2);
            assert_eq!(due("c", 1_700_000_000_000)?.len(), 1);
            assert_eq!(due("c", 1_699_999_999_999)?.len(), 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// A webhook or a connector is changed by whoever read its present state, and one that is gone stays gone.
#[test]
fn change_from_an_old_state_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking(|db| {
            registry::put_tenant(db, "t", &registry::TenantSettings::default())?;
            let webhook = |id: &str, secrets: &[u8]| webhooks::Webhook {
                id: id.into(),
                tenant: "t".into(),
                name: "n".into(),
                settings: "{}".into(),
                secrets: secrets.into(),
                created_at: 1,
                updated_at: 1,
            };
            assert!(webhooks::put(db, &webhook("w", b"1"), None)?);
            // Of two that are made at once with one name, the first counts.
            assert!(!webhooks::put(db, &webhook("v", b"9"), None)?);
            assert!(webhooks::put(db, &webhook("w", b"2"), Some(b"1"))?);
            assert!(!webhooks::put(db, &webhook("w", b"3"), Some(b"1"))?);
            assert_eq!(webhooks::webhooks(db)?[0].secrets, b"2");
            webhooks::delete(db, "t", "w")?;
            assert!(!webhooks::put(db, &webhook("w", b"3"), Some(b"2"))?);
            assert_eq!(webhooks::webhooks(db)?.len(), 0);

            db.execute(
                "INSERT INTO plugins (id, digest, component, origins, beyond, limits, facts, added_at)
                 VALUES ('p', '', x'00', '[]', '[]', '{}', '{}', 1)",
                [],
            )?;
            let connector = |id: &str, revision| registry::Connector {
                id: id.into(),
                tenant: "t".into(),
                name: "n".into(),
                plugin: "p".into(),
                config: vec![],
                secrets: vec![],
                wanted: vec![],
                confirmed: vec![],
                revision,
                created_at: 1,
                updated_at: 1,
            };
            assert!(registry::put_connector(db, &connector("c", 1))?);
            assert!(!registry::put_connector(db, &connector("d", 1))?);
            assert!(registry::put_connector(db, &connector("c", 2))?);
            assert!(!registry::put_connector(db, &connector("c", 2))?);
            assert!(registry::delete_connector(db, "t", "c")?);
            assert!(!registry::put_connector(db, &connector("c", 3))?);
            assert_eq!(registry::connectors(db)?.len(), 0);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// A database whose file or log was taken away takes nothing more, until it is back.
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
        let gone = StoreError::Gone(file.display().to_string());
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

/// A copy in steps begins anew whenever another connection commits between two of them. Without waiting for the disk the
/// other commits between any two, and the database is large enough for many.
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
