//! Phone numbers: search, locks, deletion, and test numbers.

use super::{Actor, Entry, blocking, change, require, tenants};
use crate::service::app::App;
use crate::service::crypt::Purpose;
use crate::service::ids::{self, rfc3339};
use crate::service::limits;
use crate::service::number::Number;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::limits::HOUR_MS;
use crate::service::store::registry::{self, TestNumber};
use crate::service::store::{Store, StoreError, audit, messages, retention, verifications};
use crate::service::texts::say;
use crate::service::verification::{MessageView, VerificationView, free_at, message_view, view};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Searches for a number by one tenant in an hour: enough for support, too few for a whole list. Unlocking and
/// forgetting a number count too, because their responses reveal whether the number has rows.
const SEARCHES_AN_HOUR: u32 = 60;

/// The longest life of a test number, in days.
pub const TEST_DAYS: u32 = 90;

/// Maximum time that a deletion waits for readers of the log.
const EMPTYING: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 5 });

/// The message if the log is in use for longer.
const LEFT: &str = "what was deleted is still in the database's log, which another program reads, such as a backup. A \
    service that runs empties it within ten minutes. Otherwise run this again when that program has ended";

/// Result of a search for a number.
#[derive(Debug, Serialize)]
pub struct Found {
    /// The number, with its middle hidden.
    pub number: String,
    /// Time of its unlocking, after too many wrong codes.
    pub locked_until: Option<String>,
    /// Its latest verifications.
    pub verifications: Vec<VerificationView>,
    /// Its latest messages.
    pub messages: Vec<MessageView>,
}

/// A test number for display.
#[derive(Debug, Serialize)]
pub struct TestNumberView {
    /// The number, with its middle hidden.
    pub number: String,
    /// Its expiry (RFC 3339).
    pub expires_at: String,
}

pub(super) fn parse(app: &App, tenant: &str, text: &str) -> Result<Number, Problem> {
    let settings = tenants::get(app, tenant)?;
    Number::parse(text, settings.default_country.as_deref())
        .map_err(|error| Problem::invalid("/number", say(error.id())))
}

/// Refuses the tenant's 61st search in an hour.
fn check_searches(db: &Connection, tenant: &str) -> Result<(), Problem> {
    let done = audit::searches_since(db, tenant, ids::now_ms() - HOUR_MS)?;
    if done < SEARCHES_AN_HOUR {
        return Ok(());
    }
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "searches",
        "Too many searches",
        say("refusal-searches"),
    );
    Err(problem.after(Some(HOUR_MS)))
}

/// Searches for a number. Audited, and at most 60 times an hour.
///
/// # Errors
///
/// [`Problem`] if it is not a number, or if the tenant searched too often.
pub async fn search(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    text: &str,
) -> Result<Found, Problem> {
    let number = parse(app, tenant, text)?;
    let hash = app.number_hash(tenant, number.e164());
    let now = ids::now_ms();
    let (own, actor) = (tenant.to_owned(), actor.clone());
    let allowed = app.store.write(move |db| {
        check_searches(db, &own)?;
        audit::add(db, Some(&own), &actor.0, Action::NumberSearch, "", "")?;
        Ok::<_, Problem>(())
    });
    allowed.await?;
    let (locked_ms, found, sent) = app.store.read(|db| {
        let sent = messages::to_number(db, tenant, &hash, 50)?;
        let found = verifications::of_number(db, tenant, &hash, None, 50)?;
        // The limits are those of the number, so they are read once.
        let limited = found.iter().find(|v| !v.is_test);
        let free_at = limited.map(|v| free_at(app, db, v, now)).transpose()?;
        let shown = found.iter().map(|v| {
            let latest = sent.iter().find(|m| m.verification.as_ref() == Some(&v.id));
            let free_at = free_at.flatten().filter(|_| !v.is_test);
            view(app, v, latest, free_at, now)
        });
        let shown: Vec<_> = shown.collect();
        let locked_ms = limits::locked_ms(db, now, tenant, &hash)?;
        Ok::<_, StoreError>((locked_ms, shown, sent))
    })?;
    Ok(Found {
        number: number.masked(),
        locked_until: (locked_ms > 0).then(|| rfc3339(now + locked_ms)),
        verifications: found,
        messages: sent.iter().map(|row| message_view(app, row)).collect(),
    })
}

/// Deletes the count of a number's wrong codes. Counts as a search.
///
/// # Errors
///
/// [`Problem`] if it is not a number, or if the tenant searched too often.
pub async fn unlock(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    text: &str,
) -> Result<bool, Problem> {
    let number = parse(app, tenant, text)?;
    let hash = app.number_hash(tenant, number.e164());
    let entry = Entry::new(Some(tenant), actor, Action::NumberUnlock, "");
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        check_searches(db, &tenant)?;
        Ok(limits::failures(&tenant, &hash).clear(db)?)
    })
    .await
}

/// Result of the deletion of a number.
#[derive(Debug, Serialize)]
pub struct Forgotten {
    /// Number of deleted rows.
    pub rows: usize,
    /// A notice if parts of them are still in the database's log.
    pub left: Option<&'static str>,
}

