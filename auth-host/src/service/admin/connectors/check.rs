//! Checks a connector's config at its provider, without sending.

use super::find::find;
use super::plugin::plugin_failed;
use crate::service::app::App;
use crate::service::problem::Problem;
use auth_connector_host::{CallError, Config, Plugin};
use serde_json::Value;
use std::sync::Arc;

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
