//! One request, and a second one where the first was refused for its time alone.
//!
//! `AuthFailure.SignatureExpire` proves that the service did nothing, and the answer's `Date` says what time it is. That
//! is the only automatic second attempt, of a send and of a look-up alike.

use alloc::boxed::Box;
use alloc::string::String;

use crate::contract::{Failure, SendError};
use crate::time;

/// A judged answer, and the time that it was given at.
pub struct Judged<T, E> {
    /// What the answer says.
    pub outcome: Result<T, E>,
    /// The `Date` header, unparsed.
    pub date: Option<String>,
}

/// A refusal by the service.
pub trait Refusal {
    /// What the service said, if it refused the request before it acted.
    fn refused(&self) -> Option<&Failure>;
}

impl Refusal for SendError {
    fn refused(&self) -> Option<&Failure> {
        match self {
            Self::NotSent(failure) => Some(failure),
            Self::Unknown(_) => None,
        }
    }
}

impl Refusal for Box<Failure> {
    fn refused(&self) -> Option<&Failure> {
        Some(self)
    }
}

impl<T, E: Refusal> Judged<T, E> {
    /// The service's time, if the refusal is the one that a correct clock would have avoided: then one more attempt at
    /// that time is sane.
    #[must_use]
    pub fn try_again_at(&self) -> Option<u64> {
        let refusal = self.outcome.as_ref().err()?.refused()?;
        server_time(refusal, self.date.as_deref()?)
    }
}

fn server_time(refusal: &Failure, date: &str) -> Option<u64> {
    if refusal.provider_code.as_deref() == Some("AuthFailure.SignatureExpire") {
        time::parse_http_date(date)
    } else {
        None
    }
}
