//! Connection pool: idle connections, kept for the owner that made them.
//!
//! A connection is used again only by the same tenant, plugin, network and origin, under the same runtime: what one plugin
//! left behind on it must not meet another's request. Their number is bounded for each owner and for the host, and the one
//! that was used least recently is closed first.
//!
//! hyper-util's client pools by scheme and authority, and sends a request again on another connection
//! ([hyper-util 133](https://github.com/hyperium/hyper-util/pull/133),
//! [150](https://github.com/hyperium/hyper-util/pull/150)), where a send may leave once at most. No library has a pool
//! with a key of one's own that examines the socket before a connection is used again: one that the server closed
//! ([hyper 1382](https://github.com/hyperium/hyper/issues/1382)) or answered twice on must not get the next request.
//! Upstream: [hyper 1253](https://github.com/hyperium/hyper/issues/1253) asks for control over pooling, and
//! [hyper 3948](https://github.com/hyperium/hyper/issues/3948) proposes pools as layers; a layer with such a check and
//! with limits for each owner would replace this module.

use super::connection::Connection;
use super::slots::{Caller, Full, Owner, Slot, Slots};
use crate::limits::Limits;
use auth_connector_egress::Origin;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The connections that a request may use.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) caller: Caller,
    /// Digest of the network's authorities and proxy.
    pub(super) network: [u8; 32],
    pub(super) origin: Origin,
    /// The runtime that polls its socket. Under another one no task would be woken when a response arrives.
    pub(super) runtime: tokio::runtime::Id,
}

/// How often idle connections are examined. A server that closed one has its file back so soon.
const SWEEP: Duration = Duration::from_millis(500);

pub(crate) struct Pool {
    slots: Slots,
    most: usize,
    most_each: usize,
    timeout: Duration,
    idle: Mutex<Idle>,
}

#[derive(Default)]
struct Idle {
    /// By when they came, oldest first.
    connections: BTreeMap<u64, Kept>,
    of_key: HashMap<Arc<Key>, Vec<u64>>,
    of_owner: HashMap<Arc<Owner>, usize>,
    next: u64,
    /// How many are examined just now.
    lent: usize,
    /// Runtimes in which a task examines them. Each one with a connection has its own: another may stand still.
    swept_by: HashSet<tokio::runtime::Id>,
}

struct Kept {
    key: Arc<Key>,
    /// None while it is examined.
    connection: Option<Box<Connection>>,
    since: Instant,
}

impl Idle {
    fn push(&mut self, key: Arc<Key>, connection: Box<Connection>) {
        let number = self.next;
        self.next += 1;
        self.of_key.entry(key.clone()).or_default().push(number);
        *self.of_owner.entry(key.caller.owner.clone()).or_default() += 1;
        let since = Instant::now();
        let kept = Kept {
            key,
            connection: Some(connection),
            since,
        };
        self.connections.insert(number, kept);
    }

    fn remove(&mut self, number: u64) -> Option<Kept> {
        let kept = self.connections.remove(&number)?;
        if let Some(numbers) = self.of_key.get_mut(&kept.key) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.of_key.remove(&kept.key);
            }
        }
        if let Some(count) = self.of_owner.get_mut(&kept.key.caller.owner) {
            *count -= 1;
            if *count == 0 {
                self.of_owner.remove(&kept.key.caller.owner);
            }
        }
        Some(kept)
    }

    fn oldest_of(&self, owner: &Owner) -> Option<u64> {
        self.oldest(|kept| *kept.key.caller.owner == *owner)
    }

    /// The one that was used least recently, of those that are not examined just now.
    fn oldest(&self, is_meant: impl Fn(&Kept) -> bool) -> Option<u64> {
        let mut all = self.connections.iter();
        all.find(|(_, kept)| kept.connection.is_some() && is_meant(kept))
            .map(|(number, _)| *number)
    }

    /// The one of a key that was used last.
    fn newest_of(&self, key: &Key) -> Option<u64> {
        let is_here = |number: &&u64| {
            let kept = self.connections.get(number);
            kept.is_some_and(|kept| kept.connection.is_some())
        };
        let numbers = self.of_key.get(key)?;
        numbers.iter().rev().find(is_here).copied()
    }

    /// Lends a connection, to be examined. Its entry stays, so that it counts.
    fn lend(&mut self, number: u64) -> Option<(Box<Connection>, Instant)> {
        let kept = self.connections.get_mut(&number)?;
        let connection = kept.connection.take()?;
        self.lent += 1;
        Some((connection, kept.since))
    }

    /// Takes a connection back, or returns what is to be closed.
    fn take_back(
        &mut self,
        number: u64,
        connection: Box<Connection>,
        is_kept: bool,
    ) -> Option<Box<Connection>> {
        self.lent -= 1;
        match self.connections.get_mut(&number) {
            Some(kept) if is_kept => kept.connection = Some(connection),
            _ => {
                self.remove(number);
                return Some(connection);
            }
        }
        None
    }
}

