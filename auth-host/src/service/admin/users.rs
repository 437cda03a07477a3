//! Users of the console: set-up link, sign-in, sessions.

use super::{Actor, Entry, change, check_name, require};
use crate::service::app::App;
use crate::service::crypt::digest;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::limits::Bucket;
use crate::service::store::users::{self, Role, User};
use crate::service::store::{StoreError, audit, registry};
use crate::service::texts::say;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use std::sync::Arc;

/// Maximum lifetime of a session, in milliseconds.
pub const LONGEST_MS: i64 = 12 * 3_600_000;

/// Maximum time without use of a session, in milliseconds.
pub const IDLE_MS: i64 = 3_600_000;

/// Time in which a set-up link can be used, in milliseconds.
const SETUP_MS: u64 = 24 * 3_600_000;

/// Precision of the last use, in milliseconds, so that viewing pages seldom writes.
const EXACTLY_MS: i64 = 60_000;

/// Creates a random token.
///
/// # Errors
///
/// [`StoreError::Failed`] when the operating system has no random numbers.
pub fn token() -> Result<String, StoreError> {
    let random: [u8; 32] = ids::random()?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

/// The stored hash of a token. 256 random bits need no slow hash.
pub fn token_hash(token: &str) -> Vec<u8> {
    digest(&[b"console", token.as_bytes()])
}

/// Creates a set-up link's token, which replaces an earlier one and is valid for [`SETUP_MS`].
///
/// # Errors
///
/// [`StoreError`] if it cannot be stored.
pub async fn new_setup(app: &Arc<App>) -> Result<String, StoreError> {
    let made = token()?;
    let stored = format!("{} {}", ids::now_ms(), hex::encode(token_hash(&made)));
    app.store
        .write(move |db| registry::put_setting(db, users::SETUP, &stored))
        .await?;
    Ok(made)
}

/// Returns true if the stored set-up link is that of a token and has not expired. An older program stored no time with
/// the hash. A clock that was set back does not extend the time.
fn is_valid_setup(db: &Connection, token: &str) -> Result<bool, StoreError> {
    let stored = registry::setting(db, users::SETUP)?;
    let parts = stored.as_deref().and_then(|stored| stored.split_once(' '));
    Ok(parts.is_some_and(|(made_at, hash)| {
        let made_at: Option<i64> = made_at.parse().ok();
        let age_ms = made_at.map(|made_at| ids::now_ms().abs_diff(made_at));
        age_ms.is_some_and(|age_ms| age_ms < SETUP_MS) && hash == hex::encode(token_hash(token))
    }))
}

/// Creates a set-up link's token if there is no user yet.
///
/// # Errors
///
/// [`StoreError`].
pub async fn first_setup(app: &Arc<App>) -> Result<Option<String>, StoreError> {
    if app.store.read(users::is_any)? {
        return Ok(None);
    }
    new_setup(app).await.map(Some)
}

/// Returns true if a token belongs to the set-up link, and the link has not expired.
///
/// # Errors
///
/// [`StoreError`].
pub fn is_setup(app: &App, token: &str) -> Result<bool, StoreError> {
    app.store.read(|db| is_valid_setup(db, token))
}

/// Adds the administrator of a set-up link, which can be used once. Creates a tenant if there is none.
///
/// # Errors
///
/// [`Problem`] if the link was used, was replaced or has expired, or the name is not valid.
pub async fn set_up(app: &Arc<App>, token: &str, name: &str, hash: String) -> Result<(), Problem> {
    check_name("/name", name)?;
    let token = token.to_owned();
    let user = new(name, hash, Role::Admin, None);
    let entry = Entry::new(
        None,
        &Actor("set-up link".to_owned()),
        Action::UserSetUp,
        name,
    );
    change(app, entry, move |db| {
        if !is_valid_setup(db, &token)? {
            return Err(Problem::invalid("/token", say("refusal-set-up")));
        }
        registry::put_setting(db, users::SETUP, "")?;
        put_again(db, &user)?;
        if registry::tenants(db)?.is_empty() {
            registry::put_tenant(db, "default", &registry::TenantSettings::default())?;
        }
        Ok(())
    })
    .await
}

fn new(name: &str, password: String, role: Role, tenant: Option<&str>) -> User {
    User {
        id: ids::new("u"),
        name: name.to_owned(),
        password,
        role,
        tenant: tenant.map(str::to_owned),
        created_at: ids::now_ms(),
    }
}

/// Stores a user. Sessions that they had under another password end.
fn put_again(db: &Connection, user: &User) -> Result<(), Problem> {
    if let Some(before) = users::by_name(db, &user.name)? {
        users::end_all(db, &before.id)?;
    }
    Ok(users::put(db, user)?)
}

/// Adds a user.
///
/// # Errors
///
/// [`Problem`] if the name is not valid or is taken, or if the tenant does not exist.
pub async fn add(
    app: &Arc<App>,
    actor: &Actor,
    name: &str,
    hash: String,
    role: Role,
    tenant: Option<&str>,
) -> Result<(), Problem> {
    check_name("/name", name)?;
    if let Some(tenant) = tenant
        && !app.catalog.load().tenants.contains_key(tenant)
    {
        return Err(Problem::not_found("tenant"));
    }
    let user = new(name, hash, role, tenant);
    let entry = Entry::new(tenant, actor, Action::UserPut, name).detail(role.as_str());
    change(app, entry, move |db| {
        if users::by_name(db, &user.name)?.is_some() {
            return Err(Problem::invalid("/name", say("name-taken")));
        }
        Ok(users::put(db, &user)?)
    })
    .await
}

/// Sets another password for a user and ends their sessions. Their role and their tenant stay.
///
/// # Errors
///
/// [`Problem`] if there is no such user.
pub async fn set_password(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    hash: String,
) -> Result<(), Problem> {
    let entry = Entry::new(None, actor, Action::UserPassword, id);
    let id = id.to_owned();
    change(app, entry, move |db| {
        require(users::set_password(db, &id, &hash)?, "user")
    })
    .await
}

/// Removes a user and ends their sessions.
///
/// # Errors
///
/// [`Problem`] if there is none, or if no administrator of the host would be left.
pub async fn remove(app: &Arc<App>, actor: &Actor, id: &str) -> Result<(), Problem> {
    let entry = Entry::new(None, actor, Action::UserRemove, id);
    let id = id.to_owned();
    change(app, entry, move |db| {
        require(users::remove(db, &id)?, "user")?;
        keep_one(db)
    })
    .await
}

fn keep_one(db: &Connection) -> Result<(), Problem> {
    let is_host = |user: &User| user.role == Role::Admin && user.tenant.is_none();
    if users::list(db)?.iter().any(is_host) {
        return Ok(());
    }
    Err(Problem::invalid("/name", say("refusal-last-administrator")))
}

/// All users.
///
/// # Errors
///
/// [`StoreError`].
pub fn list(app: &App) -> Result<Vec<User>, StoreError> {
    app.store.read(users::list)
}

/// Failed attempts to sign in with one name: five, and one is forgiven every three minutes.
fn by_name(subject: &[u8]) -> Bucket<'_> {
    Bucket {
        tenant: "",
        scope: "console-name",
        subject,
        capacity: 5.0,
        period_ms: 15 * 60_000,
    }
}

