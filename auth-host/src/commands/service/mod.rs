//! The service and the commands that administer it. They use the database directly and need no running service; a
//! running one applies their changes within a second.

mod common;
mod import;
mod maintenance;
mod messages;
mod numbers;
mod plugins;
mod serve;
mod setup;
mod verifications;
mod webhooks;

use crate::cli::Service;
use crate::exit::{Code, DONE, Stop};
use crate::output::Page;
use crate::service::serve::settings::{EXPLAINED, variable};

/// Runs a command.
pub async fn run(command: Service) -> Result<Code, Stop> {
    match command {
        Service::Serve(args) => serve::run(args).await,
        Service::Config => explain(),
        Service::Tenant(command) => setup::tenant(command).await,
        Service::Limits(args) => setup::limits(args).await,
        Service::Plugin(command) => plugins::plugin(command).await,
        Service::Connector(command) => setup::connector(command).await,
        Service::Flow(command) => setup::flow(command).await,
        Service::Key(command) => setup::key(command).await,
        Service::Import(command) => import::import(command).await,
        Service::Stop(args) => setup::switch(args, true).await,
        Service::Go(args) => setup::switch(args, false).await,
        Service::Webhook(command) => webhooks::run(command).await,
        Service::Events(command) => webhooks::event(command).await,
        Service::Message(command) => messages::message(command).await,
        Service::Verification(command) => verifications::run(command).await,
        Service::Numbers(command) => numbers::numbers(command).await,
        Service::TestNumber(command) => numbers::test_number(command).await,
        Service::Forget(args) => numbers::forget(args).await,
        Service::ConsoleLink(at) => setup::console_link(at).await,
        Service::Audit(args) => maintenance::audit(args).await,
        Service::Backup(args) => maintenance::backup(args).await,
        Service::Restore(args) => maintenance::restore(args).await,
        Service::RotateKey(args) => maintenance::rotate(args).await,
    }
}

/// `config`
fn explain() -> Result<Code, Stop> {
    let mut page = Page::default();
    page.line("Settings of `auth-host serve`: keys of a TOML file (--settings FILE), or environment variables.");
    for setting in EXPLAINED {
        page.line("");
        page.line(format!("{} ({})", setting.key, variable(setting.key)));
        page.line(format!("  {}", setting.meaning));
        page.line(format!("  Default: {}", setting.default));
    }
    page.write()?;
    Ok(DONE)
}
