//! Connectors: a plugin with a tenant's config. Secrets of the config are stored and never shown.

use super::destinations::check_not_own;
use super::{
    Actor, Entry, addresses, blocking, change, changed, check_name, named, require,
    require_current, secrets, undeclared,
};
use crate::service::app::App;
use crate::service::catalog::{self, Catalog, Connector};
use crate::service::crypt::Purpose;
use crate::service::ids;
use crate::service::problem::{Finding, Problem};
use crate::service::store::StoreError;
use crate::service::store::audit::{self, Action};
use crate::service::store::registry::{self, Flow};
use crate::service::texts::{about, say};
use auth_connector_host::{
    CallError, Config, ConfigGuard, Diagnostic, Manifest, Metadata, Phrase, Plugin, Severity,
};
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A connector for display.
#[derive(Debug, Serialize)]
pub struct ConnectorView {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// Its plugin.
    pub plugin: String,
    /// Its config. Secrets and undeclared values are null; the queries of addresses are masked.
    pub config: Value,
    /// JSON Pointers of values that are set but not shown in the config.
    pub secrets: Vec<String>,
    /// The origins that its config asks for.
    pub wanted: Vec<String>,
    /// The wanted origins that a host administrator confirmed.
    pub confirmed: Vec<String>,
    /// The reason why it cannot be called, if it cannot.
    pub problem: Option<String>,
    /// Its revision, which each change increments.
    pub revision: i64,
    /// Findings of the plugin about the config.
    pub findings: Vec<Finding>,
}

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

/// Reads a config as [`put`] does, and stores nothing.
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
    let (loading, plugin_row, more) = (app.clone(), row.clone(), confirmed.clone());
    let plugin = blocking(move || {
        catalog::load_plugin(loading.parts(), &plugin_row, &more)
            .map_err(|error| Problem::invalid("/plugin", about("refusal-plugin-load", error)))
    })
    .await?;
    let plugin = plugin.for_tenant(put.tenant);
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

/// The origins that were confirmed for a plugin. Another plugin in its place gets none of them.
fn confirmed_for<'a>(connector: &'a registry::Connector, plugin: &str) -> &'a [String] {
    match connector.plugin == plugin {
        true => &connector.confirmed,
        false => &[],
    }
}

/// Creates or changes a connector.
///
/// # Errors
///
/// [`Problem`] with every finding if the config cannot work; nothing is changed then.
pub async fn put(app: &Arc<App>, actor: &Actor, put: Put<'_>) -> Result<ConnectorView, Problem> {
    put_edited(app, actor, put, &Edit::default()).await
}

/// As [`put`], for an editor that identifies entries of lists.
///
/// # Errors
///
/// As [`put`], and if another revision was edited.
pub async fn put_edited(
    app: &Arc<App>,
    actor: &Actor,
    put: Put<'_>,
    edit: &Edit,
) -> Result<ConnectorView, Problem> {
    check_name("/name", put.name)?;
    let (tenant, name) = (put.tenant.to_owned(), put.name.to_owned());
    let prepared = prepare(app, put, edit).await?;
    let findings = prepared.findings;
    if findings.iter().any(|f| f.severity == "error") {
        let mut problem = Problem::invalid("/config", say("refusal-config"));
        problem.findings = findings;
        return Err(problem);
    }
    let (before, now) = (prepared.before, ids::now_ms());
    let id = before
        .as_ref()
        .map_or_else(|| ids::new("c"), |c| c.row.id.clone());
    let text = prepared.config.to_string();
    let hidden = undeclared::hidden(prepared.guard, &prepared.config);
    let next = registry::Connector {
        tenant: tenant.clone(),
        name: before.as_ref().map_or(name, |c| c.row.name.clone()),
        plugin: prepared.row.id,
        config: app
            .keys
            .encrypt(&tenant, Purpose::Configs, &id, text.as_bytes())?,
        secrets: hidden,
        confirmed: prepared.confirmed,
        wanted: prepared.wanted,
        revision: before.as_ref().map_or(1, |c| c.row.revision + 1),
        created_at: before.as_ref().map_or(now, |c| c.row.created_at),
        updated_at: now,
        id: id.clone(),
    };
    let entry =
        Entry::new(Some(&tenant), actor, Action::ConnectorPut, &id).detail(next.name.as_str());
    let decisions = match &edit.confirmed {
        Some(_) => decisions(before.as_ref().map(|c| &c.row), &next),
        None => Vec::new(),
    };
    for (action, origin) in &decisions {
        if *action == Action::ConnectorConfirm {
            check_not_own(app, "/origin", origin).await?;
        }
    }
    let by = actor.0.clone();
    change(app, entry, move |db| {
        keep(db, &next)?;
        for (action, origin) in decisions {
            audit::add(db, Some(&next.tenant), &by, action, &next.id, &origin)?;
        }
        Ok(())
    })
    .await?;
    let mut shown = get(app, &tenant, &id)?;
    shown.findings = findings;
    Ok(shown)
}

