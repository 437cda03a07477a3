//! Connectors: a plugin with a tenant's config. Secrets of the config are stored and never shown.

mod change;
mod check;
mod confirm;
mod decisions;
mod find;
mod plugin;
mod prepare;
mod view;

pub use change::{put, put_edited, remove};
pub use check::{check, check_with};
pub use confirm::{confirm, withdraw};
pub use find::find;
pub(super) use find::{find_in, open_config};
pub use plugin::{describe, open_plugin, plugin_failed};
pub use prepare::{Edit, Prepared, Put, prepare};
pub use view::{ConnectorView, get, list};
