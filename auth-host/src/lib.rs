//! `auth-host`: the command line, and the service that sends verification codes through connectors in a sandbox.
//!
//! | module | purpose |
//! |---|---|
//! | `cli`, `usage`, `commands` | the command line |
//! | `config`, `message`, `files`, `host`, `cache` | input of a command, and the sandbox as the operator granted it |
//! | `pointer` | JSON Pointers |
//! | `exit`, `signals`, `output`, `text`, `json`, `clean` | exit codes, signals, output of a command |
//! | `metrics`, `trace` | metrics and traces |
//! | `registry` | packages from OCI registries |
//! | `mask` | hidden digits and paths |
//! | `service` | everything behind `auth-host serve`: its own table is in `service/mod.rs` |

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
#[cfg(feature = "observe")]
mod metrics;
mod output;
mod pointer;
#[cfg(feature = "registry")]
mod registry;
#[cfg(feature = "serve")]
pub mod service;
mod signals;
mod text;
#[cfg(feature = "observe")]
mod trace;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

/// Reads the arguments, the program's name first, and does what they ask for.
pub fn run(arguments: &[OsString]) -> ExitCode {
    let cli = match usage::read(arguments) {
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
    let runtime = match runtime(&cli).enable_all().build() {
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

/// One thread for what does one thing. For the service one for each processor but the one that the database's thread
/// keeps busy: nearly half of a verification's CPU is spent there, and further threads take turns with it.
fn runtime(cli: &cli::Cli) -> tokio::runtime::Builder {
    #[cfg(feature = "serve")]
    if matches!(cli.command, cli::Command::Service(cli::Service::Serve(_))) {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        threads.worker_threads(processors.saturating_sub(1).max(1));
        return threads;
    }
    let _ = cli;
    tokio::runtime::Builder::new_current_thread()
}

fn stopped(stop: &exit::Stop) -> ExitCode {
    output::complain(&stop.message);
    stop.code.into()
}
