//! A small soak: `cargo xtask soak` is the large one, and the same program.

use crate::support::{bench, component, hostile, simulator};
use std::process::Command;

#[test]
fn thousands_of_sends_end_in_one_of_three_states_among_faults_replaced_plugins_and_hostile_neighbours()
 {
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
