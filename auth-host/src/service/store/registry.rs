//! Rows of an operator's configuration: tenants, plugins, connectors, flows, keys, test numbers, settings.

mod connectors;
mod keys;
mod plugins;
mod tenants;
mod test_numbers;

pub use super::rows::{LISTENERS, put_setting, setting, touch};
pub use connectors::{
    Connector, Flow, connector_ids, connectors, delete_connector, flows, has_connector,
    put_connector, put_flow, put_hidden,
};
pub use keys::{Key, add_key, keys, revoke_key};
pub use plugins::{Plugin, component, delete_plugin, has_connectors, plugins, put_plugin};
pub use tenants::{Tenant, TenantSettings, Unverified, put_tenant, tenant, tenants};
pub use test_numbers::{TestNumber, delete_test_number, put_test_number, test_numbers};
