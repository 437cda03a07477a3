//! Connectors for display: secrets are left out, and the queries of addresses are masked.

use super::find::{find, open_config};
use crate::service::admin::{addresses, secrets};
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::problem::{Finding, Problem};
use auth_connector_host::Phrase;
use serde::Serialize;
use serde_json::{Map, Value};

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
