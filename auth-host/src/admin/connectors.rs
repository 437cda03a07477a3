//! Connectors: a plugin with a tenant's config, whose secrets go in and never come out.

use super::{Actor, Entry, blocking, change, check_name};
use crate::app::App;
use crate::catalog::{self, Connector};
use crate::crypt::Purpose;
use crate::ids;
use crate::problem::{Finding, Problem};
use crate::store::StoreError;
use crate::store::registry;
use auth_connector_host::{Config, Diagnostic, Manifest, Severity};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A connector as it is shown.
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
    /// Its config; secrets are null.
    pub config: Value,
    /// The secrets that are set, as JSON Pointers.
    pub secrets: Vec<String>,
    /// The origins that its config asks for.
    pub wanted: Vec<String>,
    /// Those of them that a host administrator confirmed.
    pub confirmed: Vec<String>,
    /// Why it cannot be called, if it cannot.
    pub problem: Option<String>,
    /// Counts its changes.
    pub revision: i64,
    /// What deserves a look.
    pub findings: Vec<Finding>,
}

/// A connector to be made or changed.
pub struct Put<'a> {
    /// Its tenant.
    pub tenant: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its plugin; by default the one that it has.
    pub plugin: Option<&'a str>,
    /// Its config. Secrets that are absent, null or empty are taken from the one that is stored.
    pub config: Value,
    /// The languages of findings.
    pub locales: &'a [String],
}

/// Makes a connector, or changes it.
///
/// # Errors
///
/// [`Problem`] with every finding when the config cannot work; nothing is changed then.
pub async fn put(app: &Arc<App>, actor: &Actor, put: Put<'_>) -> Result<ConnectorView, Problem> {
    check_name("/name", put.name)?;
    let catalog = app.catalog.load_full();
    if !catalog.tenants.contains_key(put.tenant) {
        return Err(Problem::not_found("tenant"));
    }
    let before = find(app, put.tenant, put.name);
    let plugin_id = put
        .plugin
        .or(before.as_ref().map(|c| c.row.plugin.as_str()));
    let row = plugin_id.and_then(|id| catalog.plugins.get(id)).cloned();
    let row = row.ok_or_else(|| {
        Problem::invalid(
            "/plugin",
            "There is no such plugin. auth-host plugin list shows them.",
        )
    })?;
    let manifest = row
        .manifest
        .as_deref()
        .and_then(|m| Manifest::parse(m).ok());
    let (loading, plugin_row) = (app.clone(), row.clone());
    let plugin = blocking(move || {
        catalog::load_plugin(loading.parts(), &plugin_row, &[])
            .map_err(|error| Problem::invalid("/plugin", format!("{error}.")))
    })
    .await?;
    let guard = plugin.get_config_guard(put.locales).await;
    let guard = guard.map_err(|error| plugin_failed(&error.to_string()))?;
    let mut config = put.config;
    if let Some(before) = &before {
        keep_secrets(
            app,
            before,
            &row.id,
            &guard.secret_pointers,
            manifest.as_ref(),
            &mut config,
        )?;
    }
    let text = config.to_string();
    let found = plugin
        .validate_config(&Config::new(text.as_str()), put.locales)
        .await;
    let findings: Vec<Finding> = found
        .map_err(|error| plugin_failed(&error.to_string()))?
        .iter()
        .map(finding)
        .collect();
    if findings.iter().any(|f| f.severity == "error") {
        let mut problem =
            Problem::invalid("/config", "The config cannot send. Nothing was changed.");
        problem.findings = findings;
        return Err(problem);
    }
    let wanted = wanted(manifest.as_ref(), &config)?;
    let confirmed = before.as_ref().map(|c| c.row.confirmed.clone());
    let confirmed = confirmed.unwrap_or_default();
    let now = ids::now_ms();
    let id = before
        .as_ref()
        .map_or_else(|| ids::new("c"), |c| c.row.id.clone());
    let next = registry::Connector {
        tenant: put.tenant.to_owned(),
        name: put.name.to_owned(),
        plugin: row.id,
        config: app
            .keys
            .seal(put.tenant, Purpose::Configs, &id, text.as_bytes())?,
        secrets: guard.secret_pointers,
        confirmed: confirmed
            .into_iter()
            .filter(|o| wanted.contains(o))
            .collect(),
        wanted,
        revision: before.as_ref().map_or(1, |c| c.row.revision + 1),
        created_at: before.as_ref().map_or(now, |c| c.row.created_at),
        updated_at: now,
        id: id.clone(),
    };
    let entry = Entry::new(Some(put.tenant), actor, "connector.put", &id).detail(put.name);
    change(app, entry, move |db| {
        match registry::put_connector(db, &next) {
            Ok(true) => Ok(()),
            Ok(false) => Err(conflict(
                "The connector was changed meanwhile. Read it again.",
            )),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    let mut shown = get(app, put.tenant, put.name)?;
    shown.findings = findings;
    Ok(shown)
}

fn conflict(detail: &str) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "conflict",
        "Changed meanwhile",
        detail,
    )
}

fn plugin_failed(why: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_GATEWAY,
        "plugin-failed",
        "The plugin gave no answer",
        format!("{why}. Nothing was changed."),
    )
}

