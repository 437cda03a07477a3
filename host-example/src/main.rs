//! `auth-host`: look into a connector, check a config, preview a message, send one.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done: accepted, valid, shown |
//! | 1 | this machine failed: a file, the sandbox, the terminal |
//! | 2 | the command line is wrong |
//! | 3 | certainly not sent: trying again cannot send twice |
//! | 4 | unknown whether it was sent: trying again may send twice |
//! | 5 | the component was refused before any of it ran |
//! | 6 | the config cannot work; nothing was sent |
//! | 7 | the component crashed or broke the contract, outside of a send |

mod cli;
mod commands;
mod config;
mod exit;
mod host;
mod json;
mod mask;
mod message;
mod text;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match usage::read(&arguments) {
        Ok(usage::Asked::Command(cli)) => cli,
        Ok(usage::Asked::Text(text)) => text.exit(),
        Err(stop) => {
            eprintln!("auth-host: {}", stop.message);
            return stop.code.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("auth-host: the runtime did not start: {error}");
            return exit::MACHINE.into();
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code.into(),
        Err(stop) => {
            eprintln!("auth-host: {}", stop.message);
            stop.code.into()
        }
    }
}
