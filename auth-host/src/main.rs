//! `auth-host`: look into a connector, check a config, preview a message, send one, look up what became of it, read a
//! provider's callback.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done: accepted, valid, shown |
//! | 1 | this machine failed: a file, the sandbox, the terminal |
//! | 2 | the command line is wrong |
//! | 3 | certainly not sent: trying again cannot send twice |
//! | 4 | unknown whether it was sent: trying again may send twice. Also when SIGINT or SIGTERM ends a `send` that has begun. `find`: found nothing. `check`: not all could be verified. `callback`: refused. `report`: not reported |
//! | 5 | the component was refused before any of it ran |
//! | 6 | the config cannot work; nothing was sent |
//! | 7 | the component crashed or broke the contract, outside of a send |
//!
//! `check`, `find` and `callback` never end with 3: what cannot be looked up is unknown, and nothing that is not found,
//! or that a callback says, proves that a message was not sent.

mod cache;
mod clean;
mod cli;
mod commands;
mod config;
mod exit;
mod files;
mod host;
mod json;
mod mask;
mod message;
mod metrics;
mod output;
mod signals;
mod text;
mod trace;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match usage::read(&arguments) {
        Ok(usage::Asked::Command(cli)) => cli,
        Ok(usage::Asked::Text(text)) => {
            return match text.print() {
                Ok(()) if text.use_stderr() => exit::USAGE.into(),
                Ok(()) => exit::DONE.into(),
                Err(error) => stopped(&output::unwritable(error)),
            };
        }
        Err(stop) => return stopped(&stop),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return stopped(&exit::Stop::machine(format!(
                "the runtime did not start: {error}"
            )));
        }
    };
    match runtime.block_on(commands::run(*cli)) {
        Ok(code) => code.into(),
        Err(stop) => stopped(&stop),
    }
}

fn stopped(stop: &exit::Stop) -> ExitCode {
    output::complain(&stop.message);
    stop.code.into()
}
