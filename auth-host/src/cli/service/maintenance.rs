//! Arguments of `serve`, and of commands about the audit log and the whole folder.

use super::common::{At, Scope};
use clap::Args;
use std::path::PathBuf;

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
    /// Stop when standard input closes, so that a parent that ends leaves no service behind
    #[arg(long)]
    pub stop_on_stdin_close: bool,
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

/// A place and a file.
#[derive(Args)]
pub struct File {
    #[command(flatten)]
    pub at: At,
    /// The backup's file
    pub file: PathBuf,
}
