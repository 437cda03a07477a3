//! State of the queue: running calls, waiting calls, and the order of turns. No waiting happens here.

use crate::tenant::Rate;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime;
use tokio::sync::Semaphore;
use tokio::sync::oneshot::{Receiver, Sender, channel};

/// A tenant's identifier; none for calls without a tenant.
pub(super) type Key = Option<Arc<str>>;

/// The answer to a request for a place.
pub(super) enum Asked {
    /// It is taken.
    Granted,
    /// Wait for this; the number is for leaving.
    Wait(u64, Receiver<()>),
    /// The tenant's rate is used up for so long.
    TooOften(Duration),
    /// The tenant has as many calls waiting as it may.
    QueueFull(Duration),
    /// All tenants together have.
    AllQueuesFull(Duration),
}

/// How full a host is just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Calls that run.
    pub running: u32,
    /// Calls that wait.
    pub waiting: u32,
    /// Tenants that are remembered: those with calls, and those whose rate has not recovered.
    pub tenants: usize,
}

pub(super) struct State {
    free: u32,
    capacity: u32,
    waiting: Waiting,
    queue: u32,
    /// The most accounts that are kept only for their rate.
    remembered: usize,
    tenants: HashMap<Key, Account>,
    /// Tenants with waiting calls that may run one more, in the order of their turns.
    turns: VecDeque<Key>,
    next_id: u64,
    /// How long a call holds its place, as a moving average.
    held: Duration,
    clock: DefaultClock,
}

/// The calls that wait, counted for those tenants that have any.
#[derive(Default)]
struct Waiting {
    all: u32,
    each: HashMap<Key, u32>,
}

impl Waiting {
    fn add(&mut self, key: &Key) {
        self.all += 1;
        *self.each.entry(key.clone()).or_default() += 1;
    }

    fn remove(&mut self, key: &Key) {
        self.all -= 1;
        if let Some(each) = self.each.get_mut(key) {
            *each -= 1;
            if *each == 0 {
                self.each.remove(key);
            }
        }
    }

    /// The tenant with the most. None if no tenant has two: each has as many as any.
    fn most(&self) -> Option<Key> {
        let most = self.each.iter().max_by_key(|(_, calls)| **calls);
        most.filter(|(_, calls)| **calls > 1)
            .map(|(key, _)| key.clone())
    }
}

/// One tenant's calls. Exists while the tenant has calls, or a rate that it used.
struct Account {
    running: u32,
    concurrent: u32,
    /// By number, so that the oldest is first and any of them can leave.
    waiting: BTreeMap<u64, Sender<()>>,
    /// True if it is in `turns`.
    in_turn: bool,
    meter: Option<(Rate, DefaultDirectRateLimiter)>,
    /// Turns of calls that compute for long: one of its calls at a time, under each runtime. A task of the same runtime
    /// ends a turn, and a runtime that stands still must not block calls under others.
    computing: HashMap<runtime::Id, Arc<Semaphore>>,
    last: Instant,
}

impl Account {
    fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty() && !self.in_turn
    }

    /// Returns true if the account can be removed without effect.
    fn is_blank(&self, now: Instant) -> bool {
        let owes = |rate: &Rate| now.saturating_duration_since(self.last) < rate.memory();
        self.is_idle() && !self.meter.as_ref().is_some_and(|(rate, _)| owes(rate))
    }

    /// The meter for a rate: the one that there is, unless the rate was changed.
    fn meter(&mut self, rate: Rate) -> &DefaultDirectRateLimiter {
        let kept = self.meter.take().filter(|(of, _)| *of == rate);
        let (_, meter) = self
            .meter
            .insert(kept.unwrap_or_else(|| (rate, metered(rate))));
        meter
    }
}

fn metered(rate: Rate) -> DefaultDirectRateLimiter {
    let each = rate.each.max(Duration::from_nanos(1));
    let quota = Quota::with_period(each).unwrap_or(Quota::per_second(NonZeroU32::MIN));
    let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
    RateLimiter::direct(quota.allow_burst(burst))
}

impl State {
    pub(super) fn new(capacity: u32, queue: u32, remembered: usize) -> Self {
        Self {
            free: capacity,
            capacity,
            waiting: Waiting::default(),
            queue,
            remembered: remembered.max(1),
            tenants: HashMap::new(),
            turns: VecDeque::new(),
            next_id: 0,
            held: Duration::from_millis(100),
            clock: DefaultClock::default(),
        }
    }

    pub(super) fn ask(
        &mut self,
        key: &Key,
        concurrent: u32,
        queued: u32,
        rate: Option<Rate>,
        now: Instant,
    ) -> Asked {
        if !self.tenants.contains_key(key) {
            self.make_room(now);
        }
        let (free, all_waiting, queue) = (self.free, self.waiting.all, self.queue);
        let soon = self.soon(1);
        let account = self.tenants.entry(key.clone()).or_insert_with(|| Account {
            running: 0,
            concurrent,
            waiting: BTreeMap::new(),
            in_turn: false,
            meter: None,
            computing: HashMap::new(),
            last: now,
        });
        account.concurrent = concurrent;
        let runs = account.running < concurrent && account.waiting.is_empty() && free > 0;
        // A call that cannot even wait is refused before it uses up a part of the rate.
        if !runs && account.waiting.len() >= queued as usize {
            self.forget_if_blank(key, now);
            return Asked::QueueFull(soon);
        }
        let is_full = !runs && all_waiting >= queue;
        let may_displace = is_full && account.waiting.is_empty();
        let displaced = may_displace.then(|| self.waiting.most()).flatten();
        if is_full && displaced.is_none() {
            self.forget_if_blank(key, now);
            return Asked::AllQueuesFull(self.soon(all_waiting));
        }
        let Some(account) = self.tenants.get_mut(key) else {
            return Asked::AllQueuesFull(soon);
        };
        if let Some(rate) = rate {
            if let Err(until) = account.meter(rate).check() {
                return Asked::TooOften(until.wait_time_from(self.clock.now()));
            }
            account.last = now;
        }
        if runs {
            account.running += 1;
            self.free -= 1;
            return Asked::Granted;
        }
        let (grant, turn) = channel();
        let id = self.next_id;
        self.next_id += 1;
        account.waiting.insert(id, grant);
        self.waiting.add(key);
        if let Some(displaced) = displaced {
            self.displace(&displaced);
        }
        self.line_up(key);
        self.hand_out();
        Asked::Wait(id, turn)
    }

