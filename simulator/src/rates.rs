//! Request rates by account and action.

use std::collections::HashMap;

/// Requests of each account and action in the current second.
#[derive(Debug, Default)]
pub struct Rates {
    seconds: HashMap<(String, &'static str), (i64, u32)>,
}

impl Rates {
    /// Counts one more request and returns the count of this second.
    pub fn count(&mut self, account: &str, action: &'static str, now_ms: i64) -> u32 {
        let second = now_ms.div_euclid(1000);
        let entry = self
            .seconds
            .entry((account.to_owned(), action))
            .or_insert((second, 0));
        if entry.0 != second {
            *entry = (second, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1
    }
}
