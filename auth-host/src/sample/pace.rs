//! How long messages took, so that one that is not sent is answered as late.
//!
//! A send waits for the provider. Where there is no account nothing is sent, and an answer at once would say so.

use crate::ids;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many are kept, the newest.
const KEPT: usize = 16;

/// What a message takes while none was sent yet.
const FIRST: Duration = Duration::from_secs(1);

/// How long the last messages took.
#[derive(Default)]
pub struct Pace(Mutex<VecDeque<Duration>>);

impl Pace {
    /// Keeps how long a message took.
    pub fn sent(&self, took: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front(took);
    }

    /// How long one takes that is not sent: as long as one of those that were, for a mean would never vary.
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
