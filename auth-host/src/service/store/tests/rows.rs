//! Reads and changes of rows: their cost, and the state that they start from.

use super::Folder;
use crate::service::ids;
use crate::service::store::due::{self, Due};
use crate::service::store::figures;
use crate::service::store::message::State;
use crate::service::store::messages::Filter;
use crate::service::store::verifications::Verification;
use crate::service::store::*;
use rusqlite::{Connection, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// The cost of a read does not grow with a tenant's other rows: SQLite's planner uses the intended index.
#[test]
fn reads_cost_the_same_with_many_rows() {
    type Read = fn(&Connection, &Verification) -> Result<usize>;
    let reads: [(&str, Read); 18] = [
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
            Ok(messages::to_number_in(db, "t", &v.number_hash, 0..i64::MAX, 9)?.len())
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
            Ok(due::connectors(db, Due::LookUp)?.len())
        }),
        ("due look-ups, beside others'", |db, _| {
            Ok(due::due(db, Due::LookUp, "c", ids::now_ms(), 1)?.len())
        }),
        ("due reports, beside others'", |db, _| {
            Ok(due::due(db, Due::Report, "c", ids::now_ms(), 1)?.len())
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
        ("count_by_state", |db, _| {
            Ok(figures::count_by_state(db, "t", ids::now_ms(), 24)?.len() + 1)
        }),
        ("count_unknown", |db, _| {
            Ok(figures::count_unknown(db, "t", 9)? as usize + 1)
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
        // One from the middle, which a scan from either end reaches late.
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

/// A forgotten number leaves no event that waits to be posted, and no response, even of a request under way.
#[test]
fn forgotten_number_leaves_no_events_and_no_answers() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking(|db| {
            fill(db, 0, 3)?;
            let mut asked = idempotency::Request {
                tenant: "t".to_owned(),
                key: vec![],
                requests: vec![vec![0]],
                process: "p".to_owned(),
            };
            let rows = verifications::page(db, "t", None, 9)?;
            for (nth, v) in rows.iter().enumerate() {
                let nth = u8::try_from(nth).unwrap_or_default();
                let (message, hash) = (v.id.replace('v', "m"), v.number_hash.clone());
                for (kind, id) in [("message_id", &message), ("verification_id", &v.id)] {
                    let body = serde_json::json!({"data": {kind: id, "to": "+86138****8000"}});
                    events::add(db, &format!("e{nth}{kind}"), "t", &body.to_string(), 1)?;
                }
                asked.key = vec![nth];
                idempotency::reserve(db, &asked, &v.id, None)?;
                if nth == 0 {
                    retention::forget(db, "t", &hash)?;
                    assert_eq!(events::waiting(db, "t")?, 0);
                    let lost = idempotency::Known::Lost {
                        subject: Some(v.id.clone()),
                    };
                    assert_eq!(idempotency::look_up(db, &asked)?, lost);
                }
            }
            assert_eq!(events::waiting(db, "t")?, 4);
            let others = idempotency::look_up(db, &asked)?;
            assert!(matches!(others, idempotency::Known::InFlight { .. }));
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

/// A connector with many messages to look up does not delay another's.
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
            assert_eq!(due::connectors(db, Due::LookUp)?, ["c", "d"]);
            assert_eq!(due::connectors(db, Due::Report)?, ["c"]);
            let due = |connector, now| due::due(db, Due::LookUp, connector, now, 10);
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

/// A webhook or a connector is changed only from its present state, and one that was removed stays removed.
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
            // If two are made at once with one name, the first counts.
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
