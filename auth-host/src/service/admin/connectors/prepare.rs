//! Reads the config of a connector: completes it with the stored secrets, and has its plugin validate it.

use super::decisions::confirmed_for;
use super::find::{find, open_config};
use super::plugin::{load, plugin_failed};
use crate::service::admin::{addresses, changed, secrets};
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::problem::{Finding, Problem};
use crate::service::store::registry;
use crate::service::texts::{about, say};
use auth_connector_host::{Config, ConfigGuard, Diagnostic, Manifest, Plugin, Severity};
use serde_json::Value;
use std::sync::Arc;

/// A connector to create or change.
pub struct Put<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its plugin; by default its present one.
    pub plugin: Option<&'a str>,
    /// Its config. Secrets that are absent, null or empty are taken from the stored config.
    pub config: Value,
    /// The languages of findings.
    pub locales: &'a [String],
}

/// An editor's data beside the config.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Entries of lists that existed before: the new pointer and the old one, whose secrets the entry keeps.
    pub entries: Vec<(String, String)>,
    /// The revision that was edited; another one is a conflict.
    pub revision: Option<i64>,
    /// The origins that a host administrator confirms, in place of all that were confirmed before. `None` keeps those.
    pub confirmed: Option<Vec<String>>,
}

/// A config that was read, completed with stored secrets and validated, and its plugin.
pub struct Prepared {
    /// The installed plugin.
    pub row: registry::Plugin,
    /// The loaded plugin.
    pub plugin: Plugin,
    /// Its requirements for a config.
    pub guard: ConfigGuard,
    /// The config with its secrets.
    pub config: Value,
    /// The plugin's findings about the config.
    pub findings: Vec<Finding>,
    /// The origins that the config asks for.
    pub wanted: Vec<String>,
    /// The wanted origins that were confirmed.
    pub confirmed: Vec<String>,
    /// The existing connector, if any.
    pub before: Option<Arc<Connector>>,
}

/// Reads a config as [`super::put`] does, and stores nothing.
///
/// # Errors
///
/// [`Problem`] if the plugin returns no result or a stored secret is not taken over. Findings are not errors.
pub async fn prepare(app: &Arc<App>, put: Put<'_>, edit: &Edit) -> Result<Prepared, Problem> {
    let catalog = app.catalog.load_full();
    if !catalog.tenants.contains_key(put.tenant) {
        return Err(Problem::not_found("tenant"));
    }
    let before = find(app, put.tenant, put.name).ok();
    if let (Some(revision), Some(before)) = (edit.revision, &before)
        && before.row.revision != revision
    {
        return Err(changed("refusal-connector-changed"));
    }
    let plugin_id = put
        .plugin
        .or(before.as_ref().map(|c| c.row.plugin.as_str()));
    let row = plugin_id.and_then(|id| catalog.plugins.get(id)).cloned();
    let row = row.ok_or_else(|| Problem::invalid("/plugin", say("refusal-no-plugin")))?;
    let manifest = row
        .manifest
        .as_deref()
        .and_then(|m| Manifest::parse(m).ok());
    let mut config = put.config;
    let wanted_before = wanted(manifest.as_ref(), &config);
    let earlier = before.as_ref().map(|c| confirmed_for(&c.row, &row.id));
    let confirmed = edit.confirmed.as_deref().or(earlier).unwrap_or_default();
    let asked = wanted_before.iter().flatten();
    let confirmed: Vec<String> = asked
        .filter(|origin| confirmed.contains(origin))
        .cloned()
        .collect();
    let plugin = load(app, put.tenant, row.clone(), confirmed.clone()).await?;
    let guard = plugin.get_config_guard(put.locales).await;
    let guard = guard.map_err(|error| plugin_failed(error.phrase()))?;
    if let Some(before) = &before {
        let old = open_config(app, &before.row)?;
        let restored = addresses::unmask(&old, &mut config, &edit.entries);
        let restored = restored.map_err(|place| {
            Problem::invalid(&format!("/config{place}"), say("refusal-secret-again"))
        })?;
        secrets::keep(
            &old,
            &mut config,
            &secrets::Kept {
                pointers: &guard.secret_pointers,
                hidden: &before.row.secrets,
                addresses: &restored,
                entries: &edit.entries,
                named: manifest.as_ref().map(|m| m.config_origins.as_slice()),
                is_same_plugin: before.row.plugin == row.id,
            },
        )?;
    }
    let text = config.to_string();
    let found = plugin
        .validate_config(&Config::new(text.as_str()), put.locales)
        .await;
    let findings = found
        .map_err(|error| plugin_failed(error.phrase()))?
        .iter()
        .map(finding)
        .collect();
    Ok(Prepared {
        plugin,
        guard,
        findings,
        wanted: wanted_before?,
        confirmed,
        config,
        before,
        row,
    })
}

/// The origins that a config asks for, by its plugin's manifest.
fn wanted(manifest: Option<&Manifest>, config: &Value) -> Result<Vec<String>, Problem> {
    let asked = manifest.map(|m| m.origins_of_config(config));
    asked
        .unwrap_or_default()
        .into_iter()
        .map(|origin| match origin {
            Ok(origin) => Ok(origin.to_string()),
            Err(error) => Err(Problem::invalid(
                "/config",
                about("refusal-config-origin", error.phrase()),
            )),
        })
        .collect()
}

/// Converts a plugin's diagnostic into a finding.
fn finding(diagnostic: &Diagnostic) -> Finding {
    Finding {
        pointer: diagnostic.pointer.clone(),
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Other => "warning",
        }
        .to_owned(),
        code: diagnostic.code.clone(),
        message: diagnostic.message.clone(),
    }
}
