//! Arguments that several commands have: the folder, the tenant, a name, a number.

use clap::Args;
use std::path::PathBuf;

/// Where the service keeps its files.
#[derive(Args)]
pub struct At {
    /// The settings, a TOML file [default: $AUTH_HOST_SETTINGS]
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// The folder of the database, the key file and compiled plugins
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// The tenant that is meant where none is named.
pub const DEFAULT_TENANT: &str = "default";

/// A place and a tenant.
#[derive(Args)]
pub struct Scope {
    #[command(flatten)]
    pub at: At,
    /// The tenant
    #[arg(long, default_value = DEFAULT_TENANT)]
    pub tenant: String,
}

/// A place and a name.
#[derive(Args)]
pub struct Named {
    #[command(flatten)]
    pub at: At,
    /// The name
    pub name: String,
}

/// A place, a tenant and a name.
#[derive(Args)]
pub struct NamedOf {
    #[command(flatten)]
    pub scope: Scope,
    /// The name or the id
    pub name: String,
}

/// A tenant's number.
#[derive(Args)]
pub struct Number {
    #[command(flatten)]
    pub scope: Scope,
    /// The number: +8613800138000
    pub number: String,
}