/// Failed attempts to sign in with all names together: thirty in a quarter of an hour.
fn by_all<'a>() -> Bucket<'a> {
    Bucket {
        tenant: "",
        scope: "console-all",
        subject: b"",
        capacity: 30.0,
        period_ms: 15 * 60_000,
    }
}

/// Counts an attempt to sign in before its password is checked, and refuses one too many.
///
/// # Errors
///
/// [`Problem`] with the time to wait.
pub async fn attempt(app: &Arc<App>, name: &str) -> Result<(), Problem> {
    let subject = digest(&[name.as_bytes()]);
    let waits = app.store.write(move |db| {
        let now = ids::now_ms();
        let buckets = [by_name(&subject), by_all()];
        let mut wait = 0;
        for bucket in buckets {
            wait = bucket.wait_ms(bucket.level(db, now)?).max(wait);
        }
        if wait == 0 {
            for bucket in buckets {
                bucket.add(db, now, 1.0)?;
            }
        }
        Ok::<_, StoreError>(wait)
    });
    match waits.await? {
        0 => Ok(()),
        wait => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "sign-in",
            "Too many attempts",
            say("refusal-sign-in"),
        )
        .after(Some(wait))),
    }
}

/// Begins a session and clears the failed attempts of the name. Returns the session's token. None if the user is gone,
/// or has another password than the one that was checked.
///
/// # Errors
///
/// [`StoreError`].
pub async fn begin(app: &Arc<App>, user: &User) -> Result<Option<String>, StoreError> {
    let made = token()?;
    let (hash, user) = (token_hash(&made), user.clone());
    let is_begun = app
        .store
        .write(move |db| {
            let now = ids::now_ms();
            users::sweep(db, now - LONGEST_MS, now - IDLE_MS)?;
            if !users::begin(db, &hash, &user, now)? {
                return Ok::<_, StoreError>(false);
            }
            let subject = digest(&[user.name.as_bytes()]);
            by_name(&subject).clear(db)?;
            by_all().add(db, now, -1.0)?;
            let tenant = user.tenant.as_deref();
            audit::add(db, tenant, &user.name, Action::UserSignIn, &user.id, "")?;
            Ok(true)
        })
        .await?;
    Ok(is_begun.then_some(made))
}

