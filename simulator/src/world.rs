//! Everything that changes while the simulator runs, behind one lock.

use std::collections::{HashMap, VecDeque};

use crate::fault::Queued;
use crate::gateway::Rates;
use crate::history::{DailyCounts, SendHistory};
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::random::Random;
use crate::records::Records;

/// Milliseconds from acceptance to the delivery report, unless told otherwise.
pub const DEFAULT_DELIVERY_DELAY_MS: i64 = 1000;

/// The changing part of the simulator.
#[derive(Debug)]
pub struct World {
    /// Accepted messages.
    pub inbox: Inbox,
    /// Requests and their verdicts.
    pub journal: Journal,
    /// What went to whom.
    pub history: SendHistory,
    /// What each application sent today.
    pub days: DailyCounts,
    /// Requests in the current second.
    pub rates: Rates,
    /// What became of each number, for the actions that look back.
    pub records: Records,
    /// Milliseconds from acceptance to the delivery report.
    pub delivery_delay_ms: i64,
    /// Faults that wait for a request.
    pub faults: VecDeque<Queued>,
    /// `SendSms` requests whose headers and whole body arrived.
    pub complete_requests: u64,
    /// Identifiers and chances.
    pub random: Random,
    spent: HashMap<String, u64>,
    messages: u64,
    seed: u64,
    retention: usize,
}

impl World {
    /// An untouched world that keeps this many messages and journal entries.
    pub fn new(seed: u64, retention: usize) -> Self {
        Self {
            inbox: Inbox::new(retention),
            journal: Journal::new(retention),
            history: SendHistory::new(retention.max(10_000)),
            days: DailyCounts::default(),
            rates: Rates::default(),
            records: Records::new(retention),
            delivery_delay_ms: DEFAULT_DELIVERY_DELAY_MS,
            faults: VecDeque::new(),
            complete_requests: 0,
            random: Random::new(seed),
            spent: HashMap::new(),
            messages: 0,
            seed,
            retention,
        }
    }

    /// Back to the beginning: inbox, journal, limits, balances, faults, counters and identifiers.
    pub fn reset(&mut self) {
        let delivery_delay_ms = self.delivery_delay_ms;
        *self = Self {
            delivery_delay_ms,
            ..Self::new(self.seed, self.retention)
        };
    }

    /// The number of the next accepted message, from 1.
    pub fn next_sequence(&mut self) -> u64 {
        self.messages += 1;
        self.messages
    }

    /// A serial number of the observed shape: 4 digits, a colon, 10 digits, Unix seconds, 7 digits.
    pub fn next_serial_no(&mut self, now_ms: i64) -> String {
        let (head, middle) = (self.random.digits(4), self.random.digits(10));
        let seconds = now_ms.div_euclid(1000).max(0);
        format!(
            "{head}:{middle}{seconds:010}{:07}",
            self.messages % 10_000_000
        )
    }

    /// Segments that an application has used up of its package.
    pub fn spent(&self, app: &str) -> u64 {
        self.spent.get(app).copied().unwrap_or_default()
    }

    /// Takes segments from an application's package, if it has one.
    pub fn spend(&mut self, app: &str, balance: Option<u64>, segments: u32) {
        if balance.is_some() {
            *self.spent.entry(app.to_owned()).or_default() += u64::from(segments);
        }
    }
}