impl Pool {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let (most, most_each) = limits.most_connections();
        Arc::new(Self {
            slots: Slots::new(most, most_each),
            most: limits.idle_connections,
            most_each: limits.idle_connections_each,
            timeout: limits.idle_timeout,
            idle: Mutex::default(),
        })
    }

    /// The connection that was used last. It may have ended since: sending on it examines it.
    pub(super) fn take(&self, key: &Key) -> Option<Box<Connection>> {
        loop {
            let mut idle = self.idle.lock();
            let number = idle.newest_of(key)?;
            let kept = idle.remove(number)?;
            drop(idle);
            if kept.since.elapsed() < self.timeout {
                return kept.connection;
            }
        }
    }

    /// Keeps a connection for the next request of its key.
    pub(super) fn put(self: &Arc<Self>, key: Arc<Key>, connection: Box<Connection>) {
        // Closed after the lock is gone: a connection gives its slot back when it is dropped.
        if key.caller.is_never_kept {
            return;
        }
        let mut closed = Vec::new();
        let mut idle = self.idle.lock();
        let owner = key.caller.owner.clone();
        // The body of an answer may be dropped under another runtime, or outside of every one.
        let current = Handle::try_current().ok();
        idle.push(key, connection);
        if idle
            .of_owner
            .get(&owner)
            .is_some_and(|each| *each > self.most_each)
        {
            let oldest = idle.oldest_of(&owner);
            closed.extend(oldest.and_then(|number| idle.remove(number)));
        }
        if idle.connections.len() > self.most {
            let oldest = idle.oldest(|_| true);
            closed.extend(oldest.and_then(|number| idle.remove(number)));
        }
        let is_kept = !idle.connections.is_empty();
        let unswept = current.filter(|current| is_kept && idle.swept_by.insert(current.id()));
        drop(idle);
        drop(closed);
        if let Some(current) = unswept {
            self.start_sweeping(&current);
        }
    }

    /// A slot for one more connection. If there is none, an idle connection is closed to free one. If all idle ones are
    /// being examined, it waits for them.
    pub(super) async fn slot(&self, owner: &Arc<Owner>) -> Option<Slot> {
        loop {
            let full = match self.slots.take(owner) {
                Ok(slot) => return Some(slot),
                Err(full) => full,
            };
            if !self.close_one(full, owner)? {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Closes an idle connection. Returns false if one may come back soon, and none if there is none.
    fn close_one(&self, full: Full, owner: &Owner) -> Option<bool> {
        let mut idle = self.idle.lock();
        let oldest = match full {
            Full::Owner => idle.oldest_of(owner),
            Full::Host => idle.oldest(|_| true),
        };
        let closed = oldest.and_then(|number| idle.remove(number));
        let some_lent = idle.lent > 0;
        drop(idle);
        match closed {
            Some(_) => Some(true),
            None => some_lent.then_some(false),
        }
    }

    /// A slot for an attempt beside another one.
    pub(super) fn extra_slot(&self, owner: &Arc<Owner>) -> Option<Slot> {
        self.slots.take_extra(owner)
    }

    /// Closes connections that idled too long or that their server ended. Returns true if any is left; if none is, the
    /// task of this runtime ends. An examination reads from the socket, so none happens under the lock.
    async fn sweep(&self, runtime: tokio::runtime::Id) -> bool {
        let numbers: Vec<u64> = self.idle.lock().connections.keys().copied().collect();
        for number in numbers {
            let lent = self.idle.lock().lend(number);
            let Some((mut connection, since)) = lent else {
                continue;
            };
            let is_kept = since.elapsed() < self.timeout && connection.is_quiet();
            let closed = self.idle.lock().take_back(number, connection, is_kept);
            drop(closed);
            tokio::task::yield_now().await;
        }
        let mut idle = self.idle.lock();
        let some_left = !idle.connections.is_empty();
        if !some_left {
            idle.swept_by.remove(&runtime);
        }
        some_left
    }

    /// Sweeps as long as there is something to sweep. Not under the lock: a runtime that shuts down drops the task at
    /// once, and the task takes the lock then.
    fn start_sweeping(self: &Arc<Self>, current: &Handle) {
        let period = SWEEP.min(self.timeout / 2).max(Duration::from_millis(10));
        let mut sweeping = Sweeping {
            pool: Arc::downgrade(self),
            runtime: current.id(),
            ended: false,
        };
        current.spawn(async move {
            while !sweeping.ended {
                tokio::time::sleep(period).await;
                sweeping.ended = match sweeping.pool.upgrade() {
                    Some(pool) => !pool.sweep(sweeping.runtime).await,
                    None => true,
                };
            }
        });
    }

    /// The key of the connection that was used least recently.
    #[cfg(test)]
    pub(super) fn oldest(&self) -> Option<Arc<Key>> {
        let idle = self.idle.lock();
        let (_, kept) = idle.connections.first_key_value()?;
        Some(kept.key.clone())
    }

    /// Examines the connection that was used least recently until the closure is called.
    #[cfg(test)]
    pub(super) fn examine_oldest(&self) -> impl FnOnce() {
        let mut idle = self.idle.lock();
        let number = idle.oldest(|_| true).unwrap();
        let (connection, _) = idle.lend(number).unwrap();
        drop(idle);
        move || drop(self.idle.lock().take_back(number, connection, true))
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.idle.lock().connections.len()
    }
}

/// The task that sweeps. When its runtime ends before it, the next connection starts another one.
struct Sweeping {
    pool: Weak<Pool>,
    runtime: tokio::runtime::Id,
    ended: bool,
}

impl Drop for Sweeping {
    fn drop(&mut self) {
        if !self.ended
            && let Some(pool) = self.pool.upgrade()
        {
            pool.idle.lock().swept_by.remove(&self.runtime);
        }
    }
}