/// Stores a connector, unless it was changed meanwhile.
fn keep(db: &Connection, next: &registry::Connector) -> Result<(), Problem> {
    let is_kept = registry::put_connector(db, next)?;
    require_current(is_kept, "refusal-connector-changed")
}

/// The origins that a change confirms or withdraws. An origin that the config no longer asks for is neither.
fn decisions(
    before: Option<&registry::Connector>,
    next: &registry::Connector,
) -> Vec<(Action, String)> {
    let earlier = before.map_or(&[][..], |before| confirmed_for(before, &next.plugin));
    let asked = next.wanted.iter();
    asked
        .filter_map(|origin| {
            let action = match (earlier.contains(origin), next.confirmed.contains(origin)) {
                (false, true) => Action::ConnectorConfirm,
                (true, false) => Action::ConnectorWithdraw,
                (true, true) | (false, false) => return None,
            };
            Some((action, origin.clone()))
        })
        .collect()
}

/// A plugin for a tenant's form: that of a ready connector, or loaded again.
///
/// # Errors
///
/// [`Problem`] if it is refused.
pub async fn open_plugin(
    app: &Arc<App>,
    tenant: &str,
    plugin: &str,
    connector: Option<&str>,
) -> Result<Plugin, Problem> {
    let ready = connector.and_then(|id| find(app, tenant, id).ok());
    if let Some(ready) = ready.filter(|c| c.row.plugin == plugin)
        && let Ok(ready) = &ready.ready
    {
        return Ok(ready.plugin.clone());
    }
    let row = app.catalog.load().plugins.get(plugin).cloned();
    let row = row.ok_or_else(|| Problem::not_found("plugin"))?;
    let (loading, tenant) = (app.clone(), tenant.to_owned());
    blocking(move || {
        let loaded = catalog::load_plugin(loading.parts(), &row, &[]);
        loaded
            .map(|plugin| plugin.for_tenant(tenant.as_str()))
            .map_err(|error| Problem::invalid("/plugin", about("refusal-plugin-load", error)))
    })
    .await
}

/// A plugin's config guard and its metadata.
///
/// # Errors
///
/// [`Problem`] if it returns no result.
pub async fn describe(
    plugin: &Plugin,
    locales: &[String],
) -> Result<(ConfigGuard, Metadata), Problem> {
    let guard = plugin.get_config_guard(locales).await;
    let guard = guard.map_err(|error| plugin_failed(error.phrase()))?;
    let metadata = plugin.metadata().await;
    let metadata = metadata.map_err(|error| plugin_failed(error.phrase()))?;
    Ok((guard, metadata))
}

/// The problem for a plugin that returned no result or a failure.
pub fn plugin_failed(why: Phrase) -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "plugin-failed",
        "The plugin failed",
        about("refusal-plugin-failed", why),
    )
}

