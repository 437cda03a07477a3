//! Concurrent work for several parties, tenants or connectors.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Running work: one task at a time for each party, and a limit in all, with permits given in the order of requests.
/// Rounds start work and do not wait for it, so that a party whose work is slow delays none of the others.
pub struct Beside {
    busy: Mutex<HashSet<String>>,
    places: Semaphore,
}

/// A party whose work is running.
struct Busy {
    party: String,
    of: Arc<Beside>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.of.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.remove(&self.party);
    }
}

impl Beside {
    /// Allows this many parties at once.
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            busy: Mutex::default(),
            places: Semaphore::new(most),
        })
    }

    /// Starts a party's task, unless one of it runs or waits for its permit. The task itself reads its due items: the
    /// previous task may have handled items that were read earlier.
    pub fn begin(self: &Arc<Self>, party: &str, task: impl Future<Output = ()> + Send + 'static) {
        let mut parties = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if !parties.insert(party.to_owned()) {
            return;
        }
        drop(parties);
        let busy = Busy {
            party: party.to_owned(),
            of: self.clone(),
        };
        tokio::spawn(async move {
            let place = busy.of.places.acquire().await;
            task.await;
            drop(place);
            drop(busy);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn slow_party_holds_up_no_other_and_never_runs_twice() {
        let beside = Beside::new(2);
        let (slow, runs) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let begin = |party: &str, waits: bool| {
            let (slow, runs) = (slow.clone(), runs.clone());
            beside.begin(party, async move {
                runs.fetch_add(1, Ordering::Relaxed);
                if waits {
                    slow.notified().await;
                }
            });
        };
        let settled = async || {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            runs.swap(0, Ordering::Relaxed)
        };
        begin("slow", true);
        begin("slow", true);
        assert_eq!(settled().await, 1);
        for _ in 0..3 {
            begin("other", false);
            assert_eq!(settled().await, 1);
        }
        // All permits are in use: a further party waits, and is not started twice.
        begin("slow too", true);
        begin("other", false);
        begin("other", false);
        assert_eq!(settled().await, 1);
        slow.notify_waiters();
        assert_eq!(settled().await, 1);
        begin("slow", false);
        begin("other", false);
        assert_eq!(settled().await, 2);
    }

    #[tokio::test]
    async fn task_that_panics_frees_its_party() {
        let beside = Beside::new(1);
        beside.begin("a", async { panic!("for the test") });
        tokio::task::yield_now().await;
        let (done, is_done) = tokio::sync::oneshot::channel();
        beside.begin("a", async { done.send(()).unwrap() });
        is_done.await.unwrap();
    }
}
