//! `auth-host`: look into a connector, send single messages, and run the service.
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

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    auth_host::run(&arguments)
}
