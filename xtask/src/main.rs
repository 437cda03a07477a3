//! The commands of the README: `cargo xtask demo`, `cargo xtask test`; and `cargo xtask bench`.
//!
//! They install what they need through rustup, build, and run; nothing else has to be prepared by hand.

mod bench;
mod build;
mod contract;
mod demo;
mod deny;
mod dist;
mod full;
mod new_connector;
mod process;
mod quality;
mod test;
mod toolchain;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <COMMAND>

Commands:
  demo         Send login codes through the component to a simulator on this machine, and show what each party saw
  new-connector NAME [--path DIR]
               Write a connector for another provider: it builds, passes its tests and sends; examples/NAME unless
               a path is given
  test         Format, lints, native tests, tests through the component, contract checks
  test --full  The same, and the other runtimes and SDKs that the tests cover
  bench        What the sandbox costs, against native code and against the peers; writes docs/performance.md
  bench --quick  The same in fewer rounds, and the docs stay as they are
  profile      Where the CPU of a send goes, by layer; needs Linux's perf; writes docs/performance.md
  soak [CALLS] 300,000 sends of 50 tenants, with faults, replaced plugins and hostile neighbours
  defaults     What each default of the host library rests on, measured; writes docs/defaults.md
  defaults --quick  The same with fewer points, and the docs stay as they are
  coverage     Which lines of the connector's pure rooms its native tests reach; fails under 95 %
  mutants      Whether the native tests notice when the code is changed; fails where they do not
  dist         The component as it is distributed: optimised, in a small shell, without a path of this machine; needs npm
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
        ["new-connector", name] => new_connector::run(name, None),
        ["new-connector", name, "--path", path] | ["new-connector", "--path", path, name] => {
            new_connector::run(name, Some(path))
        }
        ["deny"] => deny::run_all(),
        ["dist"] => dist::run_all(),
        ["bench"] => bench::run(false),
        ["bench", "--quick"] => bench::run(true),
        ["defaults"] => bench::defaults(false),
        ["defaults", "--quick"] => bench::defaults(true),
        ["profile"] => bench::profile(),
        ["soak"] => bench::soak("300000"),
        ["soak", calls] => bench::soak(calls),
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
