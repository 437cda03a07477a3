//! One request, and a second one where the first was refused for its time alone.
//!
//! `AuthFailure.SignatureExpire` proves that the service did nothing, and the answer's `Date` says what time it is. That
//! is the only automatic second attempt, of a send and of a look-up alike.

use alloc::string::String;

use crate::connector::Host;
use crate::contract::SendError;
use crate::time;

/// Why an attempt failed.
pub struct Refused {
    /// What is known.
    pub error: SendError,
    /// The answer's `Date` header, unparsed.
    pub date: Option<String>,
}

impl From<SendError> for Refused {
    fn from(error: SendError) -> Self {
        Self { error, date: None }
    }
}

/// An attempt, signed for a moment.
pub type Attempt<'a, T> = dyn FnMut(&mut dyn Host, u64) -> Result<T, Refused> + 'a;

/// Attempts at the host's time, and once more at the service's if the host's was wrong. With the result comes whether it
/// took two.
///
/// # Errors
/// The last attempt's; a second one's says that it was the second.
pub fn in_time<T>(
    host: &mut dyn Host,
    attempt: &mut Attempt<'_, T>,
) -> Result<(T, bool), SendError> {
    let timestamp = host.unix_time_s();
    let refused = match attempt(host, timestamp) {
        Ok(result) => return Ok((result, false)),
        Err(refused) => refused,
    };
    let Some(server_time) = server_time(&refused) else {
        return Err(refused.error);
    };
    match attempt(host, server_time) {
        Ok(result) => Ok((result, true)),
        Err(refused) => Err(refused.error.with_attribute("attempts", "2")),
    }
}

/// The service's time, if the refusal is the one that a correct clock would have avoided.
fn server_time(refused: &Refused) -> Option<u64> {
    match &refused.error {
        SendError::NotSent(failure)
            if failure.provider_code.as_deref() == Some("AuthFailure.SignatureExpire") =>
        {
            time::parse_http_date(refused.date.as_deref()?)
        }
        _ => None,
    }
}
