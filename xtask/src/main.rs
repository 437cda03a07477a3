//! The commands of this repository: `cargo xtask demo`, `cargo xtask test` and the others in `USAGE`.
//!
//! Each installs what it needs through rustup, builds, and runs.

mod bench;
mod build;
mod component;
mod contract;
mod debian;
mod demo;
mod deny;
mod dist;
mod full;
mod gateway;
mod new_connector;
mod package;
mod pages;
mod process;
mod quality;
mod reproduce;
mod serve;
mod sources;
mod test;
mod toolchain;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <COMMAND>

Commands:
  demo           Send login codes through the component to a simulator on this machine
  demo --serve [OPTIONS]
                 Run the auth host with its console, the simulator's inbox and a sample sign-in, until stopped; options
                 are those of `auth-host serve`, such as --listen, --admin and --sample with an ADDRESS
  new-connector NAME [--path DIR]
                 Write a connector for another provider: it builds, passes its tests and sends
  test           Check format, lints, the contract's files and all tests
  test --full    The same, with the other runtimes, Tencent's SDKs and licences
  test --engines The gateway on wasmCloud and `wasmtime serve`, with replicas killed under traffic, in full length;
                 writes the tables of docs/engines.md
  modules        Check that no modules of a crate depend on each other in a circle
  bench          Compare cost with native code and other clients; writes docs/performance.md
  bench --quick  The same in fewer rounds; writes no documents
  bench --verifications [--quick]
                 Compare whole verifications with a Node server's, and nothing else
  profile        Sample the CPU of a send by layer, with Linux's perf; writes docs/performance.md
  soak [CALLS]   Send 300,000 messages among faults, plugin updates and hostile plugins
  soak --double-answers [CALLS]
                 Send 100,000 messages to a server that answers one request in twenty twice
  soak --killed [VERIFICATIONS]
                 Do 100,000 verifications while the service is killed every two seconds
  coverage       Print the lines of the connector that its unit tests miss; fails under 95 %
  mutants        Change the code and check that a unit test fails
  dist           Build the components to publish, with manifest, SBOM, OCI documents and provenance
  dist --key FILE.pem
                 The same, and sign the provenance
  publish REGISTRY/NAME:VERSION
                 Publish what `dist` wrote and minisign signed; --dry-run shows it, --help has the rest
  publish REGISTRY/NAME:VERSION --contract
                 Publish the contract, a package of WIT, which `dist` wrote too
  publish REGISTRY/NAME:VERSION --component --folder DIR
                 Publish a component that is no plugin, such as the gateway; minisign signed the component itself
  catalogue LIST [--out FILE]
                 Make a catalogue of the published plugins that a file lists; --help has the rest
  reproduce      Build the last commit in two other clones, and compare what would be published
  package        Check the crates to publish, and compare them with the last release
  deny           Check licences, banned crates, sources and advisories of all dependencies

All need rustup and a C compiler; `bench` and `profile` need Linux. The first run compiles Wasmtime, which takes about four minutes on two cores.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["demo"] => demo::run(),
        ["demo", "--serve", options @ ..] => serve::run(options),
        ["test"] => test::run(test::Scope::Usual),
        ["test", "--full"] => test::run(test::Scope::Full),
        ["test", "--engines"] => full::engines(),
        ["modules"] => build::Workspace::open().and_then(|workspace| workspace.check_modules()),
        ["coverage"] => quality::coverage(),
        ["mutants"] => quality::mutants(),
        ["new-connector", name] => new_connector::run(name, None),
        ["new-connector", name, "--path", path] | ["new-connector", "--path", path, name] => {
            new_connector::run(name, Some(path))
        }
        ["package"] => package::run_all(),
        ["deny"] => deny::run_all(),
        ["dist"] => dist::run_all(None),
        ["publish", arguments @ ..] => publish(arguments),
        ["catalogue", ..] => catalogue(&words),
        ["reproduce"] => {
            build::Workspace::open().and_then(|workspace| reproduce::check(&workspace))
        }
        ["dist", "--key", key] => dist::run_all(Some(key)),
        ["bench"] => bench::run(false),
        ["bench", "--quick"] => bench::run(true),
        ["bench", "--verifications"] => bench::verifications(false),
        ["bench", "--verifications", "--quick"] => bench::verifications(true),
        ["profile"] => bench::profile(),
        ["soak"] => bench::soak(300_000),
        ["soak", "--double-answers"] => bench::double_answers(100_000),
        ["soak", "--double-answers", calls] => count(calls).and_then(bench::double_answers),
        ["soak", "--killed"] => bench::killed(100_000),
        ["soak", "--killed", verifications] => count(verifications).and_then(bench::killed),
        ["soak", calls] => count(calls).and_then(bench::soak),
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

/// The number of calls, before anything is built for them.
fn count(word: &str) -> process::Result<u64> {
    word.parse().map_err(|_| {
        format!(
            "`{word}` is neither a number of calls nor an option of `soak`. `cargo xtask help` lists the options."
        )
    })
}

/// Runs `auth-host`, which loads every plugin of the list, in the folder that the command was given in.
fn catalogue(arguments: &[&str]) -> process::Result {
    let workspace = build::Workspace::open()?;
    workspace.build_programs()?;
    process::run(std::process::Command::new(workspace.program("auth-host")).args(arguments))
}

/// Runs the publisher, in the folder that the command was given in, for the sake of relative paths.
fn publish(arguments: &[&str]) -> process::Result {
    let publisher = build::Workspace::open()?.publisher()?;
    process::run(std::process::Command::new(publisher).args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_that_is_no_number_is_refused() {
        assert_eq!(count("5000"), Ok(5000));
        for word in ["--kill", "--help", "-1", ""] {
            assert!(
                count(word).unwrap_err().contains("`cargo xtask help`"),
                "{word}"
            );
        }
    }
}
