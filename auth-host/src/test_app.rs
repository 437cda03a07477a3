//! An auth host in a folder of its own, for unit tests.

use crate::admin::{Actor, tenants, webhooks};
use crate::app::{App, Files};
use crate::ids;
use crate::platforms::Webhook;
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

impl Drop for TestApp {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
