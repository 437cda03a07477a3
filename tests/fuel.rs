//! What a send costs in instructions: exact, so a test can hold it.

use crate::support::{MAINLAND, code_to, config, host, load, to_config};
use auth_connector_host::SendError;

/// Fuel for a fresh instance that parses, validates, signs and is refused egress. It holds what was reached, so
/// that no change makes it worse unnoticed; the design aims at 180,000.
const BUDGET: u64 = 430_000;

#[tokio::test]
async fn a_whole_send_but_for_the_network_stays_within_its_budget() {
    let plugin = load(host().with(|options| options.count_fuel = true));
    let config = to_config(&config(None));
    let mut spent = Vec::new();
    for _ in 0..3 {
        let reported = plugin
            .send_message_reported(&config, &code_to(MAINLAND))
            .await;
        assert!(
            matches!(reported.outcome, Err(SendError::NotSent(_))),
            "{:?}",
            reported.outcome
        );
        spent.push(reported.report.fuel.unwrap());
    }
    println!("fuel: {spent:?} of {BUDGET}");
    assert!(spent.iter().all(|fuel| *fuel <= BUDGET), "{spent:?}");
}
