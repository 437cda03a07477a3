//! The three states of a send, with their assertions.

use super::discreet;
use auth_connector_host::{CallError, Failure, FailureKind, Receipt, SendError};

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

/// State of a send as its caller reads it, in the connector's own words.
#[derive(Debug)]
pub enum State {
    Accepted(Receipt),
    NotSent(Failure),
    Unknown(Failure),
}

impl State {
    /// The state and the class of the failure.
    pub fn verdict(&self) -> (&'static str, Option<FailureKind>) {
        match self {
            Self::Accepted(_) => ("accepted", None),
            Self::NotSent(failure) => ("not sent", Some(failure.kind)),
            Self::Unknown(failure) => ("unknown", Some(failure.kind)),
        }
    }
}

pub fn state(outcome: Outcome) -> State {
    match outcome {
        Ok(receipt) => {
            discreet(&format!("{receipt:?}"));
            State::Accepted(receipt)
        }
        Err(SendError::NotSent(cause)) => State::NotSent(in_its_words(cause)),
        Err(SendError::Unknown(cause)) => State::Unknown(in_its_words(cause)),
    }
}

fn in_its_words(cause: CallError) -> Failure {
    match cause {
        CallError::Connector(failure) => {
            discreet(&format!("{failure:?}"));
            assert!(!failure.message.is_empty());
            *failure
        }
        other => panic!("the host spoke for the component: {other}"),
    }
}

/// The value of an attribute.
pub fn attribute<'a>(attributes: &'a [(String, String)], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}
