//! The three states of a send, taken apart, with what holds for each of them.

use super::discreet;
use auth_connector_host::{CallError, Failure, Receipt, SendError};

type Outcome = Result<Receipt, SendError>;

pub fn accepted(outcome: Outcome) -> Receipt {
    let receipt = outcome.expect("the message is accepted");
    discreet(&format!("{receipt:?}"));
    receipt
}

/// The failure of a send that certainly did not happen, in the connector's own words.
pub fn not_sent(outcome: Outcome) -> Failure {
    match outcome {
        Err(SendError::NotSent(cause)) => in_its_words(cause),
        other => panic!("not sent was expected: {other:?}"),
    }
}

/// The failure of a send that may have happened, in the connector's own words.
pub fn unknown(outcome: Outcome) -> Failure {
    match outcome {
        Err(SendError::Unknown(cause)) => in_its_words(cause),
        other => panic!("unknown was expected: {other:?}"),
    }
}

fn in_its_words(cause: CallError) -> Failure {
    match cause {
        CallError::Connector(failure) => {
            discreet(&format!("{failure:?}"));
            assert!(!failure.message.is_empty());
            *failure
        }
        CallError::Host(fault) => panic!("the host spoke for the component: {fault}"),
    }
}

/// The value of an attribute.
pub fn attribute<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}
