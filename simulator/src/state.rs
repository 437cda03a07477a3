//! Mutable state of the simulator, behind one lock.

use std::collections::{HashMap, VecDeque};

use crate::fault::{Chaos, Fault, Queued};
use crate::history::{DailyCounts, SendHistory};
use crate::inbox::Inbox;
use crate::journal::Journal;
use crate::random::Random;
use crate::rates::Rates;
use crate::records::{Record, Records};

/// Default of the milliseconds from acceptance to the delivery report.
pub const DEFAULT_DELIVERY_DELAY_MS: i64 = 1000;

/// The mutable state of the simulator.
pub struct State {
    /// Accepted messages.
    pub inbox: Inbox,
    /// Requests and their verdicts.
    pub journal: Journal,
    /// Messages by recipient.
    pub history: SendHistory,
    /// Messages that each application sent today.
    pub days: DailyCounts,
    /// Requests in the current second.
    pub rates: Rates,
    /// The outcome for each number, for the actions that query the past.
    pub records: Records,
    /// Milliseconds from acceptance to the delivery report.
    pub delivery_delay_ms: i64,
    /// Queued faults.
    pub faults: VecDeque<Queued>,
    /// Faults by chance, and their random sequence.
    pub chaos: Option<(Chaos, Random)>,
    /// `SendSms` requests whose headers and whole body arrived.
    pub complete_requests: u64,
    /// Delivery reports that the callback's receiver accepted.
    pub callbacks_accepted: u64,
    /// Delivery reports that it did not accept, or that were too many to keep.
    pub callbacks_failed: u64,
    /// Source of identifiers and chances.
    pub random: Random,
    spent: HashMap<String, u64>,
    /// Sequence number of the newest message.
    sequence: u64,
    retention: usize,
}

impl State {
    /// An initial state that keeps this many messages and journal entries.
    pub fn new(random: Random, retention: usize) -> Self {
        Self {
            inbox: Inbox::new(retention),
            journal: Journal::new(retention),
            history: SendHistory::new(retention.max(10_000)),
            days: DailyCounts::default(),
            rates: Rates::default(),
            records: Records::new(retention),
            delivery_delay_ms: DEFAULT_DELIVERY_DELAY_MS,
            faults: VecDeque::new(),
            chaos: None,
            complete_requests: 0,
            callbacks_accepted: 0,
            callbacks_failed: 0,
            random,
            spent: HashMap::new(),
            sequence: 0,
            retention,
        }
    }

    /// Resets inbox, journal, limits, balances, faults and counters. The sequences continue, so that a client that waits
    /// for entries after a number gets them, and so do identifiers, so that none is used twice.
    pub fn reset(&mut self) {
        let random = self.random.clone();
        let before = std::mem::replace(self, Self::new(random, self.retention));
        self.delivery_delay_ms = before.delivery_delay_ms;
        self.sequence = before.sequence;
        self.journal = before.journal.emptied();
        self.records = before.records.emptied();
    }

    /// Keeps the outcome for a number. A report that has no place any more counts as one that failed.
    pub fn remember(&mut self, record: Record, now_ms: i64) {
        let dropped = self.records.push(record, now_ms);
        if self.records.has_callback {
            self.callbacks_failed += dropped;
        }
    }

    /// Takes the next fault that applies: to a new connection, or to a request of this action. Queued faults come
    /// first, then faults by chance.
    pub fn take_fault(&mut self, action: Option<&str>, on_accept: bool) -> Option<Fault> {
        let waiting = self.faults.iter().position(|queued| {
            let here = (queued.fault == Fault::CloseOnAccept) == on_accept;
            let only = queued.action.as_deref();
            let only = only.or(queued.fault.is_of_statuses().then_some("SendSms"));
            here && (on_accept || only.is_none() || only == action)
        });
        if let Some(at) = waiting {
            let queued = self.faults.get_mut(at)?;
            queued.times = queued.times.saturating_sub(1);
            let (fault, used_up) = (queued.fault.clone(), queued.times == 0);
            if used_up {
                self.faults.remove(at);
            }
            return Some(fault);
        }
        let (chaos, random) = self.chaos.as_mut().filter(|_| !on_accept)?;
        let is_met = |fault: &&Fault| {
            **fault != Fault::CloseOnAccept
                && (!fault.is_of_statuses() || action == Some("SendSms"))
        };
        let faults: Vec<&Fault> = chaos.faults.iter().filter(is_met).collect();
        if faults.is_empty() || !random.chance(chaos.probability) {
            return None;
        }
        let at = random.next_u64() % faults.len() as u64;
        let fault = faults.get(usize::try_from(at).unwrap_or_default())?;
        Some((*fault).clone())
    }

    /// Starts faults by chance, from the beginning of the seed's sequence.
    pub fn set_chaos(&mut self, chaos: Chaos) {
        let random = Random::new(chaos.seed);
        self.chaos = Some((chaos, random));
    }

    /// The number of the next accepted message, from 1.
    pub fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// The serial number of the message with this sequence number, in the observed form: 4 digits, a colon, 10 digits,
    /// Unix seconds, 7 digits.
    pub fn serial_no(&mut self, sequence: u64, now_ms: i64) -> String {
        let (head, middle) = (self.random.digits(4), self.random.digits(10));
        let seconds = now_ms.div_euclid(1000).max(0);
        format!("{head}:{middle}{seconds:010}{:07}", sequence % 10_000_000)
    }

    /// Segments of its package that an application has used.
    pub fn spent(&self, app: &str) -> u64 {
        self.spent.get(app).copied().unwrap_or_default()
    }

    /// Deducts segments from an application's package, if it has one.
    pub fn spend(&mut self, app: &str, balance: Option<u64>, segments: u32) {
        if balance.is_some() {
            *self.spent.entry(app.to_owned()).or_default() += u64::from(segments);
        }
    }
}
