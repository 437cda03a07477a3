//! Many sends of many tenants to a server that answers one request in twenty twice: `cargo xtask soak --double-answers`.
//!
//! The server records which calls it accepted, and each call has a correlation id and a serial number of its own, so
//! every verdict is compared with the record. The second answer comes whole, in halves, after stray bytes, or is
//! followed by a close. Meanwhile the runtime's threads compile plugins.
//!
//! | when the second answer comes | what is required |
//! |---|---|
//! | `idle`: before anything of the next request arrived | no wrong verdict; one that met the next request on the way is counted as raced, and forgiven |
//! | `late`: after all of the next request arrived, before its own answer | no false *accepted*; a false *not sent* is counted, as an error envelope echoes nothing |

mod driver;
mod server;
mod verdict;

pub use server::When;

use crate::work::Result;
use serde_json::Value;
use std::time::{Duration, Instant};

/// Sends `calls` messages on a runtime with `workers` threads, and judges their outcomes.
fn measure(calls: u64, workers: usize, when: When) -> Result<Value> {
    let (url, server) = server::serve(when)?;
    let begun = Instant::now();
    let driven = driver::drive(calls, workers, &url)?;
    let took = begun.elapsed();
    // Time for answers on the way to arrive.
    std::thread::sleep(Duration::from_millis(200));
    let mut figures = verdict::judge(&driven.outcomes, &server);
    if let Some(figures) = figures.as_object_mut() {
        figures.insert("workers".to_owned(), workers.into());
        figures.insert("seconds".to_owned(), took.as_secs_f64().into());
        figures.insert("plugins_compiled".to_owned(), driven.loads.into());
    }
    Ok(figures)
}

/// The command: half of the calls on one worker, half on two.
pub fn run(calls: u64, when: When) -> Result {
    let mut wrong = Vec::new();
    for workers in [1, 2] {
        let figures = measure(calls / 2, workers, when)?;
        println!("{figures:#}");
        let of = |key: &str| figures.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX);
        if of("calls") != calls / 2 || of("sent_twice") > 0 {
            wrong.push(format!(
                "{workers} workers: a call is missing, or was sent twice"
            ));
        }
        if of("second_answers") == 0 {
            wrong.push(format!("{workers} workers: nothing was answered twice"));
        }
        let verdicts = of("false_accepted").saturating_add(of("false_not_sent"));
        let required = match when {
            When::Idle => verdicts.saturating_sub(of("wrong_and_raced")),
            When::Late => of("false_accepted"),
        };
        if required > 0 {
            wrong.push(format!("{workers} workers: {required} wrong verdicts"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n"))
}
