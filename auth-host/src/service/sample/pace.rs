//! Durations of sent messages, which delay the response for a message that is not sent.
//!
//! A send waits for the provider. Without an account nothing is sent, and an immediate response would reveal that.

use crate::service::ids;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Number of durations that are kept, the newest.
const KEPT: usize = 16;

/// Assumed duration until the first message is sent.
const FIRST: Duration = Duration::from_secs(1);

/// Durations of the last messages.
#[derive(Default)]
pub struct Pace(Mutex<VecDeque<Duration>>);

impl Pace {
    /// Stores the duration of a message.
    pub fn sent(&self, took: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front(took);
    }

    /// The delay for a message that is not sent: a random stored duration, because a mean would never vary.
    pub fn unsent(&self) -> Duration {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [drawn] = ids::random().unwrap_or_default();
        let nth = usize::from(drawn) % kept.len().max(1);
        kept.get(nth).copied().unwrap_or(FIRST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_message_takes_as_long_as_one_of_the_last() {
        let pace = Pace::default();
        assert_eq!(pace.unsent(), FIRST);
        for ms in 1..=20 {
            pace.sent(Duration::from_millis(ms));
        }
        let last = Duration::from_millis(5)..=Duration::from_millis(20);
        let drawn: Vec<Duration> = (0..200).map(|_| pace.unsent()).collect();
        assert!(drawn.iter().all(|took| last.contains(took)), "{drawn:?}");
        assert!(drawn.iter().any(|took| *took != drawn[0]), "{drawn:?}");
    }
}
