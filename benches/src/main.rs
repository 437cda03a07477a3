//! What the sandbox costs, against native code and against the peers, in one run: `cargo xtask bench`.
//!
//! | module | what it does |
//! |---|---|
//! | [`work`] | the config, the messages, CPU time and memory of a process |
//! | [`lane`] | a process that does one kind of work when told to |
//! | [`native`], [`component`] | the two sides |
//! | [`load`], [`memory`], [`fuel`] | what needs no lane |
//! | [`run`], [`lanes`] | one run: lanes take turns, round by round |
//! | [`report`], [`plot`] | rows against goals, tables, the plot |
//! | [`defaults`] | the measurement behind each default: `cargo xtask defaults` |
//! | [`profile`] | where the CPU of a send goes: `cargo xtask profile` |
//! | [`double_answers`] | a server that answers one request in twenty twice |
//! | [`soak`] | many tenants, faults, replaced plugins and hostile neighbours for minutes |

mod component;
mod defaults;
mod double_answers;
mod fuel;
mod lane;
mod lanes;
mod load;
mod memory;
mod native;
mod plot;
mod profile;
mod report;
mod run;
mod soak;
mod work;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "Usage: connector-bench run [--quick]
       connector-bench profile
       connector-bench soak CALLS
       connector-bench double-answers CALLS idle|late
       connector-bench defaults [--quick]
       connector-bench part WORDS
       connector-bench lane native|component
       connector-bench fuel
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
        ["defaults"] => defaults::all(false),
        ["defaults", "--quick"] => defaults::all(true),
        ["part", words @ ..] => defaults::serve(words).map(print),
        ["profile"] => run::profile(),
        ["soak", calls] => count(calls).and_then(|calls| run::soak(calls as u64)),
        ["drive", calls, url, states] => {
            count(calls).and_then(|calls| soak::drive(calls as u64, url, Path::new(states)))
        }
        ["double-answers", calls, "idle"] => count(calls)
            .and_then(|calls| double_answers::run(calls as u64, double_answers::When::Idle)),
        ["double-answers", calls, "late"] => count(calls)
            .and_then(|calls| double_answers::run(calls as u64, double_answers::When::Late)),
        ["fuel"] => fuel::measure().map(print),
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
