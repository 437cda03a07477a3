//! Small runs of the benchmark's program: `cargo xtask soak` and `cargo xtask bench` are the large ones.

use crate::support::{bench, component, hostile, simulator};
use std::process::Command;

/// The sends run among faults, replaced plugins and hostile neighbours.
#[test]
fn thousands_of_attacked_sends_end_in_three_states() {
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/soak");
    std::fs::create_dir_all(folder).unwrap();
    // Of an earlier run, with another simulator's catalogue.
    std::fs::write(format!("{folder}/catalogue.yaml"), "x").unwrap();
    let output = Command::new(bench())
        .args(["soak", "5000"])
        .env("CONNECTOR_WASM", component())
        .env("HOSTILE_WASM", hostile())
        .env("SIMULATOR_BIN", simulator())
        .env("BENCH_OUT", folder)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{stdout}");
}

/// The second responses arrive before the next request.
#[test]
fn early_second_answers_make_no_verdict_wrong() {
    let output = Command::new(bench())
        .args(["double-answers", "6000", "idle"])
        .env("CONNECTOR_WASM", component())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{stdout}");
}

/// Nobody listens there, so no call is in flight.
#[test]
fn memory_of_refused_calls_is_no_figure() {
    let output = Command::new(bench())
        .args(["memory", "20", "http://127.0.0.1:1"])
        .env("CONNECTOR_WASM", component())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains("ended early"),
        "{error}"
    );
}