/// Converts a plugin's diagnostic into a finding.
pub(super) fn finding(diagnostic: &Diagnostic) -> Finding {
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

pub(super) fn open_config(app: &App, row: &registry::Connector) -> Result<Value, Problem> {
    let opened = app
        .keys
        .decrypt(&row.tenant, Purpose::Configs, &row.id, &row.config)?;
    Ok(serde_json::from_slice(&opened).map_err(|_| StoreError::Row("connectors"))?)
}

/// A tenant's connector by its name or its id.
///
/// # Errors
///
/// [`Problem`] if the tenant has none.
pub fn find(app: &App, tenant: &str, name: &str) -> Result<Arc<Connector>, Problem> {
    let catalog = app.catalog.load();
    find_in(&catalog, tenant, name).ok_or_else(|| Problem::not_found("connector"))
}

/// A tenant's connector in a catalog.
pub(super) fn find_in(catalog: &Catalog, tenant: &str, name: &str) -> Option<Arc<Connector>> {
    fn of(connector: &Connector) -> [&str; 3] {
        let row = &connector.row;
        [&row.tenant, &row.id, &row.name]
    }
    named(catalog.connectors.values(), of, tenant, name)
}

/// Returns a connector for display.
///
/// # Errors
///
/// [`Problem`] if the tenant has none of this name.
pub fn get(app: &App, tenant: &str, name: &str) -> Result<ConnectorView, Problem> {
    let found = find(app, tenant, name)?;
    view(app, &found)
}

/// Returns a tenant's connectors for display.
///
/// # Errors
///
/// [`Problem`] if a config cannot be decrypted.
pub fn list(app: &App, tenant: &str) -> Result<Vec<ConnectorView>, Problem> {
    let catalog = app.catalog.load();
    let own = catalog
        .connectors
        .values()
        .filter(|c| c.row.tenant == tenant);
    own.map(|connector| view(app, connector)).collect()
}

fn view(app: &App, connector: &Connector) -> Result<ConnectorView, Problem> {
    let row = &connector.row;
    let mut config = open_config(app, row)?;
    let mut set = Vec::new();
    for pointer in secrets::concrete(&row.secrets, &config) {
        if let Some(value) = config.pointer_mut(&pointer)
            && !secrets::is_blank(Some(value))
        {
            *value = match pointer.as_str() {
                // The whole config.
                "" => Value::Object(Map::new()),
                _ => Value::Null,
            };
            set.push(pointer);
        }
    }
    addresses::mask_all(&mut config);
    Ok(ConnectorView {
        id: row.id.clone(),
        tenant: row.tenant.clone(),
        name: row.name.clone(),
        plugin: row.plugin.clone(),
        config,
        secrets: set,
        wanted: row.wanted.clone(),
        confirmed: row.confirmed.clone(),
        problem: connector.ready.as_ref().err().map(Phrase::to_string),
        revision: row.revision,
        findings: Vec::new(),
    })
}

/// Confirms that a connector's config may reach an origin that it asks for. For host administrators.
///
/// # Errors
///
/// [`Problem`] if the config does not ask for it, or if the service itself listens there.
pub async fn confirm(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    origin: &str,
) -> Result<ConnectorView, Problem> {
    let connector = find(app, tenant, name)?;
    let mut next = connector.row.clone();
    if !next.wanted.iter().any(|wanted| wanted == origin) {
        return Err(Problem::invalid("/origin", say("refusal-origin")));
    }
    check_not_own(app, "/origin", origin).await?;
    if !next.confirmed.iter().any(|confirmed| confirmed == origin) {
        next.confirmed.push(origin.to_owned());
    }
    decide(app, actor, (Action::ConnectorConfirm, origin), next).await
}

/// Withdraws the confirmation of an origin: the connector is not ready until it is confirmed again. For host
/// administrators.
///
/// # Errors
///
/// [`Problem`] if the origin is not confirmed.
pub async fn withdraw(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    origin: &str,
) -> Result<ConnectorView, Problem> {
    let connector = find(app, tenant, name)?;
    let mut next = connector.row.clone();
    next.confirmed.retain(|confirmed| confirmed != origin);
    if next.confirmed == connector.row.confirmed {
        return Err(Problem::invalid(
            "/origin",
            say("refusal-origin-unconfirmed"),
        ));
    }
    decide(app, actor, (Action::ConnectorWithdraw, origin), next).await
}

/// Stores a decision about an origin.
async fn decide(
    app: &Arc<App>,
    actor: &Actor,
    (action, origin): (Action, &str),
    mut next: registry::Connector,
) -> Result<ConnectorView, Problem> {
    next.revision += 1;
    next.updated_at = ids::now_ms();
    let (tenant, id) = (next.tenant.clone(), next.id.clone());
    let entry = Entry::new(Some(&tenant), actor, action, &id).detail(origin);
    change(app, entry, move |db| keep(db, &next)).await?;
    get(app, &tenant, &id)
}

/// Removes a connector that no flow names.
///
/// # Errors
///
/// [`Problem`] if there is none, or if a flow names it.
pub async fn remove(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<(), Problem> {
    let connector = find(app, tenant, name)?;
    let id = connector.row.id.clone();
    let entry = Entry::new(Some(tenant), actor, Action::ConnectorRemove, &id);
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        let mut flows = registry::flows(db)?.into_iter();
        let names_it = |(of, flow): &(String, Flow)| *of == tenant && flow.connectors.contains(&id);
        if let Some((_, flow)) = flows.find(names_it) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "in-use",
                "The connector is in use",
                about(
                    "refusal-connector-in-use",
                    format!("{}/{}", flow.usage, flow.country),
                ),
            ));
        }
        require(registry::delete_connector(db, &tenant, &id)?, "connector")
    })
    .await
}

/// Checks a connector's config with the provider, without sending.
///
/// # Errors
///
/// [`Problem`] if the connector is not ready; the inner error is the reason why nothing could be checked.
pub async fn check(
    app: &Arc<App>,
    tenant: &str,
    name: &str,
    locales: &[String],
) -> Result<Result<Value, CallError>, Problem> {
    let connector = find(app, tenant, name)?;
    let ready = connector
        .ready
        .as_ref()
        .map_err(|why| plugin_failed(why.clone()))?;
    Ok(check_with(&ready.plugin, &ready.config, locales).await)
}

/// As [`check`], with an unsaved config.
///
/// # Errors
///
/// [`CallError`] if nothing could be checked.
pub async fn check_with(
    plugin: &Plugin,
    config: &Config,
    locales: &[String],
) -> Result<Value, CallError> {
    let checks = plugin.check_config(config, locales, None).await?;
    let shown: Vec<_> = checks
        .iter()
        .map(|check| {
            serde_json::json!({
                "subject": check.subject, "verdict": check.verdict.as_str(), "message": check.message,
            })
        })
        .collect();
    Ok(Value::from(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmed_origin_holds_for_its_plugin_alone() {
        let row = registry::Connector {
            confirmed: vec!["https://a.example".to_owned()],
            ..crate::service::test_app::connector("c_1")
        };
        assert_eq!(confirmed_for(&row, &row.plugin), row.confirmed);
        assert!(confirmed_for(&row, "another").is_empty());
    }
}
