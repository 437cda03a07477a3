//! The commands of the README: `cargo xtask demo`, `cargo xtask test`; and `cargo xtask bench`.
//!
//! They install what they need through rustup, build, and run; nothing else has to be prepared by hand.

mod build;
mod contract;
mod demo;
mod deny;
mod dist;
mod full;
mod process;
mod quality;
mod test;
mod toolchain;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <COMMAND>

Commands:
  demo         Send login codes through the component to a simulator on this machine, and show what each party saw
  test         Format, lints, native tests, tests through the component, contract checks
  test --full  The same, and the other runtimes and SDKs that the tests cover
  bench        The simulator's requests per second beside an empty handler's, and its memory over 200,000 requests
  coverage     Which lines of the connector's pure rooms its native tests reach; fails under 95 %
  mutants      Whether the native tests notice when the code is changed; fails where they do not
  dist         The component as it is distributed: optimised, stripped, without a path of this machine; needs npm
  deny         Licences, banned crates, sources and advisories of everything that is built
  stack        How deep the component's stack gets

All need rustup and a C compiler. The first run compiles Wasmtime, which takes about five minutes on two cores.";

/// What went wrong, in words for whoever typed the command.
type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo"] => demo::run(),
        ["test"] => test::run(test::Scope::Usual),
        ["test", "--full"] => test::run(test::Scope::Full),
        ["coverage"] => quality::coverage(),
        ["mutants"] => quality::mutants(),
        ["stack"] => quality::stack(),
        ["deny"] => deny::run_all(),
        ["dist"] => dist::run_all(),
        ["bench"] => bench(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!(
                "xtask: there is no command `{}`.\n\n{USAGE}",
                words.join(" ")
            );
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Ratios measured in one run on this machine; nothing here is compared with a time written down elsewhere.
fn bench() -> Result {
    let workspace = build::Workspace::open()?;
    process::run(workspace.cargo().args([
        "bench",
        "--locked",
        "--profile",
        "host",
        "--workspace",
        "--bench",
        "throughput",
    ]))
}
