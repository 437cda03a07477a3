//! Computing time of a call: the time in which it holds a thread, in guest code or in a host function.

use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The most that one uninterrupted stretch counts. Guest code is looked at every 10 ms and no host function takes
/// much longer, so a longer stretch means that the machine stood still, which is not the guest's doing.
const STRETCH: Duration = Duration::from_millis(100);

/// Adds up the time in which a future is polled. Clones share one reading.
#[derive(Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Reading>>);

#[derive(Default)]
struct Reading {
    computed: Duration,
    /// When the current stretch began; nothing while the call waits.
    since: Option<Instant>,
}

impl Reading {
    /// Ends the stretch, and begins another if the call goes on.
    fn turn(&mut self, goes_on: bool) {
        let now = Instant::now();
        if let Some(since) = self.since {
            self.computed += (now - since).min(STRETCH);
        }
        self.since = goes_on.then_some(now);
    }
}

impl Meter {
    /// The future, polled by this meter.
    pub(crate) fn around<'a, F>(&self, inner: Pin<&'a mut F>) -> Metered<'a, F> {
        Metered {
            meter: self.clone(),
            inner,
        }
    }

    /// The computing time up to now, read from within the call.
    pub(crate) fn look(&self) -> Duration {
        let mut reading = self.0.lock();
        reading.turn(true);
        reading.computed
    }

    /// The computing up to the last time that the future was left.
    pub(crate) fn so_far(&self) -> Duration {
        self.0.lock().computed
    }
}

/// See [`Meter::around`].
pub(crate) struct Metered<'a, F> {
    meter: Meter,
    inner: Pin<&'a mut F>,
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.meter.0.lock().turn(true);
        let polled = self.inner.as_mut().poll(cx);
        self.meter.0.lock().turn(false);
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    #[tokio::test]
    async fn waiting_is_not_computing() {
        let meter = Meter::default();
        let wait = pin!(tokio::time::sleep(Duration::from_millis(50)));
        let start = Instant::now();
        meter.around(wait).await;
        assert!(meter.so_far() < start.elapsed() / 2);
    }

    #[tokio::test]
    async fn stretch_counts_while_running_up_to_bound() {
        let meter = Meter::default();
        let inside = meter.clone();
        let work = pin!(async move {
            std::thread::sleep(Duration::from_millis(20));
            assert!(inside.look() >= Duration::from_millis(20));
            std::thread::sleep(STRETCH * 2);
        });
        meter.around(work).await;
        let computed = meter.so_far();
        assert!(
            computed >= STRETCH && computed <= STRETCH * 2,
            "{computed:?}"
        );
    }
}