/// A finding of a plugin.
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

/// The origins that a config asks for, by its plugin's manifest.
fn wanted(manifest: Option<&Manifest>, config: &Value) -> Result<Vec<String>, Problem> {
    let asked = manifest.map(|m| m.origins_of_config(config));
    asked
        .unwrap_or_default()
        .into_iter()
        .map(|origin| match origin {
            Ok(origin) => Ok(origin.to_string()),
            Err(error) => Err(Problem::invalid("/config", format!("{error}."))),
        })
        .collect()
}

/// Puts the stored secrets where the new config has none.
///
/// Whoever may edit a config could otherwise change its address and have the stored secret sent there. So stored
/// secrets are taken over only while the plugin and every value that decides a destination are the same.
fn keep_secrets(
    app: &App,
    before: &Connector,
    plugin: &str,
    pointers: &[String],
    manifest: Option<&Manifest>,
    config: &mut Value,
) -> Result<(), Problem> {
    let old = open_config(app, &before.row)?;
    let is_blank = |value: Option<&Value>| match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    let missing = pointers
        .iter()
        .filter(|pointer| is_blank(config.pointer(pointer)) && !is_blank(old.pointer(pointer)));
    let missing: Vec<_> = missing.collect();
    let origins = manifest
        .map(|m| m.config_origins.as_slice())
        .unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    // Another plugin reaches other origins, and may send what it is given there.
    if before.row.plugin != plugin || destinations(&old, origins) != destinations(config, origins) {
        return Err(Problem::invalid(
            &format!("/config{}", missing.first().map_or("", |p| p.as_str())),
            "The plugin or a value that decides where requests go was changed, so the stored secrets are not taken over. Enter them \
            again.",
        ));
    }
    for pointer in missing {
        if let (Some(value), Some(place)) = (old.pointer(pointer), place(config, pointer)) {
            *place = value.clone();
        }
    }
    Ok(())
}

/// The value at a JSON Pointer, made where only the last key is missing.
fn place<'a>(config: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match config.pointer_mut(parent)? {
        Value::Object(object) => Some(object.entry(key).or_insert(Value::Null)),
        Value::Array(array) => array.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Every value that may decide where requests go: those that the manifest names, whatever looks like a URL, and keys
/// that are called like an address.
fn destinations(config: &Value, named: &[String]) -> BTreeMap<String, String> {
    const NAMES: [&str; 8] = [
        "endpoint", "url", "uri", "host", "hostname", "domain", "region", "proxy",
    ];
    let mut found = BTreeMap::new();
    walk(config, String::new(), &mut |pointer, value| {
        let key = pointer
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let is_address = named.iter().any(|n| n == pointer)
            || NAMES.iter().any(|name| key.ends_with(name))
            || value.as_str().is_some_and(|text| text.contains("://"));
        if is_address && !value.is_null() {
            found.insert(pointer.to_owned(), value.to_string());
        }
    });
    found
}

fn walk(value: &Value, pointer: String, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let key = key.replace('~', "~0").replace('/', "~1");
                walk(value, format!("{pointer}/{key}"), visit);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                walk(value, format!("{pointer}/{index}"), visit);
            }
        }
        _ => visit(&pointer, value),
    }
}

fn open_config(app: &App, row: &registry::Connector) -> Result<Value, Problem> {
    let opened = app
        .keys
        .open_sealed(&row.tenant, Purpose::Configs, &row.id, &row.config)?;
    Ok(serde_json::from_slice(&opened).map_err(|_| StoreError::Row("connectors"))?)
}

/// A tenant's connector by its name or its id.
pub fn find(app: &App, tenant: &str, name: &str) -> Option<Arc<Connector>> {
    let catalog = app.catalog.load();
    let own = catalog
        .connectors
        .values()
        .filter(|c| c.row.tenant == tenant);
    own.into_iter()
        .find(|c| c.row.id == name || c.row.name == name)
        .cloned()
}

