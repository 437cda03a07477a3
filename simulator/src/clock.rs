//! Clock of the simulator: real time shifted by an offset, or frozen and moved by hand.
//!
//! Everything that depends on time reads this clock: the signature window, the `Date` header, per-number limits, serial
//! numbers, delivery reports. Times are milliseconds since the Unix epoch.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Moments that have a date, in Unix seconds: the years 0 to 9999.
const MOMENTS_S: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// Largest offset from real time and largest single move of the clock, in seconds: 100 years.
pub const FARTHEST_S: i64 = 100 * 366 * 86_400;

/// Time source of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockMode {
    /// Real time plus an offset in milliseconds, which may be negative.
    Running {
        /// Milliseconds added to real time.
        offset_ms: i64,
    },
    /// Frozen at a moment, in Unix milliseconds, until it is changed.
    Frozen {
        /// The moment, in Unix milliseconds.
        unix_ms: i64,
    },
}

impl ClockMode {
    /// Real time plus so many seconds, at most 100 years in either direction.
    pub fn running_at_most(offset_s: i64) -> Self {
        Self::Running {
            offset_ms: offset_s.clamp(-FARTHEST_S, FARTHEST_S) * 1000,
        }
    }

    /// Frozen at a moment in Unix seconds, or at the nearest that has a date.
    pub fn frozen_near(unix_s: i64) -> Self {
        Self::Frozen {
            unix_ms: unix_s.clamp(*MOMENTS_S.start(), *MOMENTS_S.end()) * 1000,
        }
    }

    /// Real time plus so many seconds; `None` for more than 100 years.
    pub fn running(offset_s: i64) -> Option<Self> {
        let is_near = (-FARTHEST_S..=FARTHEST_S).contains(&offset_s);
        is_near.then(|| Self::Running {
            offset_ms: offset_s * 1000,
        })
    }

    /// Frozen at a moment in Unix seconds; `None` for a moment without a date.
    pub fn frozen(unix_s: i64) -> Option<Self> {
        MOMENTS_S.contains(&unix_s).then(|| Self::Frozen {
            unix_ms: unix_s * 1000,
        })
    }
}

/// A clock that several tasks read and a test may move.
#[derive(Debug)]
pub struct Clock {
    mode: Mutex<ClockMode>,
}

impl Clock {
    /// A clock in the given mode.
    pub fn new(mode: ClockMode) -> Self {
        Self {
            mode: Mutex::new(mode),
        }
    }

    /// Now, in Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        match self.mode() {
            ClockMode::Running { offset_ms } => real_ms().saturating_add(offset_ms),
            ClockMode::Frozen { unix_ms } => unix_ms,
        }
    }

    /// The current mode.
    pub fn mode(&self) -> ClockMode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the mode.
    pub fn set(&self, mode: ClockMode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// Moves the clock forward, running or frozen. A frozen one does not move past the last date.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let mut mode = self.mode.lock().unwrap_or_else(PoisonError::into_inner);
        *mode = match *mode {
            ClockMode::Running { offset_ms } => ClockMode::Running {
                offset_ms: offset_ms.saturating_add(by),
            },
            ClockMode::Frozen { unix_ms } => ClockMode::Frozen {
                unix_ms: unix_ms.saturating_add(by).min(MOMENTS_S.end() * 1000),
            },
        };
    }
}

fn real_ms() -> i64 {
    // A machine clock before 1970 is read as 1970.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let clock = Clock::new(ClockMode::Frozen {
            unix_ms: 1_551_113_065_000,
        });
        assert_eq!(clock.now_ms(), 1_551_113_065_000);
        clock.advance(Duration::from_millis(30_001));
        assert_eq!(clock.now_ms(), 1_551_113_095_001);
    }

    #[test]
    fn a_running_clock_is_off_by_its_offset() {
        let clock = Clock::new(ClockMode::Running {
            offset_ms: -301_000,
        });
        let off = real_ms() - clock.now_ms();
        assert!((300_900..=301_000).contains(&off), "{off}");
        clock.advance(Duration::from_secs(301));
        assert_eq!(clock.mode(), ClockMode::Running { offset_ms: 0 });
    }

    #[test]
    fn moving_past_the_end_of_time_stops_there() {
        let last = ClockMode::frozen(253_402_300_799).unwrap();
        let clock = Clock::new(ClockMode::Frozen { unix_ms: 0 });
        clock.advance(Duration::MAX);
        assert_eq!(clock.mode(), last);
    }

    #[test]
    fn moments_without_date_and_far_offsets_are_none() {
        for moment in [-62_167_219_201, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(ClockMode::frozen(moment), None, "{moment}");
        }
        for offset in [-FARTHEST_S - 1, FARTHEST_S + 1, i64::MIN, i64::MAX] {
            assert_eq!(ClockMode::running(offset), None, "{offset}");
        }
        assert!(ClockMode::frozen(-5).is_some() && ClockMode::running(-FARTHEST_S).is_some());
    }
}