    /// Takes a tenant's newest waiting call out of the queue, and closes its channel.
    fn displace(&mut self, key: &Key) {
        let account = self.tenants.get_mut(key);
        if account.is_some_and(|account| account.waiting.pop_last().is_some()) {
            self.waiting.remove(key);
        }
    }

    /// Leaves the queue. False if it is not in it any more.
    pub(super) fn leave(&mut self, key: &Key, id: u64) -> bool {
        let account = self.tenants.get_mut(key);
        let waited = account.is_some_and(|account| account.waiting.remove(&id).is_some());
        if waited {
            self.waiting.remove(key);
            self.forget_if_blank(key, Instant::now());
        }
        waited
    }

    /// Returns a place to the queue. `held` is the time for which it was held, if it was.
    pub(super) fn release(&mut self, key: &Key, held: Option<Duration>) {
        self.free = (self.free + 1).min(self.capacity);
        if let Some(held) = held {
            self.held = (self.held * 7 + held) / 8;
        }
        if let Some(account) = self.tenants.get_mut(key) {
            account.running = account.running.saturating_sub(1);
        }
        self.line_up(key);
        self.hand_out();
        self.forget_if_blank(key, Instant::now());
    }

    /// The turns of those calls of a tenant that compute for long under a runtime.
    pub(super) fn computing(&mut self, key: &Key, runtime: runtime::Id) -> Arc<Semaphore> {
        let one = || Arc::new(Semaphore::new(1));
        let Some(account) = self.tenants.get_mut(key) else {
            return one();
        };
        // Removes those of runtimes under which no call computes any more.
        let turns = &mut account.computing;
        turns.retain(|of, turns| *of == runtime || Arc::strong_count(turns) > 1);
        turns.entry(runtime).or_insert_with(one).clone()
    }

    /// Returns true if a waiting call waits for the tenant's own limit, and the time after which to retry.
    pub(super) fn why_waiting(&self, key: &Key) -> (bool, Duration) {
        let account = self.tenants.get(key);
        let full = account.is_some_and(|account| account.running >= account.concurrent);
        (key.is_some() && full, self.soon(self.waiting.all))
    }

    pub(super) fn occupancy(&self) -> Occupancy {
        Occupancy {
            running: self.capacity - self.free,
            waiting: self.waiting.all,
            tenants: self.tenants.len(),
        }
    }

    /// Puts a tenant with waiting calls at the end of the turns, if it may run one more.
    fn line_up(&mut self, key: &Key) {
        let Some(account) = self.tenants.get_mut(key) else {
            return;
        };
        let eligible = !account.waiting.is_empty() && account.running < account.concurrent;
        if eligible && !account.in_turn {
            account.in_turn = true;
            self.turns.push_back(key.clone());
        }
    }

    /// Gives the free places to the tenants whose turns are next.
    fn hand_out(&mut self) {
        while self.free > 0 {
            let Some(key) = self.turns.pop_front() else {
                return;
            };
            let Some(account) = self.tenants.get_mut(&key) else {
                continue;
            };
            account.in_turn = false;
            if account.running >= account.concurrent {
                continue;
            }
            let Some((_, grant)) = account.waiting.pop_first() else {
                self.forget_if_blank(&key, Instant::now());
                continue;
            };
            account.running += 1;
            self.waiting.remove(&key);
            self.free -= 1;
            // A call that no longer waits gives the place back when its ticket is dropped.
            let _ = grant.send(());
            self.line_up(&key);
        }
    }

    /// The expected time until a place is free for a call behind so many others.
    fn soon(&self, ahead: u32) -> Duration {
        let rounds = ahead / self.capacity.max(1) + 1;
        self.held
            .saturating_mul(rounds)
            .clamp(Duration::from_millis(100), Duration::from_secs(30))
    }

    fn forget_if_blank(&mut self, key: &Key, now: Instant) {
        if self
            .tenants
            .get(key)
            .is_some_and(|account| account.is_blank(now))
        {
            self.tenants.remove(key);
        }
    }

    /// Forgets tenants when too many are remembered: those whose rate has recovered, and if that is not enough, the
    /// idle half that called longest ago. The latter get their burst back early.
    fn make_room(&mut self, now: Instant) {
        if self.tenants.len() < self.remembered {
            return;
        }
        self.tenants.retain(|_, account| !account.is_blank(now));
        if self.tenants.len() < self.remembered {
            return;
        }
        let idle = self.tenants.values().filter(|account| account.is_idle());
        let mut last: Vec<Instant> = idle.map(|account| account.last).collect();
        last.sort_unstable();
        if let Some(&middle) = last.get(last.len() / 2) {
            self.tenants
                .retain(|_, account| !account.is_idle() || account.last > middle);
        }
    }
}
