//! Operations of administrators, for their API and the command line. Every change is in the audit log.

mod addresses;
pub mod callbacks;
pub mod connectors;
pub mod destinations;
pub mod events;
pub mod granted;
pub mod guides;
pub mod hiding;
pub mod keys;
pub mod maintenance;
pub mod messages;
pub mod numbers;
pub mod once;
pub mod plugins;
pub mod pulls;
pub mod removal;
pub mod reviews;
pub mod secrets;
pub mod tenants;
pub mod trials;
mod undeclared;
pub mod users;
pub mod versions;
mod webhook_settings;
pub mod webhook_trials;
pub mod webhooks;

use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::audit;
use crate::service::store::audit::Action;
use crate::service::texts::say;
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;
use tokio::task::JoinError;

/// Author of a change: a key's identifier, a user's name, or a word such as `command-line`.
#[derive(Clone, Debug)]
pub struct Actor(pub String);

/// Runs a change and its entry of the audit log in one transaction, and reads the catalog again. The change is in force
/// when this returns.
async fn change<T: Send + 'static>(
    app: &Arc<App>,
    entry: Entry,
    job: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = record(app, entry, job).await?;
    reload(app).await?;
    Ok(done)
}

/// As [`change`], for a result that is shown only once: it is returned even if the catalog cannot be read.
async fn change_shown_once<T: Send + 'static>(
    app: &Arc<App>,
    entry: Entry,
    job: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = record(app, entry, job).await?;
    if let Err(problem) = reload(app).await {
        tracing::error!(why = %problem.detail, "a change is not in force yet");
    }
    Ok(done)
}

async fn record<T: Send + 'static>(
    app: &Arc<App>,
    entry: Entry,
    job: impl FnOnce(&Connection) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = app.store.write(move |db| {
        let done = job(db)?;
        let Entry {
            tenant,
            actor,
            action,
            subject,
            detail,
        } = entry;
        audit::add(db, tenant.as_deref(), &actor.0, action, &subject, &detail)?;
        Ok::<_, Problem>(done)
    });
    done.await
}

/// Refuses a change or a removal of something that is not there.
fn require(is_found: bool, what: &str) -> Result<(), Problem> {
    is_found
        .then_some(())
        .ok_or_else(|| Problem::not_found(what))
}

/// Refuses a change of something that was changed meanwhile; `said` is the text.
fn require_current(is_current: bool, said: &'static str) -> Result<(), Problem> {
    is_current.then_some(()).ok_or_else(|| changed(said))
}

/// The problem for a change of something that was changed meanwhile; `said` is the text.
fn changed(said: &'static str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "conflict",
        "Changed meanwhile",
        say(said),
    )
}

/// An entry of the audit log.
struct Entry {
    tenant: Option<String>,
    actor: Actor,
    action: Action,
    subject: String,
    detail: String,
}

impl Entry {
    fn new(tenant: Option<&str>, actor: &Actor, action: Action, subject: &str) -> Self {
        Self {
            tenant: tenant.map(str::to_owned),
            actor: actor.clone(),
            action,
            subject: subject.to_owned(),
            detail: String::new(),
        }
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// Reads the catalog again, on a thread that may compile.
async fn reload(app: &Arc<App>) -> Result<(), Problem> {
    let app = app.clone();
    blocking(move || app.reload().map_err(Problem::from)).await
}

/// Runs a job on a thread that may block.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome,
        Err(error) => Err(ended(&error)),
    }
}

/// The problem for a job that panicked.
fn ended(error: &JoinError) -> Problem {
    tracing::error!(%error, "a job failed");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "The program failed",
        say("refusal-internal"),
    )
}

/// Refuses an invalid name. A name is shown, typed and part of addresses, where dots alone go up a level (RFC 3986,
/// section 5.2.4).
fn check_name(pointer: &str, name: &str) -> Result<(), Problem> {
    let fits = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && name.bytes().any(|b| b != b'.');
    if fits {
        return Ok(());
    }
    Err(Problem::invalid(pointer, say("refusal-name")))
}

/// A tenant's object of a kind, by its name or its identifier. `of` returns the tenant, the identifier and the name of one.
fn named<'a, T: 'a>(
    all: impl IntoIterator<Item = &'a Arc<T>>,
    of: impl Fn(&T) -> [&str; 3],
    tenant: &str,
    name: &str,
) -> Option<Arc<T>> {
    let is_it = |one: &&Arc<T>| {
        let [its_tenant, its_id, its_name] = of(one);
        its_tenant == tenant && (its_id == name || its_name == name)
    };
    all.into_iter().find(is_it).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::StoreError;
    use crate::service::test_app::TestApp;
    use serde_json::json;

    #[test]
    fn name_of_dots_alone_is_refused() {
        for (name, fits) in [
            ("a", true),
            ("..a", true),
            ("-", true),
            ("", false),
            (".", false),
            ("..", false),
            ("...", false),
            ("a/b", false),
        ] {
            assert_eq!(check_name("/name", name).is_ok(), fits, "{name}");
        }
        assert!(check_name("/name", &"a".repeat(64)).is_ok());
        assert!(check_name("/name", &"a".repeat(65)).is_err());
    }

    /// An auth host whose configuration cannot be read again.
    async fn with_broken_row() -> TestApp {
        let test = TestApp::new().await;
        test.serve_by_nobody().await;
        let broken = test.app.store.write(|db| {
            db.execute("UPDATE plugins SET facts = 'broken'", [])?;
            Ok::<_, StoreError>(())
        });
        broken.await.unwrap();
        assert!(test.app.reload().is_err());
        test
    }

    /// A created secret is shown only once.
    #[tokio::test]
    async fn change_that_cannot_be_read_yet_is_answered_with_what_it_made() {
        let test = with_broken_row().await;
        let (app, actor) = (&test.app, TestApp::actor());
        let scopes = ["tenant".to_owned()];
        let key = keys::add(app, &actor, Some("default"), "name", &scopes).await;
        assert!(key.unwrap().key.is_some());
        let body = json!({"platform": "generic"});
        let webhook = webhooks::put(app, &actor, "default", "name", body).await;
        assert!(webhook.unwrap().secret.is_some());
        let target = events::put(app, &actor, "default", "https://a.example/hook").await;
        assert!(target.unwrap().secret.is_some());
    }

    /// An operator who stops sending must not get a success before the switch is in force.
    #[tokio::test]
    async fn switch_that_is_not_in_force_is_no_success() {
        let test = with_broken_row().await;
        let (app, actor) = (&test.app, TestApp::actor());
        assert!(tenants::stop_all(app, &actor, true).await.is_err());
        assert!(!app.catalog.load().is_stopped);
    }

    #[tokio::test]
    async fn panicked_job_is_no_failure_of_the_database() {
        let problem = blocking(|| -> Result<(), Problem> { panic!("a test's") })
            .await
            .unwrap_err();
        assert_eq!((problem.status, problem.kind), (500, "internal"));
        assert!(problem.cause.is_none());
    }
}
