//! Look-ups against the simulator: checks of configs, and outcomes of messages.

mod check;
mod deliveries;

use crate::support::{Rig, discreet, host, load};
use auth_connector_host::{CallError, Failure};
use tencent_sms_simulator::{Catalogue, Simulator};

/// A simulator with this catalogue, and a component that reaches it.
fn rig(change: impl FnOnce(&mut Catalogue)) -> Rig {
    let mut catalogue = Catalogue::default();
    catalogue.accounts[0].apps[0].balance = Some(1000);
    catalogue.requests_per_second.clear();
    change(&mut catalogue);
    let simulator = Simulator::builder()
        .catalogue(catalogue)
        .start_blocking()
        .unwrap();
    let plugin = load(host().allow(&simulator.url()).unwrap());
    Rig { simulator, plugin }
}

/// The failure of a look-up, in the connector's own words.
fn failed<T: std::fmt::Debug>(outcome: Result<T, CallError>) -> Failure {
    match outcome {
        Err(CallError::Connector(failure)) => {
            discreet(&format!("{failure:?}"));
            *failure
        }
        other => panic!("a failure was expected: {other:?}"),
    }
}
