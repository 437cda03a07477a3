//! The cost of the sandbox, against native code and against other clients, in one run: `cargo xtask bench`.
//!
//! | module | purpose |
//! |---|---|
//! | [`work`] | the config, the messages, CPU time and memory of a process |
//! | [`lane`] | a process that does one kind of work on order |
//! | [`native`], [`component`] | the connector compiled natively, and in the sandbox |
//! | [`load`], [`memory`] | loading; memory of calls in flight |
//! | [`run`], [`lanes`] | one run: lanes take turns, round by round |
//! | [`report`], [`plot`] | figures and goals, tables, the plot |
//! | [`profile`] | CPU of a send by layer: `cargo xtask profile` |
//! | [`double_answers`] | a server that answers one request in twenty twice: `cargo xtask soak --double-answers` |
//! | [`verifications`], [`servers`], [`awake`] | `auth-host serve` beside better-auth: `cargo xtask bench --verifications` |
//! | [`caller`] | its client: requests to the servers, and codes from the simulator's inbox |
//! | [`soak`] | many tenants, faults, replaced plugins and hostile neighbours for minutes: `cargo xtask soak` |

mod awake;
mod caller;
mod component;
mod double_answers;
mod lane;
mod lanes;
mod load;
mod memory;
mod native;
mod plot;
mod profile;
mod report;
mod run;
mod servers;
mod soak;
mod verifications;
mod work;

use clap::Parser;
use double_answers::When;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measurements, started by `cargo xtask bench` and its like, which builds what is measured and sets the paths
#[derive(Parser)]
#[command(name = "connector-bench")]
enum Arguments {
    /// One run of all lanes, loading, memory and the neighbour of attacks
    Run {
        /// Fewer rounds, and nothing into the docs
        #[arg(long)]
        quick: bool,
    },
    /// `auth-host serve` beside better-auth
    Verifications {
        /// Fewer rounds, and nothing into the docs
        #[arg(long)]
        quick: bool,
    },
    /// CPU of a send by layer
    Profile,
    /// Many tenants, faults, replaced plugins and hostile neighbours
    Soak { calls: u64 },
    /// A server that answers one request in twenty twice
    DoubleAnswers { calls: u64, when: When },
    /// Work on order for `run`, one order a line, by the side `native` or `component`
    Lane { side: String },
    /// Print the component's size and the fuel of a send, for `run`
    Component,
    /// Measure loading, compiled and from the cache, for `run`
    Load { compilations: usize, hits: usize },
    /// Measure the memory of tenants, or of their calls in flight to URL, for `run`
    Memory { tenants: usize, url: Option<String> },
    /// Make the calls of `soak`, whose states go into a file
    Drive {
        calls: u64,
        url: String,
        states: PathBuf,
    },
    /// Keep a processor awake for `verifications`, until the input ends
    Spin,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse() {
        Arguments::Run { quick: false } => run::all(run::FULL, true),
        Arguments::Run { quick: true } => run::all(run::QUICK, false),
        Arguments::Verifications { quick: false } => verify(verifications::FULL, true),
        Arguments::Verifications { quick: true } => verify(verifications::QUICK, false),
        Arguments::Profile => run::profile(),
        Arguments::Soak { calls } => run::soak(calls),
        Arguments::DoubleAnswers { calls, when } => double_answers::run(calls, when),
        Arguments::Lane { side } => lane::serve(&side),
        Arguments::Component => component::measure().map(print),
        Arguments::Load { compilations, hits } => load::measure(compilations, hits).map(print),
        Arguments::Memory { tenants, url } => memory::measure(tenants, url.as_deref()).map(print),
        Arguments::Drive { calls, url, states } => soak::drive(calls, &url, &states),
        Arguments::Spin => awake::spin(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("connector-bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Verifications of `auth-host serve` beside a peer's.
fn verify(size: verifications::Size, into_docs: bool) -> work::Result {
    let docs = work::docs().filter(|_| into_docs);
    verifications::run(size, &work::out()?, docs.as_deref())
}

fn print(value: serde_json::Value) {
    println!("{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn arguments_agree_with_each_other() {
        Arguments::command().debug_assert();
    }
}
