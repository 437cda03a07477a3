//! An auth host in a folder of its own, for unit tests.

use crate::admin::{Actor, events, tenants, webhooks};
use crate::app::{App, Files};
use crate::crypt::Purpose;
use crate::ids;
use crate::number::Number;
use crate::platforms::Webhook;
use crate::store::Result;
use crate::store::verifications::Verification;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// An auth host with the tenant `default`, which has no flow: nothing is sent.
pub struct TestApp {
    /// Everything that is open.
    pub app: Arc<App>,
    folder: PathBuf,
}

impl TestApp {
    /// Opens one.
    pub async fn new() -> Self {
        let folder = std::env::temp_dir().join(ids::new("app"));
        let (app, _) = App::open(Files::of(&folder, None), |_| ()).unwrap();
        let actor = Self::actor();
        let put = tenants::put(&app, &actor, "default", &json!({})).await;
        put.unwrap();
        Self { app, folder }
    }

    /// Who changes it.
    pub fn actor() -> Actor {
        Actor("test".to_owned())
    }

    /// Makes a webhook, or changes one.
    pub async fn webhook(&self, name: &str, body: Value) -> Arc<Webhook> {
        let actor = Self::actor();
        let put = webhooks::put(&self.app, &actor, "default", name, body).await;
        put.unwrap();
        webhooks::find(&self.app, "default", name).unwrap()
    }
}

/// A verification of the tenant `default` that waits for a code. It is in no database.
pub fn verification(app: &App, to: &str, source: Option<&str>, code: &str) -> Verification {
    let number = Number::parse(to, None).unwrap();
    let (id, now) = (ids::new("v"), ids::now_ms());
    let tagged = format!("{id}/1/{code}");
    Verification {
        tenant: "default".to_owned(),
        number: app.seal_number("default", number.e164()).unwrap(),
        number_hash: app.number_hash("default", number.e164()),
        usage: "SignIn".to_owned(),
        locales: String::new(),
        country: number.country().to_owned(),
        prefix: number.prefix().to_owned(),
        network: None,
        source: source.map(str::to_owned),
        is_test: false,
        state: "pending".to_owned(),
        code: app.keys.tag("default", Purpose::Codes, tagged.as_bytes()),
        attempts: 0,
        sends: 1,
        sent_at: now,
        lifetime_ms: 600_000,
        expires_at: now + 600_000,
        created_at: now,
        id,
    }
}

/// Writes down a message of the tenant `t` that is being sent since a time in Unix milliseconds.
pub async fn leave_open(app: &App, id: &'static str, since: i64) {
    let written = app.store.write(move |db| insert(db, id, "t", b"n", since));
    written.await.unwrap();
}

/// Writes down a message to a number, by its keyed hash.
pub fn add_message(db: &Connection, tenant: &str, number_hash: &[u8], at: i64) -> Result<()> {
    let id = ids::earliest("m", at) + &ids::new("");
    insert(db, &id, tenant, number_hash, at)
}

fn insert(db: &Connection, id: &str, tenant: &str, number_hash: &[u8], at: i64) -> Result<()> {
    db.execute(
        "INSERT INTO messages (id, tenant, connector, number, number_hash, usage, country, prefix, is_first,
         first, state, created_at) VALUES (?1, ?2, 'c', x'00', ?3, 'u', 'CN', '+86', 1, ?1, 'sending', ?4)",
        params![id, tenant, number_hash, at],
    )?;
    Ok(())
}

/// Makes the tenant `t`, whose events are posted somewhere.
pub async fn tenant_with_events(app: &Arc<App>) {
    let actor = TestApp::actor();
    let put = tenants::put(app, &actor, "t", &json!({})).await;
    put.unwrap();
    let put = events::put(app, &actor, "t", "https://a.example/hook").await;
    put.unwrap();
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
