//! Arguments of commands that set up tenants, connectors, flows and keys.

use super::common::{At, Named, NamedOf, Scope};
use crate::cli::ConfigArgs;
use clap::{Args, Subcommand};

/// `tenant`
#[derive(Subcommand)]
pub enum Tenant {
    /// Make a tenant, or change its settings
    Put(TenantPut),
    /// Show all tenants
    List(At),
    /// Remove a stopped tenant with everything that it has
    Remove(Named),
}

/// Settings of a tenant.
#[derive(Args)]
pub struct TenantPut {
    #[command(flatten)]
    pub scope: Scope,
    /// A setting (repeatable): default_country=CN, home_countries=CN,HK, segments_a_day=5000
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// `limits`
#[derive(Args)]
pub struct Limits {
    #[command(flatten)]
    pub scope: Scope,
    /// A limit to change (repeatable): number_a_day=20
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// `connector`
#[derive(Subcommand)]
pub enum Connector {
    /// Make a connector, or change its config; secrets that are left out stay as they are
    Put(ConnectorPut),
    /// Show a tenant's connectors
    List(Scope),
    /// Show a connector; its secrets are not shown
    Show(NamedOf),
    /// Confirm that a connector's config may reach an origin that it names
    Confirm(ConnectorConfirm),
    /// Ask the provider, without sending, whether a connector would work
    Check(NamedOf),
    /// Make an address for the provider's delivery receipts; it is shown once
    AddCallback(NamedOf),
    /// Show the addresses for delivery receipts, without their secret part
    Callbacks(NamedOf),
    /// Remove an address for delivery receipts, by its id
    RemoveCallback(NamedOf),
    /// Remove a connector
    Remove(NamedOf),
}

/// `connector put`
#[derive(Args)]
pub struct ConnectorPut {
    #[command(flatten)]
    pub named: NamedOf,
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Its plugin; without it an existing connector keeps the one that it has
    #[arg(long)]
    pub plugin: Option<String>,
}

/// `connector confirm`
#[derive(Args)]
pub struct ConnectorConfirm {
    #[command(flatten)]
    pub named: NamedOf,
    /// The origin: https://sms.example.com
    pub origin: String,
    /// Withdraw the confirmation
    #[arg(long)]
    pub withdraw: bool,
}

/// `flow`
#[derive(Subcommand)]
pub enum Flow {
    /// Set a flow; without connectors it is removed
    Put(FlowPut),
    /// Show a tenant's flows
    List(Scope),
}

/// `flow put`
#[derive(Args)]
pub struct FlowPut {
    #[command(flatten)]
    pub scope: Scope,
    /// The usage: SignIn, Register, ...; * for every other
    #[arg(long, default_value = "*")]
    pub usage: String,
    /// The country: CN, US, ...; * for every other
    #[arg(long, default_value = "*")]
    pub country: String,
    /// Connectors, in the order in which they are tried
    pub connectors: Vec<String>,
}

/// `key`
#[derive(Subcommand)]
pub enum Key {
    /// Make a key; it is shown once
    Add(KeyAdd),
    /// Show a tenant's keys, or with --host those of every tenant and of the host
    List(KeyList),
    /// Revoke a key
    Revoke(KeyRevoke),
}

/// `key add`
#[derive(Args)]
pub struct KeyAdd {
    #[command(flatten)]
    pub scope: Scope,
    /// Its name for people
    pub name: String,
    /// What it may do (repeatable): verify, message, tenant [default: verify and message]
    #[arg(long = "scope", value_name = "SCOPE", conflicts_with = "host")]
    pub scopes: Vec<String>,
    /// A key that administers the whole host
    #[arg(long, conflicts_with = "tenant")]
    pub host: bool,
}

/// `key revoke`
#[derive(Args)]
pub struct KeyRevoke {
    #[command(flatten)]
    pub at: At,
    /// The key's id, as `key list` shows it
    pub id: String,
}

/// `key list`
#[derive(Args)]
pub struct KeyList {
    #[command(flatten)]
    pub scope: Scope,
    /// The keys of every tenant and of the host
    #[arg(long, conflicts_with = "tenant")]
    pub host: bool,
}

/// `import`
#[derive(Subcommand)]
pub enum Import {
    /// The config of a connector of Logto: the JSON of its form, or the connector as Logto's API shows it
    Logto(ImportLogto),
}

/// `import logto`
#[derive(Args)]
pub struct ImportLogto {
    #[command(flatten)]
    pub scope: Scope,
    /// The file; - for standard input
    pub file: String,
    /// The plugin that the config is for
    #[arg(long)]
    pub plugin: String,
    /// The connector's name here
    #[arg(long, default_value = "logto")]
    pub name: String,
}

/// `stop` and `go`
#[derive(Args)]
pub struct Switch {
    #[command(flatten)]
    pub at: At,
    /// A tenant; without it the whole host
    #[arg(long)]
    pub tenant: Option<String>,
}
