//! Arguments of the service and of the commands that administer it.

use super::{ConfigArgs, Plugin};
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
    /// Print a link that adds an administrator to the console, or gives one another password
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

/// `serve`
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    pub at: At,
    /// The address of the API
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<std::net::SocketAddr>,
    /// The address of the administrator's API
    #[arg(long, value_name = "ADDRESS")]
    pub admin: Option<std::net::SocketAddr>,
    /// Start a simulator, a working flow and the sample sign-in as well, to see a code arrive
    #[arg(long)]
    pub dev: bool,
    /// Serve the sample sign-in at this loopback address, with the API key in AUTH_HOST_SAMPLE_KEY unless --dev makes
    /// one [with --dev: 127.0.0.1:8422, or a free port]
    #[arg(long, value_name = "ADDRESS")]
    pub sample: Option<std::net::SocketAddr>,
    /// The connector for --dev [default: the one that this repository builds]
    #[arg(long, value_name = "FILE", requires = "dev")]
    pub component: Option<PathBuf>,
}

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
    /// Its plugin; an existing connector keeps its own
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
    /// Show a tenant's keys, or with --host those of the host
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
    /// Every key
    #[arg(long, conflicts_with = "tenant")]
    pub host: bool,
}

/// `webhook`
#[derive(Subcommand)]
pub enum Webhook {
    /// Make a webhook, or change its settings
    Put(WebhookPut),
    /// Show a tenant's webhooks
    List(Scope),
    /// Show a webhook; its secrets are not shown
    Show(NamedOf),
    /// Show what a webhook did not pass on in the last 24 hours, by reason
    Figures(NamedOf),
    /// Add a secret beside the ones that count; without --secret-from-env it is made and shown once
    AddSecret(WebhookSecret),
    /// Remove every secret but the newest
    DropOldSecrets(NamedOf),
    /// Remove a webhook
    Remove(NamedOf),
}

/// `webhook put`
#[derive(Args)]
pub struct WebhookPut {
    #[command(flatten)]
    pub named: NamedOf,
    /// The platform: supabase, logto, zitadel, kratos, authgear, generic, authentik, fusionauth, casdoor, keycloak, auth0,
    /// supertokens, better-auth, clerk, twilio-verify
    #[arg(long)]
    pub platform: Option<String>,
    /// The environment variable that holds the platform's secret (repeatable); without it one is made and shown once
    #[arg(long, value_name = "NAME")]
    pub secret_from_env: Vec<String>,
    /// A setting (repeatable): bare_digits=national:CN, usage=SignIn, usages.mfa=MfaVerification, fields.to=/phone
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// `webhook add-secret`
#[derive(Args)]
pub struct WebhookSecret {
    #[command(flatten)]
    pub named: NamedOf,
    /// The environment variable that holds the secret
    #[arg(long, value_name = "NAME")]
    pub secret_from_env: Option<String>,
}

/// `events`
#[derive(Subcommand)]
pub enum Events {
    /// Set the address, with a new secret that is shown once
    Put(EventsPut),
    /// Show the address, and how many events wait for it
    Show(Scope),
    /// Post events nowhere
    Remove(Scope),
}

/// `events put`
#[derive(Args)]
pub struct EventsPut {
    #[command(flatten)]
    pub scope: Scope,
    /// The address: https://app.example.com/hooks/sms. A token in it is better kept out of arguments
    #[arg(required_unless_present = "url_from_env")]
    pub url: Option<String>,
    /// The environment variable that holds the address
    #[arg(long, value_name = "NAME", conflicts_with = "url")]
    pub url_from_env: Option<String>,
}

/// `message`
#[derive(Subcommand)]
pub enum Message {
    /// Show the newest messages of a tenant
    List(MessageList),
    /// Show a message
    Show(NamedOf),
}

/// `message list`
#[derive(Args)]
pub struct MessageList {
    #[command(flatten)]
    pub scope: Scope,
    /// Only those in a state: accepted, delivered, undelivered, not_sent, unknown, suppressed
    #[arg(long)]
    pub state: Option<String>,
}

/// `verification`
#[derive(Subcommand)]
pub enum Verification {
    /// Show the newest verifications of a tenant
    List(Scope),
    /// Show a verification
    Show(NamedOf),
    /// Send a code to a number
    Start(VerificationStart),
    /// Check a code, which is read from standard input
    Check(NamedOf),
    /// Cancel a verification
    Cancel(NamedOf),
}

/// `verification start`
#[derive(Args)]
pub struct VerificationStart {
    #[command(flatten)]
    pub number: Number,
    /// Why: SignIn, Register, ForgotPassword, Generic and others
    #[arg(long, default_value = "Generic")]
    pub usage: String,
    /// The person's language (repeatable, the best first)
    #[arg(long)]
    pub locale: Vec<String>,
}

/// A tenant's number.
#[derive(Args)]
pub struct Number {
    #[command(flatten)]
    pub scope: Scope,
    /// The number: +8613800138000
    pub number: String,
}

/// `numbers`
#[derive(Subcommand)]
pub enum Numbers {
    /// Show verifications and messages of a number
    Search(Number),
    /// Forgive the wrong codes of a number
    Unlock(Number),
    /// Read a list of numbers, one in a line, and say which of them no message could be sent to
    Audit(NumbersAudit),
}

/// `audit`
#[derive(Args)]
pub struct Audit {
    #[command(flatten)]
    pub scope: Scope,
    /// Of the whole host: plugins, people and every tenant
    #[arg(long, conflicts_with = "tenant")]
    pub host: bool,
}

/// `numbers audit`
#[derive(Args)]
pub struct NumbersAudit {
    /// The list, a file; - for standard input
    pub file: String,
    /// The country of numbers without a calling code
    #[arg(long, conflicts_with = "bare_digits")]
    pub country: Option<String>,
    /// How digits without + are read, as in a webhook: refuse, e164, national:XX
    #[arg(long, value_name = "HOW")]
    pub bare_digits: Option<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// `test-number`
#[derive(Subcommand)]
pub enum TestNumber {
    /// Add a test number; its code comes from an environment variable
    Add(TestNumberAdd),
    /// Show a tenant's test numbers
    List(Scope),
    /// Remove a test number
    Remove(Number),
}

/// `test-number add`
#[derive(Args)]
pub struct TestNumberAdd {
    #[command(flatten)]
    pub number: Number,
    /// The environment variable that holds its code, six digits
    #[arg(long, value_name = "NAME")]
    pub code_from_env: String,
    /// How long it lives, in days
    #[arg(long, default_value_t = 30)]
    pub days: u32,
    /// The number is my own, although it may be somebody's mobile number
    #[arg(long)]
    pub own: bool,
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

/// A place and a file.
#[derive(Args)]
pub struct File {
    #[command(flatten)]
    pub at: At,
    /// The backup's file
    pub file: PathBuf,
}
