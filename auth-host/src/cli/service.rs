//! Arguments of the service and of the commands that administer it.

mod common;
mod maintenance;
mod numbers;
mod setup;
mod webhooks;

pub use common::{At, DEFAULT_TENANT, Named, NamedOf, Number, Scope};
pub use maintenance::{Audit, File, Serve};
pub use numbers::{Message, Numbers, TestNumber, Verification, VerificationStart};
pub use setup::{Connector, ConnectorPut, Flow, Import, ImportLogto, Key, Limits, Switch, Tenant};
pub use webhooks::{Events, Webhook, WebhookPut};

use super::Plugin;
use clap::Subcommand;

/// The service and what administers it.
#[derive(Subcommand)]
pub enum Service {
    /// Run the service: verification codes over HTTP
    Serve(Serve),
    /// Explain every setting of the service
    Config,
    /// Set up tenants and their limits
    #[command(subcommand)]
    Tenant(Tenant),
    /// Show or change a tenant's limits
    Limits(Limits),
    /// Install plugins
    #[command(subcommand)]
    Plugin(Plugin),
    /// Set up connectors: a plugin with a tenant's config
    #[command(subcommand)]
    Connector(Connector),
    /// Set which connectors serve a usage and a country
    #[command(subcommand)]
    Flow(Flow),
    /// Make and revoke API keys
    #[command(subcommand)]
    Key(Key),
    /// Set up where auth platforms post their messages
    #[command(subcommand)]
    Webhook(Webhook),
    /// Set where a tenant's events are posted
    #[command(subcommand)]
    Events(Events),
    /// Show messages
    #[command(subcommand)]
    Message(Message),
    /// Show verifications
    #[command(subcommand)]
    Verification(Verification),
    /// Search, unlock, forget and check numbers
    #[command(subcommand)]
    Numbers(Numbers),
    /// Numbers to which nothing is sent and whose code is fixed
    #[command(subcommand)]
    TestNumber(TestNumber),
    /// Take over the config of a connector of another platform
    #[command(subcommand)]
    Import(Import),
    /// Stop all sending, of a tenant or of the whole host
    Stop(Switch),
    /// Go on sending after stop
    Go(Switch),
    /// Print a link that adds an administrator to the console, or gives one another password, once within 24 hours
    ConsoleLink(At),
    /// Show the audit log
    Audit(Audit),
    /// Delete everything about a number
    Forget(Number),
    /// Copy the database; the key file is not in the copy
    Backup(File),
    /// Put a backup in the place of a missing database
    Restore(File),
    /// Make a new key for what is stored, and encrypt everything again; the service must not run
    RotateKey(At),
}
