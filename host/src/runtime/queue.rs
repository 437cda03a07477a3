//! Fair queue of calls: a bounded number runs at once, and each tenant has its own limits.
//!
//! | a call meets | it |
//! |---|---|
//! | its tenant's rate | is refused at once, with the time to wait |
//! | its tenant's concurrency, or a full pool | waits in its tenant's queue |
//! | its tenant's queue full | is refused at once, and without a tenant as one that meets a full host |
//! | all queues together full | takes the place of the newest call of the tenant with the most waiting, if its own has none; else it is refused at once |
//! | the end of its patience | leaves the queue with an error that names which of the two it waited for |
//!
//! Tenants with waiting calls take turns, one call each, so what one of them has waiting costs another at most the
//! time of one call per other tenant. Calls without a tenant share one queue and may fill the pool.

mod state;

use crate::error::{CallError, HostFault, PolicyFault};
use crate::limits::Limits;
use crate::observe;
use crate::tenant::{Tenant, TenantLimits};
use parking_lot::Mutex;
pub use state::Occupancy;
use state::{Asked, Key, State};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::sync::oneshot::Receiver;

/// The queue of one host.
pub(crate) struct Queue {
    state: Mutex<State>,
    defaults: TenantLimits,
    /// Calls that a tenant without a limit of its own may run at once.
    share: u32,
    capacity: u32,
    queue: u32,
    patience: Duration,
}

/// A request for a place.
pub(crate) struct Claim<'a> {
    /// None: a call without a tenant.
    pub(crate) tenant: Option<&'a Tenant>,
    /// True if the call may reach the provider, and counts for the tenant's rate.
    pub(crate) rated: bool,
    /// How long the caller would wait.
    pub(crate) patience: Duration,
}

impl Queue {
    pub(crate) fn new(limits: &Limits, defaults: TenantLimits) -> Self {
        let capacity = limits.concurrent_calls.max(1);
        observe::places(capacity);
        Self {
            state: Mutex::new(State::new(capacity, limits.queued_calls, limits.tenants)),
            share: (capacity / 4).max(1),
            defaults,
            capacity,
            queue: limits.queued_calls,
            patience: limits.queue_timeout,
        }
    }

    /// A place, as soon as it is this call's turn.
    pub(crate) async fn enter(&self, claim: Claim<'_>) -> Result<Place<'_>, CallError> {
        let start = Instant::now();
        let key = claim.tenant.map(|tenant| tenant.key().clone());
        let (concurrent, queued, rate) = self.bounds(claim.tenant);
        let asked = self.state.lock().ask(
            &key,
            concurrent,
            queued,
            rate.filter(|_| claim.rated),
            start,
        );
        let (id, turn) = match asked {
            Asked::Granted => return Ok(Place::new(self, key, start)),
            Asked::TooOften(retry_after) => {
                return Err(PolicyFault::TenantRate { retry_after }.into());
            }
            Asked::QueueFull(retry_after) if claim.tenant.is_some() => {
                return Err(PolicyFault::TenantQueue {
                    limit: queued,
                    retry_after,
                }
                .into());
            }
            // The queue of calls without a tenant is the host's own.
            Asked::QueueFull(retry_after) | Asked::AllQueuesFull(retry_after) => {
                return Err(self.full(retry_after));
            }
            Asked::Wait(id, turn) => (id, turn),
        };
        // From here on the place may be granted before this call notices, so leaving has to give it back.
        let mut ticket = Ticket::new(self, key, id, turn);
        let patience = self.patience.min(claim.patience);
        let turn = tokio::time::timeout(patience, &mut ticket.turn).await;
        if let Ok(Ok(())) = turn {
            let key = ticket.key.take().flatten();
            return Ok(Place::new(self, key, Instant::now()));
        }
        let waited = start.elapsed();
        let (by_tenant, retry_after) = self.state.lock().why_waiting(&ticket.key.clone().flatten());
        if let Ok(Err(_)) = turn {
            return Err(self.full(retry_after));
        }
        Err(if by_tenant {
            PolicyFault::TenantConcurrency {
                limit: concurrent,
                waited,
                retry_after,
            }
            .into()
        } else {
            HostFault::Overloaded {
                waited,
                retry_after,
            }
            .into()
        })
    }

    fn full(&self, retry_after: Duration) -> CallError {
        let limit = self.queue;
        HostFault::QueueFull { limit, retry_after }.into()
    }

    /// Concurrency, queue and rate that hold for a call.
    fn bounds(&self, tenant: Option<&Tenant>) -> (u32, u32, Option<crate::tenant::Rate>) {
        let Some(tenant) = tenant else {
            return (self.capacity, self.queue, None);
        };
        let limits = tenant.own_limits().unwrap_or(&self.defaults);
        let concurrent = limits.concurrent_calls.unwrap_or(self.share);
        (
            concurrent.clamp(1, self.capacity),
            limits.queued_calls,
            limits.rate,
        )
    }

    pub(crate) fn occupancy(&self) -> Occupancy {
        self.state.lock().occupancy()
    }
}

/// The right to run one call. Dropping it passes the right on.
pub(crate) struct Place<'a> {
    pool: &'a Queue,
    key: Key,
    since: Instant,
}

impl<'a> Place<'a> {
    fn new(pool: &'a Queue, key: Key, since: Instant) -> Self {
        observe::running(1.0);
        Self { pool, key, since }
    }

    /// The turns of those calls of its tenant that compute for long. Calls without a tenant have one together.
    pub(crate) fn computing(&self) -> Arc<Semaphore> {
        let runtime = tokio::runtime::Handle::current().id();
        self.pool.state.lock().computing(&self.key, runtime)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        observe::running(-1.0);
        let held = self.since.elapsed();
        self.pool.state.lock().release(&self.key, Some(held));
    }
}

/// A call in the queue. Dropping it leaves the queue, or gives back a place that came too late to be noticed.
struct Ticket<'a> {
    pool: &'a Queue,
    /// None once the place was taken.
    key: Option<Key>,
    id: u64,
    /// Closed once the call had to leave the queue for another tenant's.
    turn: Receiver<()>,
}

impl<'a> Ticket<'a> {
    fn new(pool: &'a Queue, key: Key, id: u64, turn: Receiver<()>) -> Self {
        observe::waiting(1.0);
        Self {
            pool,
            key: Some(key),
            id,
            turn,
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        observe::waiting(-1.0);
        if let Some(key) = self.key.take() {
            let mut state = self.pool.state.lock();
            if !state.leave(&key, self.id) && self.turn.try_recv().is_ok() {
                state.release(&key, None);
            }
        }
    }
}

#[cfg(test)]
mod tests;
