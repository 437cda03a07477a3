//! Plugins: installed from a registry, a package or a bare component, pinned by digest, with the granted origins and
//! limits.

use super::{Actor, Entry, change, require};
use crate::service::app::App;
use crate::service::catalog;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::registry;
use crate::service::texts::{about, say};
use auth_connector_host::{Decision, Phrase, TrustedKey};
use auth_connector_registry::guides::Texts;
use auth_connector_registry::{Change, Facts, Finding, Pulled};
use axum::http::StatusCode;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An installed plugin.
#[derive(Debug, Serialize)]
pub struct PluginView {
    /// Its name on this host.
    pub id: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// Its version, by its manifest.
    pub version: Option<String>,
    /// The identity of the key that signed it.
    pub signer: Option<String>,
    /// Its licence, by its manifest.
    pub license: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// The artifact that it was pulled from, pinned by digest.
    pub reference: Option<String>,
    /// The tag that it was pulled by.
    pub tag: Option<String>,
    /// The granted origins.
    pub origins: Vec<String>,
    /// Granted origins that its manifest does not ask for.
    pub beyond: Vec<String>,
    /// JSON Pointers of further origins in its configs, which a host administrator confirms for each connector.
    pub config_origins: Vec<String>,
    /// The granted limits; the host's own apply to the others.
    pub limits: BTreeMap<String, u64>,
    /// Installation time, in milliseconds since 1970.
    pub added_at: i64,
    /// Its facts at the time of installation: authority, SBOM, provenance.
    pub facts: Facts,
}

/// A plugin that was added or updated, and the results of its checks.
#[derive(Debug, Serialize)]
pub struct Added {
    /// The plugin.
    #[serde(flatten)]
    pub plugin: PluginView,
    /// Verified and unverified parts.
    pub findings: Vec<Finding>,
    /// Differences from the version that it replaces.
    pub changes: Vec<Change>,
}

/// A plugin to install.
#[derive(Clone, Default)]
pub struct NewPlugin {
    /// Its name; by default its manifest's id.
    pub name: Option<String>,
    /// The installed plugin whose grants it takes over.
    pub in_place_of: Option<registry::Plugin>,
    /// The component's bytes.
    pub component: Vec<u8>,
    /// The manifest, as it was signed.
    pub manifest: Option<Vec<u8>>,
    /// The manifest's signature.
    pub signature: Option<Vec<u8>>,
    /// Its guides and its logo.
    pub texts: Texts,
    /// The pulled artifact, if these parts came from a registry.
    pub pulled: Option<Box<Pulled>>,
    /// Granted origins.
    pub origins: Vec<String>,
    /// Granted origins that the manifest does not ask for: a test double, a relay.
    pub beyond: Vec<String>,
    /// True if all origins that the manifest asks for are granted.
    pub grant_asked: bool,
    /// Granted limits, by their keys in a manifest.
    pub limits: BTreeMap<String, u64>,
    /// Keys whose signatures are trusted.
    pub trusted: Vec<TrustedKey>,
    /// True if it may be installed without such a signature.
    pub is_unsigned: bool,
    /// The required version. A version that is named here may be older than the installed one.
    pub version: Option<String>,
}

/// The problem for a refused plugin.
pub(super) fn refused(why: Phrase) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "plugin-refused",
        "The plugin is refused",
        about("refusal-plugin", why),
    )
}

/// A plugin's requests, and the grants for them.
pub fn decision(app: &App, id: &str) -> Option<Decision> {
    let catalog = app.catalog.load();
    let row = catalog.plugins.get(id)?;
    let plugin = catalog::load_plugin(app.parts(), row, &[]).ok()?;
    plugin.grants().cloned()
}

/// All plugins.
pub fn list(app: &App) -> Vec<PluginView> {
    app.catalog.load().plugins.values().map(view).collect()
}

/// An installed plugin's row.
///
/// # Errors
///
/// [`Problem`] if there is none of this name.
pub fn installed(app: &App, id: &str) -> Result<registry::Plugin, Problem> {
    let catalog = app.catalog.load();
    let row = catalog.plugins.get(id).cloned();
    row.ok_or_else(|| Problem::not_found("plugin"))
}

/// A plugin for display.
pub(super) fn view(row: &registry::Plugin) -> PluginView {
    let facts = row.facts.clone();
    PluginView {
        id: row.id.clone(),
        digest: row.digest.clone(),
        version: facts.version.clone(),
        signer: facts.signer.as_ref().map(|signer| signer.key_id.clone()),
        license: facts.license.clone(),
        size: facts.size,
        reference: facts.reference.clone(),
        tag: facts.tag.clone(),
        origins: row.origins.clone(),
        beyond: row.beyond.clone(),
        config_origins: facts.config_origins.clone(),
        limits: row.limits.clone(),
        added_at: row.added_at,
        facts,
    }
}

/// Removes a plugin that no connector uses.
///
/// # Errors
///
/// [`Problem`] if there is none, or if a connector uses it.
pub async fn remove(app: &Arc<App>, actor: &Actor, id: &str) -> Result<(), Problem> {
    let entry = Entry::new(None, actor, Action::PluginRemove, id);
    let id = id.to_owned();
    change(app, entry, move |db| {
        // The catalog may be older than a change by another program.
        if registry::has_connectors(db, &id)? {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "in-use",
                "The plugin is in use",
                say("refusal-plugin-in-use"),
            ));
        }
        require(registry::delete_plugin(db, &id)?, "plugin")
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::app::Files;
    use crate::service::ids;

    /// The catalog of a running service is as old as its last read of the database.
    #[tokio::test]
    async fn plugin_that_another_program_took_into_use_stays() {
        let folder = std::env::temp_dir().join(ids::new("in-use"));
        std::fs::create_dir_all(&folder).unwrap();
        let files = Files::of(&folder, None);
        let (app, _) = App::open(files, |_| ()).unwrap();
        let other = rusqlite::Connection::open(&app.files.database).unwrap();
        other
            .execute_batch(
                "PRAGMA foreign_keys = OFF;
                 INSERT INTO connectors (id, tenant, name, plugin, config, secrets, wanted, confirmed, revision, created_at,
                 updated_at) VALUES ('c', 'default', 'main', 'sms', x'00', '[]', '[]', '[]', 1, 0, 0)",
            )
            .unwrap();
        let actor = Actor("command-line".to_owned());
        let refused = remove(&app, &actor, "sms").await.unwrap_err();
        assert_eq!((refused.status, refused.kind), (409, "in-use"));
        drop(other);
        // Leftovers are in the system's folder for temporary files.
        let _ = std::fs::remove_dir_all(&folder);
    }
}
