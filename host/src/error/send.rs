//! Sends that were not accepted.

use super::call::CallError;
use crate::bindings::sms;
use crate::contract::FailureKind;

/// The two ways in which a send can fail to be accepted. They differ in what the caller may do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Certainly not sent: another attempt, or another connector, cannot reach the recipient twice.
    #[error("not sent: {0}")]
    NotSent(CallError),
    /// The outcome is open: the recipient may get the message, and another attempt may send it twice.
    #[error("unknown whether it was sent: {0}")]
    Unknown(CallError),
}

impl SendError {
    /// The cause, as far as it is known.
    pub const fn cause(&self) -> &CallError {
        match self {
            Self::NotSent(cause) | Self::Unknown(cause) => cause,
        }
    }

    /// The class of the cause.
    pub const fn kind(&self) -> FailureKind {
        self.cause().kind()
    }

    /// Returns true if another attempt cannot send twice.
    pub const fn is_certainly_not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_))
    }

    /// A verdict that is not the plugin's: *not sent* only if nothing can have left.
    pub(crate) fn from_cause(cause: CallError, may_have_left: bool) -> Self {
        if may_have_left {
            Self::Unknown(cause)
        } else {
            Self::NotSent(cause)
        }
    }
}

impl From<sms::SendError> for SendError {
    fn from(error: sms::SendError) -> Self {
        match error {
            sms::SendError::NotSent(failure) => {
                Self::NotSent(CallError::Connector(Box::new(failure)))
            }
            sms::SendError::Unknown(failure) => {
                Self::Unknown(CallError::Connector(Box::new(failure)))
            }
        }
    }
}
