//! Small soak test; `cargo xtask soak` is the large one, with the same program.

use crate::support::{bench, component, hostile, simulator};
use std::process::Command;

/// The sends run among faults, replaced plugins and hostile neighbours.
#[test]
fn thousands_of_attacked_sends_end_in_three_states() {
    let output = Command::new(bench())
        .args(["soak", "5000"])
        .env("CONNECTOR_WASM", component())
        .env("HOSTILE_WASM", hostile())
        .env("SIMULATOR_BIN", simulator())
        .env("BENCH_OUT", concat!(env!("CARGO_TARGET_TMPDIR"), "/soak"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{told}");
}

/// The second responses arrive before the next request.
#[test]
fn early_second_answers_make_no_verdict_wrong() {
    let output = Command::new(bench())
        .args(["double-answers", "6000", "idle"])
        .env("CONNECTOR_WASM", component())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("{told}");
}
