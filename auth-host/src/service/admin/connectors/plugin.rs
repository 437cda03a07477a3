//! Plugin of a connector: loading, description, failure.

use super::find::find;
use crate::service::admin::blocking;
use crate::service::app::App;
use crate::service::catalog;
use crate::service::problem::Problem;
use crate::service::store::registry;
use crate::service::texts::about;
use auth_connector_host::{ConfigGuard, Metadata, Phrase, Plugin};
use axum::http::StatusCode;
use std::sync::Arc;

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
    load(app, tenant, row, Vec::new()).await
}

/// Loads a plugin for a tenant's config, with the origins that were confirmed for it.
///
/// # Errors
///
/// [`Problem`] if it is refused.
pub async fn load(
    app: &Arc<App>,
    tenant: &str,
    row: registry::Plugin,
    confirmed: Vec<String>,
) -> Result<Plugin, Problem> {
    let loading = app.clone();
    let loaded = blocking(move || {
        catalog::load_plugin(loading.parts(), &row, &confirmed)
            .map_err(|error| Problem::invalid("/plugin", about("refusal-plugin-load", error)))
    });
    Ok(loaded.await?.for_tenant(tenant))
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