/// Ends a session.
///
/// # Errors
///
/// [`StoreError`].
pub async fn end(app: &Arc<App>, token: &str) -> Result<(), StoreError> {
    let hash = token_hash(token);
    app.store.write(move |db| users::end(db, &hash)).await
}

/// The user with a name.
///
/// # Errors
///
/// [`StoreError`].
pub fn find(app: &App, name: &str) -> Result<Option<User>, StoreError> {
    app.store.read(|db| users::by_name(db, name))
}

/// The user of a valid session; this counts as a use of it.
///
/// # Errors
///
/// [`StoreError`].
pub async fn of_session(app: &Arc<App>, token: &str) -> Result<Option<User>, StoreError> {
    let hash = token_hash(token);
    let now = ids::now_ms();
    let Some(session) = app.store.read(|db| users::session(db, &hash))? else {
        return Ok(None);
    };
    if now - session.created_at > LONGEST_MS || now - session.seen_at > IDLE_MS {
        return Ok(None);
    }
    if now - session.seen_at > EXACTLY_MS {
        app.store
            .write(move |db| users::seen(db, &hash, now))
            .await?;
    }
    Ok(Some(session.user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;

    async fn add_user(test: &TestApp, name: &str) {
        let (actor, hash) = (TestApp::actor(), "old".to_owned());
        let added = add(&test.app, &actor, name, hash, Role::Admin, None).await;
        added.unwrap();
    }

    /// The link that an older program made has no time.
    #[tokio::test]
    async fn setup_link_is_valid_for_a_day() {
        let test = TestApp::new().await;
        let app = &test.app;
        let link = new_setup(app).await.unwrap();
        let store = async |value: String| {
            let write = move |db: &Connection| registry::put_setting(db, users::SETUP, &value);
            app.store.write(write).await.unwrap();
        };
        let hash = hex::encode(token_hash(&link));
        let at = |age_ms: i64| format!("{} {hash}", ids::now_ms() - age_ms);
        const DAY_MS: i64 = 24 * 3_600_000;
        let add = async || set_up(app, &link, "ada", "hash".to_owned()).await;
        for stored in [
            hash.clone(),
            at(DAY_MS),
            at(DAY_MS + 60_000),
            at(-DAY_MS - 60_000),
            format!("{} {}", ids::now_ms(), "0".repeat(64)),
            format!("never {hash}"),
            " ".to_owned(),
            String::new(),
        ] {
            store(stored.clone()).await;
            assert!(!is_setup(app, &link).unwrap(), "{stored}");
            assert_eq!(add().await.unwrap_err().status, 422, "{stored}");
        }
        assert!(list(app).unwrap().is_empty());
        store(at(DAY_MS - 60_000)).await;
        assert!(is_setup(app, &link).unwrap());
        assert!(!is_setup(app, "another").unwrap());
        add().await.unwrap();
        assert!(!is_setup(app, &link).unwrap());
        assert!(add().await.is_err());
    }

    /// The password was changed after its check and before the session began.
    #[tokio::test]
    async fn session_begins_with_the_password_that_was_checked() {
        let test = TestApp::new().await;
        let app = &test.app;
        add_user(&test, "root").await;
        add_user(&test, "ada").await;
        let checked = find(app, "ada").unwrap().unwrap();
        let changed = set_password(app, &TestApp::actor(), &checked.id, "new".to_owned()).await;
        changed.unwrap();
        assert_eq!(begin(app, &checked).await.unwrap(), None);
        let checked = find(app, "ada").unwrap().unwrap();
        let session = begin(app, &checked).await.unwrap().unwrap();
        assert!(of_session(app, &session).await.unwrap().is_some());
        let removed = remove(app, &TestApp::actor(), &checked.id).await;
        removed.unwrap();
        assert_eq!(begin(app, &checked).await.unwrap(), None);
        assert!(of_session(app, &session).await.unwrap().is_none());
    }

    /// Guesses spread over names do not help either.
    #[tokio::test]
    async fn thirty_wrong_passwords_over_names_stop_everybody() {
        let test = TestApp::new().await;
        for nth in 0..30 {
            let tried = attempt(&test.app, &format!("name-{nth}")).await;
            assert!(tried.is_ok(), "{nth}");
        }
        let refused = attempt(&test.app, "ada").await.unwrap_err();
        assert_eq!((refused.status, refused.kind), (429, "sign-in"));
        assert!(
            refused.retry_after.is_some_and(|s| (1..=31).contains(&s)),
            "{:?}",
            refused.retry_after
        );
    }
}
