//! The measurement behind each default of the host library that is not a quantity of one call: `cargo xtask defaults`.
//!
//! | module | defaults |
//! |---|---|
//! | [`residency`] | what slots keep between calls |
//! | [`places`] | calls at once, the queue, tenants |
//! | [`time`] | compute, grace, call timeout, the tick |
//! | [`connections`], [`closed`] | connect timeout, idle connections, requests at once |
//! | [`compile`] | the largest component, the compile cache |
//! | [`provider`], [`load`] | what they share: a provider that behaves as told, and a busy machine |
//! | [`page`] | sections, tables, `docs/defaults.md` |
//!
//! Whatever is a process's own, CPU time and memory, is measured in a process of its own: a [`part`].

mod closed;
mod compile;
mod connections;
mod load;
mod page;
mod places;
mod provider;
mod residency;
mod time;

use crate::run::{child, machine};
use crate::work::{Result, told};
use page::Section;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Size {
    /// How often what is compared is repeated, in turns.
    pub rounds: usize,
    /// Whether only some points of each series are measured.
    pub quick: bool,
}

type Measure = fn(Size) -> Result<Vec<Section>>;

const THEMES: [(&str, Measure); 6] = [
    ("What slots keep", residency::measure),
    ("Places and queues", places::measure),
    ("Time", time::measure),
    ("Connections", connections::measure),
    ("Connections that end", closed::measure),
    ("Compiling", compile::measure),
];

/// The command: measures everything, prints it, and writes it into the docs after a run in full.
pub fn all(quick: bool) -> Result {
    let size = Size {
        rounds: if quick { 2 } else { 4 },
        quick,
    };
    let begun = Instant::now();
    let mut sections = Vec::new();
    for (title, measure) in THEMES {
        eprintln!("== {title}");
        let theme = Instant::now();
        for section in measure(size)? {
            println!("{}\n", section.text);
            sections.push(section);
        }
        eprintln!("   {:.0} s", theme.elapsed().as_secs_f64());
    }
    let results = json!({"machine": machine(), "rounds": size.rounds});
    sections.push(Section::new(
        "machine",
        crate::report::circumstances(&results),
    ));
    eprintln!("== All of it: {:.0} s", begun.elapsed().as_secs_f64());
    match std::env::var_os("BENCH_DOCS").filter(|_| !quick) {
        Some(docs) => page::write(&PathBuf::from(docs).join("defaults.md"), &sections),
        None => Ok(()),
    }
}

/// One measurement in a process of its own: what `connector-bench part WORDS` does.
pub fn serve(words: &[&str]) -> Result<Value> {
    match words {
        ["residency", memory, table, stack, scan] => {
            residency::part(&residency::parse(memory, table, stack, scan)?)
        }
        ["calls", calls] => places::calls(calls.parse().map_err(told)?),
        ["burst", calls, delay, tenants, queue] => places::burst(
            calls.parse().map_err(told)?,
            delay.parse().map_err(told)?,
            tenants.parse().map_err(told)?,
            queue.parse().map_err(told)?,
        ),
        ["tenants", tenants] => places::tenants(tenants.parse().map_err(told)?),
        ["tick", millis] => time::tick(millis.parse().map_err(told)?),
        ["host-idle"] => time::host_idle(),
        ["reuse", kept, url, authority] => {
            connections::reuse(kept.parse().map_err(told)?, url, authority)
        }
        ["kept", kept, url, authority] => {
            connections::kept(kept.parse().map_err(told)?, url, authority)
        }
        ["requests", at_once, url] => connections::requests(at_once.parse().map_err(told)?, url),
        ["compile", kind, function, bytes] => compile::part(
            kind,
            function.parse().map_err(told)?,
            bytes.parse().map_err(told)?,
        ),
        _ => Err(format!("there is no part `{}`", words.join(" "))),
    }
}

/// Has a part measured.
fn part(words: &[&str]) -> Result<Value> {
    let mut arguments = vec!["part"];
    arguments.extend_from_slice(words);
    child(&arguments)
}

/// A figure of a part.
fn figure(value: &Value, key: &str) -> Result<f64> {
    let figure = value.get(key).and_then(Value::as_f64);
    figure.ok_or_else(|| format!("a part without `{key}`"))
}

/// A runtime with one thread, as the lanes have: with more, the allocator keeps an arena for each.
fn one_thread() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)
}

/// A runtime as an embedder has it: a thread for each core.
fn many_threads() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(told)
}
