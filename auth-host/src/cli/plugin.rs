//! Arguments of the commands that install plugins.

use super::{At, Named};
use auth_connector_registry::IpNet;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `plugin`
#[derive(Subcommand)]
pub enum Plugin {
    /// Install a plugin from a registry, a package's folder or a component's file, or put another version in its place:
    /// where a connector uses it or another key signed it, this shows what would change and asks
    Add(PluginAdd),
    /// Show all plugins
    List(At),
    /// Check a plugin again, and say what was verified and what was not
    Verify(PluginVerify),
    /// Show what another version would change, and put it in the plugin's place
    Update(PluginUpdate),
    /// Look for plugins in a catalogue
    Search(PluginSearch),
    /// Remove a plugin that no connector uses
    Remove(Named),
}

/// What a plugin is granted, and whose signature counts.
#[derive(Args)]
pub struct Granting {
    /// An origin that it may reach (repeatable): https://sms.example.com
    #[arg(long, value_name = "ORIGIN")]
    pub allow: Vec<String>,
    /// An origin that it may reach although its manifest does not name it (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    pub allow_beyond: Vec<String>,
    /// Let it reach everything that its manifest asks for
    #[arg(long)]
    pub allow_asked: bool,
    /// Grant at most so much of a limit (repeatable): componentBytes=1000000, memoryBytes=4194304
    #[arg(long, value_name = "NAME=NUMBER")]
    pub limit: Vec<String>,
    /// Believe signatures by this minisign key (repeatable): its 56 characters, or its file
    #[arg(long, value_name = "KEY")]
    pub trust: Vec<String>,
    /// Install it although nobody who is trusted has signed it
    #[arg(long)]
    pub unsigned: bool,
    /// Take exactly this version, even if it is older than the installed one
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
}

/// How a registry is reached.
#[derive(Args)]
pub struct Reaching {
    /// Refuse a plugin from a registry without provenance by this key, a PEM file
    #[arg(long, value_name = "FILE")]
    pub provenance_key: Option<PathBuf>,
    /// Trust this authority as well for the registry, a PEM file
    #[arg(long, value_name = "FILE")]
    pub registry_ca: Option<PathBuf>,
    /// Reach a registry or a catalogue in this network although it is not public (repeatable): 10.20.0.0/16
    #[arg(long, value_name = "CIDR")]
    pub registry_network: Vec<IpNet>,
    /// Reach a registry on this machine by plain http, for tests
    #[arg(long)]
    pub loopback_http: bool,
}

/// Consent to what is put in an installed plugin's place.
#[derive(Args)]
pub struct Agreeing {
    /// Go ahead without asking
    #[arg(long)]
    pub yes: bool,
    /// Go ahead if it is still what an earlier run showed, by the digest that it showed
    #[arg(long, value_name = "DIGEST")]
    pub accept: Option<String>,
}

/// `plugin add`
#[derive(Args)]
pub struct PluginAdd {
    #[command(flatten)]
    pub at: At,
    /// A reference (oci://HOST/NAME:TAG, oci://HOST/NAME@sha256:..., oci-layout:FOLDER:TAG), a package's folder or
    /// manifest, or a component, a .wasm file
    pub source: PathBuf,
    /// Its name here [default: its manifest's id]
    #[arg(long)]
    pub name: Option<String>,
    #[command(flatten)]
    pub agreeing: Agreeing,
    #[command(flatten)]
    pub granting: Granting,
    #[command(flatten)]
    pub reaching: Reaching,
}

/// `plugin verify`
#[derive(Args)]
pub struct PluginVerify {
    #[command(flatten)]
    pub named: Named,
    /// Pull it again by its digest, and check what is attached to it
    #[arg(long)]
    pub pull: bool,
    #[command(flatten)]
    pub reaching: Reaching,
}

/// `plugin update`
#[derive(Args)]
pub struct PluginUpdate {
    #[command(flatten)]
    pub named: Named,
    /// The other version: as for `plugin add`, or :TAG or @sha256:... in the same place [default: the tag that it was
    /// added by]
    pub source: Option<PathBuf>,
    #[command(flatten)]
    pub agreeing: Agreeing,
    #[command(flatten)]
    pub granting: Granting,
    #[command(flatten)]
    pub reaching: Reaching,
}

/// `plugin search`
#[derive(Args)]
pub struct PluginSearch {
    /// The catalogue: a file, or an https address
    pub catalogue: String,
    /// Words that have to occur, in an id, a name, a description, an origin or a licence [default: show all]
    pub words: Vec<String>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reaching: Reaching,
}