/// Shows a connector.
///
/// # Errors
///
/// [`Problem`] when the tenant has none of this name.
pub fn get(app: &App, tenant: &str, name: &str) -> Result<ConnectorView, Problem> {
    let found = find(app, tenant, name).ok_or_else(|| Problem::not_found("connector"))?;
    view(app, &found)
}

/// Shows a tenant's connectors.
///
/// # Errors
///
/// [`Problem`] when a config does not open.
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
    let mut secrets = Vec::new();
    for pointer in &row.secrets {
        if let Some(value) = config.pointer_mut(pointer)
            && !value.is_null()
        {
            secrets.push(pointer.clone());
            *value = Value::Null;
        }
    }
    Ok(ConnectorView {
        id: row.id.clone(),
        tenant: row.tenant.clone(),
        name: row.name.clone(),
        plugin: row.plugin.clone(),
        config,
        secrets,
        wanted: row.wanted.clone(),
        confirmed: row.confirmed.clone(),
        problem: connector.ready.as_ref().err().cloned(),
        revision: row.revision,
        findings: Vec::new(),
    })
}

/// Confirms that a connector's config may reach an origin that it asks for. For host administrators.
///
/// # Errors
///
/// [`Problem`] when the config does not ask for it.
pub async fn confirm(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    origin: &str,
) -> Result<ConnectorView, Problem> {
    let connector = find(app, tenant, name).ok_or_else(|| Problem::not_found("connector"))?;
    let mut next = connector.row.clone();
    if !next.wanted.iter().any(|wanted| wanted == origin) {
        return Err(Problem::invalid(
            "/origin",
            "The connector's config does not ask for this origin.",
        ));
    }
    if !next.confirmed.iter().any(|confirmed| confirmed == origin) {
        next.confirmed.push(origin.to_owned());
    }
    next.revision += 1;
    next.updated_at = ids::now_ms();
    let entry = Entry::new(Some(tenant), actor, "connector.confirm", &next.id).detail(origin);
    change(app, entry, move |db| {
        match registry::put_connector(db, &next) {
            Ok(true) => Ok(()),
            Ok(false) => Err(conflict(
                "The connector was changed meanwhile. Read it again.",
            )),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    get(app, tenant, name)
}

/// Removes a connector. Flows that name it go on with their others.
///
/// # Errors
///
/// [`Problem`] when there is none.
pub async fn remove(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<(), Problem> {
    let connector = find(app, tenant, name).ok_or_else(|| Problem::not_found("connector"))?;
    let id = connector.row.id.clone();
    let entry = Entry::new(Some(tenant), actor, "connector.remove", &id);
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        if registry::delete_connector(db, &tenant, &id)? {
            Ok(())
        } else {
            Err(Problem::not_found("connector"))
        }
    })
    .await
}

/// Asks the provider, without sending, whether a connector's config would work.
///
/// # Errors
///
/// [`Problem`] when the connector is not ready or its plugin cannot ask.
pub async fn check(
    app: &Arc<App>,
    tenant: &str,
    name: &str,
    locales: &[String],
) -> Result<Value, Problem> {
    let connector = find(app, tenant, name).ok_or_else(|| Problem::not_found("connector"))?;
    let ready = connector.ready.as_ref().map_err(|why| plugin_failed(why))?;
    let checks = ready
        .plugin
        .check_config(&ready.config, locales, None)
        .await;
    let checks = checks.map_err(|error| plugin_failed(&error.to_string()))?;
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
    use serde_json::json;

    #[test]
    fn destinations_are_addresses_by_name_form_or_manifest() {
        let config = json!({
            "secretKey": "s", "endpoint": "sms.example.com", "webhookUrl": "x", "text": "https://a.example",
            "list": [{"region": "r"}], "target": "t", "label": "l",
        });
        let found: Vec<_> = destinations(&config, &["/target".to_owned()])
            .into_keys()
            .collect();
        assert_eq!(
            found,
            [
                "/endpoint",
                "/list/0/region",
                "/target",
                "/text",
                "/webhookUrl"
            ]
        );
    }

    #[test]
    fn secret_is_put_where_its_object_is() {
        let mut config = json!({"a": {}, "list": [1]});
        for (pointer, found) in [
            ("/a/b", true),
            ("/c/d", false),
            ("/list/0", true),
            ("/list/9", false),
        ] {
            assert_eq!(place(&mut config, pointer).is_some(), found, "{pointer}");
        }
    }
}
