//! The last requests to each webhook, in memory, for the console.
//!
//! Only the outcome of a request is stored. A refused request must cost no write of the database, and a send no other
//! one than its own.

use auth_connector_host::Phrase;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// How many are kept for each webhook.
pub const KEPT: usize = 20;

/// How many of them may have proved nothing. Anyone can make these, and they must not displace the platform's own.
const UNPROVED: usize = 5;

/// A request with its outcome. Consecutive requests without a message and with the same outcome are one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When the last of them arrived.
    pub at: i64,
    /// How many they are.
    pub times: u32,
    /// The response's HTTP status.
    pub status: u16,
    /// A stable word for the outcome.
    pub outcome: String,
    /// The operator's possible action. Contains no secret and no number.
    pub hint: Option<Phrase>,
    /// The message that it was about.
    pub message: Option<String>,
    /// True if it proved its origin.
    pub is_proved: bool,
}

/// The calls of every webhook.
#[derive(Default)]
pub struct Calls(Mutex<HashMap<String, VecDeque<Call>>>);

impl Calls {
    /// Stores a call of an existing webhook.
    pub fn add(&self, webhook: &str, call: Call) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.entry(webhook.to_owned()).or_default();
        if let Some(last) = own.front_mut()
            && last.message.is_none()
            && call.message.is_none()
            && (last.status, &last.outcome, &last.hint) == (call.status, &call.outcome, &call.hint)
        {
            last.at = call.at;
            last.times = last.times.saturating_add(1);
            return;
        }
        own.push_front(call);
        let oldest = own.iter().enumerate().filter(|(_, call)| !call.is_proved);
        if let Some((oldest, _)) = oldest.skip(UNPROVED).last() {
            own.remove(oldest);
        }
        own.truncate(KEPT);
    }

    /// The calls of a webhook, the newest first.
    pub fn of(&self, webhook: &str) -> Vec<Call> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(webhook).into_iter().flatten().cloned().collect()
    }

    /// Forgets a webhook that is removed.
    pub fn forget(&self, webhook: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(webhook);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(at: i64, outcome: &str, message: Option<&str>) -> Call {
        Call {
            at,
            times: 1,
            status: 401,
            outcome: outcome.to_owned(),
            hint: None,
            message: message.map(str::to_owned),
            is_proved: message.is_some(),
        }
    }

    /// Alternating refusals of two kinds are not one line each.
    #[test]
    fn unproved_calls_leave_those_of_the_platform() {
        let calls = Calls::default();
        for at in 0..15 {
            calls.add("w", call(at, "sent", Some("m")));
        }
        for at in 15..100 {
            let outcome = if at % 2 == 0 { "unauthorized" } else { "stale" };
            calls.add("w", call(at, outcome, None));
        }
        let kept: Vec<_> = calls.of("w").iter().map(|c| (c.at, c.is_proved)).collect();
        let (unproved, proved) = kept.split_at(UNPROVED);
        let newest = [99, 98, 97, 96, 95].map(|at| (at, false));
        assert_eq!(unproved, newest);
        let sent: Vec<_> = (0..15).rev().map(|at| (at, true)).collect();
        assert_eq!(proved, sent);
    }

    #[test]
    fn calls_are_bounded_and_newest_first() {
        let calls = Calls::default();
        for nth in 0..25 {
            calls.add("w", call(nth, "sent", Some(&format!("m{nth}"))));
        }
        calls.add("other", call(1, "sent", Some("m")));
        let kept = calls.of("w");
        assert_eq!(kept.len(), KEPT);
        assert_eq!(kept.first().map(|c| c.at), Some(24));
        assert_eq!(kept.last().map(|c| c.at), Some(5));
        calls.forget("w");
        assert!(calls.of("w").is_empty());
        assert_eq!(calls.of("other").len(), 1);
    }

    /// A caller without a secret does not push any call of the platform out of the list.
    #[test]
    fn same_refusals_are_one_call() {
        let calls = Calls::default();
        calls.add("w", call(1, "sent", Some("m")));
        for at in 2..100 {
            calls.add("w", call(at, "unauthorized", None));
        }
        calls.add("w", call(100, "stale", None));
        let kept: Vec<_> = calls.of("w").iter().map(|c| (c.at, c.times)).collect();
        assert_eq!(kept, [(100, 1), (99, 98), (1, 1)]);
    }
}
