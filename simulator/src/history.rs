//! Messages by recipient, for per-number limits and per-application daily caps.
//!
//! Only accepted messages count. Days are natural days of UTC+8, whatever the caller's zone.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The day of UTC+8 that a moment belongs to, counted from the epoch.
pub fn china_day(now_ms: i64) -> i64 {
    (now_ms + 8 * HOUR_MS).div_euclid(DAY_MS)
}

/// Messages to each number of each application.
#[derive(Debug)]
pub struct SendHistory {
    numbers: HashMap<u64, VecDeque<PastMessage>>,
    order: VecDeque<(u64, i64)>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug)]
struct PastMessage {
    at_ms: i64,
    text: u64,
}

/// Counts of earlier messages to a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Milliseconds since the same text was last sent to it, if the history still has that message.
    pub same_text_age_ms: Option<i64>,
    /// Messages in the last 3,600 seconds.
    pub last_hour: u32,
    /// Messages today.
    pub today: u32,
    /// Messages of the same text today.
    pub same_text_today: u32,
}

impl SendHistory {
    /// A history of at most this many messages. The oldest are dropped, which bounds memory. A number whose messages
    /// were dropped early is allowed more than its limits.
    pub fn new(capacity: usize) -> Self {
        Self {
            numbers: HashMap::new(),
            order: VecDeque::new(),
            capacity,
        }
    }

    /// Counts of this application's messages to this number.
    pub fn seen(&self, app: &str, to: &str, text: &str, now_ms: i64) -> Seen {
        let mut seen = Seen::default();
        let text = hash(&text);
        for message in self.numbers.get(&hash(&(app, to))).into_iter().flatten() {
            // After a clock was set back, later messages count as just message.
            let age = (now_ms - message.at_ms).max(0);
            let today = china_day(message.at_ms) == china_day(now_ms);
            seen.last_hour += u32::from(age < HOUR_MS);
            seen.today += u32::from(today);
            if message.text == text {
                seen.same_text_today += u32::from(today);
                seen.same_text_age_ms = Some(seen.same_text_age_ms.map_or(age, |a| a.min(age)));
            }
        }
        seen
    }

    /// Records a message.
    pub fn record(&mut self, app: &str, to: &str, text: &str, now_ms: i64) {
        let key = hash(&(app, to));
        self.numbers.entry(key).or_default().push_back(PastMessage {
            at_ms: now_ms,
            text: hash(&text),
        });
        self.order.push_back((key, now_ms));
        while let Some((key, at_ms)) = self.order.front().copied()
            && (self.order.len() > self.capacity || at_ms < now_ms - DAY_MS - HOUR_MS)
        {
            self.order.pop_front();
            if let Some(messages) = self.numbers.get_mut(&key) {
                messages.pop_front();
                if messages.is_empty() {
                    self.numbers.remove(&key);
                }
            }
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Messages that each application sent today, by country.
#[derive(Debug, Default)]
pub struct DailyCounts {
    apps: HashMap<String, Day>,
}

/// One application's counts of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    day: i64,
    countries: HashMap<String, u32>,
}

impl Day {
    /// Messages in all.
    pub fn total(&self) -> u32 {
        self.countries.values().sum()
    }

    /// Messages to one country, by ISO code.
    pub fn to_country(&self, iso: &str) -> u32 {
        self.countries.get(iso).copied().unwrap_or_default()
    }
}

impl DailyCounts {
    /// Today's counts of an application.
    pub fn today(&self, app: &str, now_ms: i64) -> Day {
        let day = china_day(now_ms);
        self.apps
            .get(app)
            .filter(|d| d.day == day)
            .cloned()
            .unwrap_or_default()
    }

    /// Counts one message.
    pub fn record(&mut self, app: &str, iso: &str, now_ms: i64) {
        let day = china_day(now_ms);
        let entry = self.apps.entry(app.to_owned()).or_default();
        if entry.day != day {
            *entry = Day {
                day,
                ..Day::default()
            };
        }
        *entry.countries.entry(iso.to_owned()).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2019-02-25 23:59:59.999 in UTC+8.
    const BEFORE_MIDNIGHT: i64 = 1_551_110_399_999;

    #[test]
    fn days_change_at_midnight_of_utc_plus_8() {
        assert_eq!(
            china_day(BEFORE_MIDNIGHT) + 1,
            china_day(BEFORE_MIDNIGHT + 1)
        );
        let mut history = SendHistory::new(10);
        history.record("app", "+861", "text", BEFORE_MIDNIGHT);
        assert_eq!(
            history.seen("app", "+861", "text", BEFORE_MIDNIGHT).today,
            1
        );
        assert_eq!(
            history
                .seen("app", "+861", "text", BEFORE_MIDNIGHT + 1)
                .today,
            0
        );
    }

    #[test]
    fn the_hour_ends_after_3600_seconds() {
        let mut history = SendHistory::new(10);
        history.record("app", "+861", "text", 0);
        assert_eq!(
            history.seen("app", "+861", "other", HOUR_MS - 1).last_hour,
            1
        );
        assert_eq!(history.seen("app", "+861", "other", HOUR_MS).last_hour, 0);
    }

    #[test]
    fn text_number_and_application_are_told_apart() {
        let mut history = SendHistory::new(10);
        history.record("app", "+861", "text", 1000);
        history.record("app", "+861", "text", 3000);
        let seen = history.seen("app", "+861", "text", 5000);
        assert_eq!(
            seen,
            Seen {
                same_text_age_ms: Some(2000),
                last_hour: 2,
                today: 2,
                same_text_today: 2
            }
        );
        let other_text = history.seen("app", "+861", "else", 5000);
        assert_eq!((other_text.same_text_age_ms, other_text.today), (None, 2));
        assert_eq!(history.seen("app", "+862", "text", 5000), Seen::default());
        assert_eq!(history.seen("ppa", "+861", "text", 5000), Seen::default());
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let mut history = SendHistory::new(2);
        for (i, to) in ["+1", "+2", "+3"].into_iter().enumerate() {
            history.record("app", to, "text", i as i64);
        }
        assert_eq!(history.numbers.len(), 2);
        assert_eq!(history.seen("app", "+1", "text", 5).today, 0);
        assert_eq!(history.seen("app", "+3", "text", 5).today, 1);
    }

    #[test]
    fn daily_counts_start_again_the_next_day() {
        let mut days = DailyCounts::default();
        days.record("app", "CN", BEFORE_MIDNIGHT);
        days.record("app", "US", BEFORE_MIDNIGHT);
        let today = days.today("app", BEFORE_MIDNIGHT);
        assert_eq!(
            (
                today.total(),
                today.to_country("US"),
                today.to_country("GB")
            ),
            (2, 1, 0)
        );
        assert_eq!(days.today("app", BEFORE_MIDNIGHT + 1).total(), 0);
        days.record("app", "GB", BEFORE_MIDNIGHT + 1);
        assert_eq!(days.today("app", BEFORE_MIDNIGHT + 1).total(), 1);
    }
}
