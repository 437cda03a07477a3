//! A scripted transport for the tests of connectors, and the [`mistakes`] of a field table.

mod mistakes;
mod schema;

use alloc::boxed::Box;

use crate::contract::SendError;
use crate::http::{Request, Response, Transport};
pub use mistakes::mistakes;

type Answer = dyn FnMut(&Request<'_>) -> Result<Response, SendError>;

/// Answers requests by a closure.
///
/// # Examples
/// ```
/// use connector_kit::http::{Response, Transport};
/// use connector_kit::testing::Script;
///
/// let mut script = Script::new(|_| Ok(Response::new(500, "")));
/// assert_eq!(script.unix_time_s(), connector_kit::testing::NOW);
/// ```
pub struct Script {
    /// The wall clock, in Unix seconds; [`NOW`] at first.
    pub now: u64,
    /// The deadline of the last request, in milliseconds.
    pub deadline_ms: Option<u32>,
    /// The number of requests that were made.
    pub requests: usize,
    answer: Box<Answer>,
}

/// The time of a script's clock: 25 February 2019, 16:44:25 UTC.
pub const NOW: u64 = 1_551_113_065;

impl Script {
    /// A transport whose every request goes to `answer`.
    pub fn new(answer: impl FnMut(&Request<'_>) -> Result<Response, SendError> + 'static) -> Self {
        Self {
            now: NOW,
            deadline_ms: None,
            requests: 0,
            answer: Box::new(answer),
        }
    }
}

impl Transport for Script {
    fn unix_time_s(&mut self) -> u64 {
        self.now
    }

    fn exchange(&mut self, request: &Request<'_>, deadline_ms: u32) -> Result<Response, SendError> {
        self.deadline_ms = Some(deadline_ms);
        self.requests += 1;
        (self.answer)(request)
    }
}
