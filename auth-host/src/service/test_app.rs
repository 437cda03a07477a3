//! An auth host in a folder of its own, for unit tests.

use crate::service::admin::{Actor, events, tenants, webhooks};
use crate::service::app::{App, Files, Point};
use crate::service::crypt::Purpose;
use crate::service::ids;
use crate::service::number::Number;
use crate::service::platforms::Webhook;
use crate::service::store::registry::{self, Connector, Plugin};
use crate::service::store::verifications::{self, Verification};
use crate::service::store::{Result, Store, StoreError};
use auth_connector_registry::Facts;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

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

    /// Opens one whose writer is blocked once a message is on the disk, before its connector is called. The writer
    /// continues when the sender is dropped.
    pub async fn held_after_intent() -> (Self, Sender<()>) {
        let (release, released) = channel();
        let released = Mutex::new(Some(released));
        let store: Arc<OnceLock<Store>> = Arc::default();
        let held = store.clone();
        let mut test = Self::new().await;
        let app = Arc::get_mut(&mut test.app).unwrap();
        app.answer_within = Duration::ZERO;
        app.hook = Arc::new(move |point| {
            let released = released
                .lock()
                .unwrap()
                .take_if(|_| point == Point::AfterIntent);
            if let (Some(released), Some(store)) = (released, held.get()) {
                hold(store, released);
            }
        });
        let _ = store.set(test.app.store.clone());
        (test, release)
    }

    /// Gives the tenant a flow to a connector whose plugin does not load: its messages are not sent.
    pub async fn serve_by_nobody(&self) {
        let row = connector("c_1");
        let written = self.app.store.write(move |db| {
            registry::put_plugin(db, &plugin("{}"), b"none")?;
            registry::put_connector(db, &row)?;
            let flow = json!({"usage": "*", "country": "*", "connectors": [row.id]});
            registry::put_flow(db, "default", &serde_json::from_value(flow).unwrap())
        });
        written.await.unwrap();
        self.app.reload().unwrap();
    }

    /// Gives the tenant a connector whose plugin reads callbacks and cannot ask its provider.
    pub async fn serve_with_reports(&self, id: &'static str) {
        let component = component_with_receipts();
        let config = self
            .app
            .keys
            .encrypt("default", Purpose::Configs, id, b"{}");
        let row = Connector {
            config: config.unwrap(),
            ..connector(id)
        };
        let plugin = Plugin {
            digest: hex::encode(Sha256::digest(&component)),
            manifest: None,
            ..plugin("")
        };
        let written = self.app.store.write(move |db| {
            registry::put_plugin(db, &plugin, &component)?;
            registry::put_connector(db, &row)
        });
        written.await.unwrap();
        self.app.reload().unwrap();
    }

    /// The actor of its changes.
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

/// Blocks the writer until the other end is used or dropped: jobs queued meanwhile are committed together.
pub fn hold(store: &Store, released: Receiver<()>) {
    let (begun, has_begun) = channel();
    let store = store.clone();
    std::thread::spawn(move || {
        store.write_blocking(move |_| {
            let _ = begun.send(());
            let _ = released.recv();
            Ok::<_, StoreError>(())
        })
    });
    has_begun.recv().unwrap();
}

/// A plugin with a manifest, whose component is invalid.
pub fn plugin(manifest: &str) -> Plugin {
    Plugin {
        id: "p".to_owned(),
        digest: "none".to_owned(),
        manifest: Some(manifest.into()),
        signature: None,
        origins: Vec::new(),
        beyond: Vec::new(),
        limits: BTreeMap::new(),
        facts: Facts::default(),
        added_at: 1,
    }
}

/// The connector of the library's tests, with `sms-receipts` and without `sms-operations`.
fn component_with_receipts() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text =
        |name: &str| std::fs::read_to_string(root.join("host/tests/support").join(name)).unwrap();
    let core = text("plugin.wat").replace("\"memory\") 2)", "\"memory\") 8)");
    let core = core.trim_end().strip_suffix(')').unwrap();
    let mut module = wat::parse_str(format!("{core}{})", text("receipts.wat"))).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_dir(root.join("wit")).unwrap();
    let world = "package auth:tests; world plugin {
        include auth:connector/sms-connector@0.1.0; export auth:connector/sms-receipts@0.1.0; }";
    let package = resolve.push_str("tests.wit", world).unwrap();
    let world = resolve.select_world(&[package], Some("plugin")).unwrap();
    let encoding = StringEncoding::UTF8;
    embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).unwrap();
    encoder.encode().unwrap()
}

/// A connector of that plugin and the tenant `default`, without a config.
pub fn connector(id: &str) -> Connector {
    Connector {
        id: id.to_owned(),
        tenant: "default".to_owned(),
        name: "main".to_owned(),
        plugin: "p".to_owned(),
        config: Vec::new(),
        secrets: Vec::new(),
        wanted: Vec::new(),
        confirmed: Vec::new(),
        revision: 1,
        created_at: 1,
        updated_at: 1,
    }
}

/// A verification of the tenant `default` that waits for a code. It is in no database.
pub fn verification(app: &App, to: &str, source: Option<&str>, code: &str) -> Verification {
    let number = Number::parse(to, None).unwrap();
    let (id, now) = (ids::new("v"), ids::now_ms());
    let tagged = format!("{id}/1/{code}");
    Verification {
        tenant: "default".to_owned(),
        number: app.encrypt_number("default", number.e164()).unwrap(),
        number_hash: app.number_hash("default", number.e164()),
        usage: "SignIn".to_owned(),
        locales: String::new(),
        country: number.country().to_owned(),
        prefix: number.prefix().to_owned(),
        network: None,
        source: source.map(str::to_owned),
        is_test: false,
        state: verifications::State::Pending,
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

/// Stores a message of the tenant `t` that is being sent since a time in Unix milliseconds.
pub async fn leave_open(app: &App, id: &'static str, since: i64) {
    let written = app.store.write(move |db| insert(db, id, "t", b"n", since));
    written.await.unwrap();
}

/// Stores a message to a number, by its keyed hash.
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
