//! Counters, buckets, and retention of rows.

use super::Folder;
use crate::service::ids;
use crate::service::store::limits::{self, AHEAD_MS, Bucket, Counter, HOUR_MS};
use crate::service::store::*;
use rusqlite::params;

#[test]
fn counter_sums_the_hours_that_are_asked_for() {
    let folder = Folder::new();
    let store = folder.open();
    let now = 1_000_000 * HOUR_MS;
    let (day, hour, mut counts) = store
        .write_blocking(move |db| {
            let counter = Counter::new("t", "s", "");
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

/// More may be subtracted than was counted: an older program counted otherwise, and old counts are deleted.
#[test]
fn counter_is_never_below_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let sums = store
        .write_blocking(|db| {
            let of = |subject| Counter::new("t", "s", subject);
            of("new").add(db, 0, -1)?;
            for count in [1, -2, 1] {
                of("old").add(db, 0, count)?;
            }
            of("new").by_subject(db, 0, 24)
        })
        .unwrap();
    assert_eq!(sums, [("new".to_owned(), 0), ("old".to_owned(), 1)]);
}

/// A clock that was ahead once must not count for as long as it was ahead.
#[test]
fn counts_of_a_clock_that_was_ahead_are_left_out() {
    let folder = Folder::new();
    let store = folder.open();
    let now = 1_000_000 * HOUR_MS - 30_000;
    let found = store
        .write_blocking(move |db| {
            let counter = Counter::new("t", "s", "");
            // A request beside this one, of the next hour already; and two of the wrong clock.
            for (ahead, count) in [(40_000, 1), (2 * HOUR_MS, 2), (72 * HOUR_MS, 4)] {
                counter.add(db, now + ahead, count)?;
            }
            for ahead in [40_000, 120_000, 72 * HOUR_MS] {
                crate::service::test_app::add_message(db, "t", b"n", now + ahead)?;
            }
            db.execute("UPDATE messages SET is_first = 1", [])?;
            let sent = messages::to_number_in(db, "t", b"n", now - HOUR_MS..now + AHEAD_MS, 9)?;
            Ok::<_, StoreError>((
                counter.sum(db, now, 24)?,
                counter.by_subject(db, now, 24)?,
                counter.by_hour(db, now, 24)?.len(),
                limits::by_hour(db, "t", "s", now, 24)?.len(),
                sent.len(),
            ))
        })
        .unwrap();
    assert_eq!(found, (1, vec![(String::new(), 1)], 1, 1, 1));
}

#[test]
fn bucket_of_a_clock_that_was_ahead_sinks_from_now_on() {
    let folder = Folder::new();
    let store = folder.open();
    let levels = store
        .write_blocking(|db| {
            let of = |subject: &'static [u8]| Bucket {
                tenant: "t",
                scope: "s",
                subject,
                capacity: 10.0,
                period_ms: 10 * HOUR_MS,
            };
            of(b"ahead").add(db, 1000 * HOUR_MS, 10.0)?;
            of(b"beside").add(db, 50_000, 10.0)?;
            retention::sweep(db, 0)?;
            let level = |subject| of(subject).level(db, 5 * HOUR_MS);
            Ok::<_, StoreError>((level(b"ahead")?, level(b"beside")? > 5.0))
        })
        .unwrap();
    assert_eq!(levels, (5.0, true));
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

/// Rows past their retention are deleted, and nothing else.
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
            // A network is kept for two days, a counter that identifies no person for a year.
            for (scope, hours) in [("network", 50), ("verified-network", 50), ("network", 47), ("sent", 50)] {
                let counter = Counter::new("t", scope, "");
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
