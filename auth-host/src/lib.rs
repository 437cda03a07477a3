//! `auth-host`: the command line, and the service that sends verification codes through connectors in a sandbox.
//!
//! | module | purpose |
//! |---|---|
//! | `cli`, `usage`, `commands` | the command line |
//! | `config`, `message`, `files`, `host`, `cache` | input of a command, and the sandbox as the operator granted it |
//! | `exit`, `signals`, `output`, `text`, `json`, `clean` | exit codes, signals, output of a command |
//! | `metrics`, `trace` | metrics and traces |
//! | `serve` | the service: listeners, settings, background tasks |
//! | `api`, `problem`, `phrases` | HTTP: routes, keys, bodies, refusals; sentences for people in six languages |
//! | `webhooks`, `platforms`, `twilio`, `receipts`, `events` | requests of auth platforms and providers, and events for tenants |
//! | `console` | pages for operators, on the administrator's listener |
//! | `admin` | operators' actions, for the API and the command line |
//! | `verification`, `send`, `limits` | verifications and messages; one connector after the other; limits |
//! | `registry` | packages from OCI registries |
//! | `catalog`, `calls`, `app` | configuration and the last calls of webhooks, in memory; all open resources |
//! | `sample` | a sign-in that shows how an application uses the API |
//! | `folder`, `store`, `crypt` | the service's files, the database, and keys for its encrypted values |
//! | `texts` | sentences for operators, in English and Chinese |
//! | `number`, `ids`, `mask` | phone numbers, identifiers, hidden digits |
//! | `access`, `form`, `header_key`, `post` | scopes of keys, forms of usages, identifiers in headers, one POST to an operator's address |

#[cfg(feature = "serve")]
mod access;
#[cfg(feature = "serve")]
mod admin;
#[cfg(feature = "serve")]
mod api;
#[cfg(feature = "serve")]
pub mod app;
mod cache;
#[cfg(feature = "serve")]
mod calls;
#[cfg(feature = "serve")]
mod catalog;
mod clean;
mod cli;
mod commands;
mod config;
#[cfg(feature = "serve")]
mod console;
#[cfg(feature = "serve")]
mod crypt;
#[cfg(feature = "serve")]
mod event_target;
#[cfg(feature = "serve")]
mod events;
mod exit;
#[cfg(feature = "serve")]
mod expected;
mod files;
#[cfg(feature = "serve")]
mod folder;
#[cfg(feature = "serve")]
mod form;
#[cfg(feature = "serve")]
mod header_key;
mod host;
#[cfg(feature = "serve")]
mod ids;
mod json;
#[cfg(feature = "serve")]
mod leases;
#[cfg(feature = "serve")]
mod limits;
mod mask;
#[cfg(feature = "serve")]
mod merge_patch;
mod message;
#[cfg(feature = "observe")]
mod metrics;
#[cfg(feature = "serve")]
mod number;
#[cfg(feature = "serve")]
mod outcomes;
mod output;
#[cfg(feature = "serve")]
mod phrases;
#[cfg(feature = "serve")]
mod platforms;
#[cfg(feature = "serve")]
mod post;
#[cfg(feature = "serve")]
mod private_files;
#[cfg(feature = "serve")]
mod problem;
#[cfg(feature = "serve")]
mod receipts;
#[cfg(feature = "serve")]
mod recovery;
#[cfg(feature = "registry")]
mod registry;
#[cfg(feature = "serve")]
mod sample;
#[cfg(feature = "serve")]
mod send;
#[cfg(feature = "serve")]
pub mod serve;
mod signals;
#[cfg(feature = "serve")]
mod store;
#[cfg(feature = "serve")]
#[cfg(test)]
mod test_app;
mod text;
#[cfg(feature = "serve")]
mod texts;
#[cfg(feature = "observe")]
mod trace;
#[cfg(feature = "serve")]
mod twilio;
mod usage;
#[cfg(feature = "serve")]
mod verification;
#[cfg(feature = "serve")]
mod webhooks;

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
