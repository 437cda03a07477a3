//! Uses of one version of a plugin, counted while they last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Notify;

/// How a plugin came to its caller.
#[derive(Clone)]
pub(super) enum Hold {
    /// Loaded, and not out of a place.
    Own,
    /// Out of a place, where it counts as in use.
    Leased(#[expect(dead_code, reason = "counts while it lives")] Lease),
    /// Out of a place that was closed.
    Closed,
}

/// Number of uses of a version.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) count: AtomicUsize,
    pub(super) retired: AtomicBool,
    idle: Notify,
}

impl Uses {
    pub(super) async fn none(&self) {
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if self.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

/// One use of a version, until it is dropped.
pub(super) struct Lease(Arc<Uses>);

impl Lease {
    /// Returns `None` if the version was retired. The use is counted before `retired` is read, and `retired` is set
    /// before the count is read, so one of the two sides reads the other's write.
    pub(super) fn of(uses: &Arc<Uses>) -> Option<Self> {
        uses.count.fetch_add(1, Ordering::SeqCst);
        let lease = Self(uses.clone());
        (!uses.retired.load(Ordering::SeqCst)).then_some(lease)
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Self(self.0.clone())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