/// Deletes everything about a number. Counts as a search.
///
/// # Errors
///
/// [`Problem`] if it is not a number, or if the tenant searched too often.
pub async fn forget(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    text: &str,
) -> Result<Forgotten, Problem> {
    let number = parse(app, tenant, text)?;
    let hash = app.number_hash(tenant, number.e164());
    let entry = Entry::new(Some(tenant), actor, Action::NumberForget, "");
    let tenant = tenant.to_owned();
    let rows = change(app, entry, move |db| {
        check_searches(db, &tenant)?;
        Ok(retention::forget(db, &tenant, &hash)?)
    })
    .await?;
    let store = app.store.clone();
    let is_emptied = blocking(move || Ok(empty_log(&store))).await?;
    Ok(Forgotten {
        rows,
        left: (!is_emptied).then_some(LEFT),
    })
}

/// Removes deleted rows from the log too, and waits some seconds for readers. Returns false if that failed.
fn empty_log(store: &Store) -> bool {
    let begun = Instant::now();
    loop {
        match store.empty_log() {
            Ok(()) => return true,
            Err(StoreError::Busy(_)) if begun.elapsed() < EMPTYING => {
                // Waiting writers continue meanwhile.
                std::thread::sleep(Duration::from_millis(500));
            }
            Err(error) => {
                tracing::warn!(%error, "what was deleted is in the database's log until the next sweep");
                return false;
            }
        }
    }
}

/// Adds a test number: a verification of it sends nothing, and its code is fixed.
///
/// # Errors
///
/// [`Problem`] if the code is not six digits, or if the lifetime is out of range. Also if the number may belong to
/// somebody and the administrator did not confirm that it is their own.
pub async fn add_test(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    text: &str,
    code: &str,
    days: u32,
    is_own: bool,
) -> Result<TestNumberView, Problem> {
    let number = parse(app, tenant, text)?;
    if number.is_mobile() && !is_own {
        return Err(Problem::invalid("/number", say("refusal-test-number")));
    }
    if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Problem::invalid("/code", say("refusal-code")));
    }
    if !(1..=TEST_DAYS).contains(&days) {
        return Err(Problem::invalid("/days", say("refusal-test-days")));
    }
    let expires_at = ids::now_ms() + i64::from(days) * 24 * HOUR_MS;
    let row = TestNumber {
        tenant: tenant.to_owned(),
        number_hash: app.number_hash(tenant, number.e164()),
        number: app.encrypt_number(tenant, number.e164())?,
        code: app
            .keys
            .encrypt(tenant, Purpose::Configs, "test-code", code.as_bytes())?,
        expires_at,
    };
    let entry =
        Entry::new(Some(tenant), actor, Action::TestNumberAdd, "").detail(format!("{days} d"));
    change(app, entry, move |db| {
        Ok(registry::put_test_number(db, &row)?)
    })
    .await?;
    Ok(TestNumberView {
        number: number.masked(),
        expires_at: rfc3339(expires_at),
    })
}

/// Removes a test number.
///
/// # Errors
///
/// [`Problem`] if the tenant has no such test number.
pub async fn remove_test(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    text: &str,
) -> Result<(), Problem> {
    let number = parse(app, tenant, text)?;
    let hash = app.number_hash(tenant, number.e164());
    let entry = Entry::new(Some(tenant), actor, Action::TestNumberRemove, "");
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        require(
            registry::delete_test_number(db, &tenant, &hash)?,
            "test number",
        )
    })
    .await
}

/// The test numbers of a tenant.
pub fn list_tests(app: &App, tenant: &str) -> Vec<TestNumberView> {
    let catalog = app.catalog.load();
    let own = catalog.test_numbers.values().filter(|t| t.tenant == tenant);
    own.map(|test| TestNumberView {
        number: app.masked(tenant, &test.number),
        expires_at: rfc3339(test.expires_at),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;

    /// The responses of all three reveal whether a number has rows.
    #[tokio::test]
    async fn unlock_and_forget_count_as_searches() {
        const NUMBER: &str = "+8613800138000";
        let host = TestApp::new().await;
        let (app, actor) = (&host.app, TestApp::actor());
        for _ in 0..SEARCHES_AN_HOUR / 3 {
            search(app, &actor, "default", NUMBER).await.unwrap();
            unlock(app, &actor, "default", NUMBER).await.unwrap();
            forget(app, &actor, "default", NUMBER).await.unwrap();
        }
        let searched = search(app, &actor, "default", NUMBER).await.map(drop);
        let unlocked = unlock(app, &actor, "default", NUMBER).await.map(drop);
        let forgotten = forget(app, &actor, "default", NUMBER).await.map(drop);
        for refused in [searched, unlocked, forgotten] {
            let problem = refused.unwrap_err();
            assert_eq!((problem.status, problem.retry_after), (429, Some(3600)));
        }
    }

    /// The reader holds the log as a running backup does.
    #[tokio::test]
    async fn forget_says_when_the_log_is_in_use() {
        const NUMBER: &str = "+8613800138000";
        let host = TestApp::new().await;
        let (app, actor) = (&host.app, TestApp::actor());
        let mut reader = Connection::open(&app.files.database).unwrap();
        let reading = reader.transaction().unwrap();
        registry::setting(&reading, "revision").unwrap();
        let first = forget(app, &actor, "default", NUMBER).await.unwrap();
        assert!(first.left.unwrap().contains("again"));
        reading.finish().unwrap();
        let second = forget(app, &actor, "default", NUMBER).await.unwrap();
        assert_eq!(second.left, None);
    }
}
