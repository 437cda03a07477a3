//! Finds a connector in the catalog, and decrypts its config.

use crate::service::admin::named;
use crate::service::app::App;
use crate::service::catalog::{Catalog, Connector};
use crate::service::crypt::Purpose;
use crate::service::problem::Problem;
use crate::service::store::StoreError;
use crate::service::store::registry;
use serde_json::Value;
use std::sync::Arc;

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
pub fn find_in(catalog: &Catalog, tenant: &str, name: &str) -> Option<Arc<Connector>> {
    fn of(connector: &Connector) -> [&str; 3] {
        let row = &connector.row;
        [&row.tenant, &row.id, &row.name]
    }
    named(catalog.connectors.values(), of, tenant, name)
}

/// A connector's config with its secrets.
///
/// # Errors
///
/// [`Problem`] if it cannot be decrypted.
pub fn open_config(app: &App, row: &registry::Connector) -> Result<Value, Problem> {
    let opened = app
        .keys
        .decrypt(&row.tenant, Purpose::Configs, &row.id, &row.config)?;
    Ok(serde_json::from_slice(&opened).map_err(|_| StoreError::Row("connectors"))?)
}
