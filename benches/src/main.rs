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

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "Usage: connector-bench run [--quick]
       connector-bench verifications [--quick]
       connector-bench profile
       connector-bench soak CALLS
       connector-bench double-answers CALLS idle|late
       connector-bench lane native|component
       connector-bench component
       connector-bench load COMPILATIONS HITS
       connector-bench memory TENANTS [URL]

Started by `cargo xtask bench` and its like, which builds what is measured and sets the paths.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["lane", side] => lane::serve(side),
        ["run"] => run::all(run::FULL, true),
        ["run", "--quick"] => run::all(run::QUICK, false),
        ["verifications"] => verify(verifications::FULL, true),
        ["verifications", "--quick"] => verify(verifications::QUICK, false),
        ["spin"] => awake::spin(),
        ["profile"] => run::profile(),
        ["soak", calls] => count(calls).and_then(|calls| run::soak(calls as u64)),
        ["drive", calls, url, states] => {
            count(calls).and_then(|calls| soak::drive(calls as u64, url, Path::new(states)))
        }
        ["component"] => component::measure().map(print),
        ["double-answers", calls, "idle"] => count(calls)
            .and_then(|calls| double_answers::run(calls as u64, double_answers::When::Idle)),
        ["double-answers", calls, "late"] => count(calls)
            .and_then(|calls| double_answers::run(calls as u64, double_answers::When::Late)),
        ["load", compilations, hits] => both(compilations, hits)
            .and_then(|(compilations, hits)| load::measure(compilations, hits))
            .map(print),
        ["memory", tenants] => count(tenants)
            .and_then(|tenants| memory::measure(tenants, None))
            .map(print),
        ["memory", tenants, url] => count(tenants)
            .and_then(|tenants| memory::measure(tenants, Some(url)))
            .map(print),
        _ => Err(USAGE.to_owned()),
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

fn count(word: &str) -> work::Result<usize> {
    word.parse()
        .map_err(|_| format!("`{word}` is not a number"))
}

fn both(first: &str, second: &str) -> work::Result<(usize, usize)> {
    Ok((count(first)?, count(second)?))
}
