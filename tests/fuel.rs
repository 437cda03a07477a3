//! What a send costs in instructions: exact, so a test can hold it.

use crate::support::{MAINLAND, code_to, config, host, load, to_config};
use auth_connector_host::SendError;

/// Fuel for a fresh instance that parses, validates, signs and is refused egress: the budget of the design, which aims
/// at 120,000. SHA-256 alone takes 96,000 of it.
const BUDGET: u64 = 180_000;

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
