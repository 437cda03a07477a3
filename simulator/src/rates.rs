//! Request rates by account and action.

use std::collections::HashMap;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// Requests of each account and action in the current second.
#[derive(Debug, Default)]
pub struct Rates {
    seconds: HashMap<(String, &'static str), Count>,
}

/// Count of one second, which ends by the simulator's clock or by real time: a frozen clock has no next second.
#[derive(Clone, Copy, Debug)]
struct Count {
    second: i64,
    since: Instant,
    requests: u32,
}

impl Rates {
    /// Counts one more request, at these moments of the simulator's clock and of real time, and returns the count of this
    /// second.
    pub fn count(
        &mut self,
        account: &str,
        action: &'static str,
        now_ms: i64,
        real: Instant,
    ) -> u32 {
        let fresh = Count {
            second: now_ms.div_euclid(1000),
            since: real,
            requests: 0,
        };
        let key = (account.to_owned(), action);
        let count = self.seconds.entry(key).or_insert(fresh);
        if count.second != fresh.second || real.duration_since(count.since) >= SECOND {
            *count = fresh;
        }
        count.requests = count.requests.saturating_add(1);
        count.requests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_starts_again_by_either_clock() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let mut count = |now_ms, real_ms| {
            rates.count(
                "a",
                "SendSms",
                now_ms,
                start + Duration::from_millis(real_ms),
            )
        };
        assert_eq!([count(0, 0), count(999, 999)], [1, 2]);
        assert_eq!(count(1000, 999), 1, "the simulator's clock moved");
        assert_eq!(count(1000, 1999), 1, "it stands and a second passed");
        assert_eq!(count(1000, 2998), 2);
    }
}
