//! One file for each command.

mod callback;
#[cfg(feature = "registry")]
mod catalogue;
mod check;
mod find;
mod inspect;
mod preview;
mod report;
mod send;
#[cfg(feature = "serve")]
mod service;
mod validate;

use crate::cli::{Cli, Command};
use crate::exit::{Code, Stop};

/// Runs a command to its exit code.
pub async fn run(cli: Cli) -> Result<Code, Stop> {
    match cli.command {
        Command::Inspect(args) => inspect::run(&args).await,
        Command::Validate(args) => validate::run(&args).await,
        Command::Preview(args) => preview::run(&args).await,
        Command::Send(args) => send::run(&args).await,
        Command::Check(args) => check::run(&args).await,
        Command::Find(args) => find::run(&args).await,
        Command::Callback(args) => callback::run(&args).await,
        Command::Report(args) => report::run(&args).await,
        #[cfg(feature = "registry")]
        Command::Catalogue(args) => catalogue::run(&args).await,
        #[cfg(feature = "serve")]
        Command::Service(command) => service::run(command).await,
    }
}
