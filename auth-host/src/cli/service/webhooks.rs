//! Arguments of commands about webhooks and events.

use super::common::{NamedOf, Scope};
use clap::{Args, Subcommand};

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
