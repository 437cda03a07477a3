//! Computing time of a call: the time in which it holds a thread, in guest code or in a host function.
//!
//! A call that computed for as long as no honest one does goes on in turns: of a tenant's calls one at a time computes,
//! until the next interruption. All its loops together take the share of one, however many run. A turn is given to a
//! future: where the embedder does not poll it, the tenant's others wait (see [`crate::Plugin::send_message`]).

use crate::limits::TICK;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// How long a call computes without a turn.
const FREE: Duration = TICK;

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
    /// The future, polled by this meter, and in turns once it computed for long. `turns` has one permit.
    pub(crate) fn around<'a, F, T>(&self, inner: Pin<&'a mut F>, turns: T) -> Metered<'a, F, T>
    where
        T: Fn() -> Arc<Semaphore>,
    {
        Metered {
            meter: self.clone(),
            inner,
            turns,
            turn: None,
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
pub(crate) struct Metered<'a, F, T> {
    meter: Meter,
    inner: Pin<&'a mut F>,
    turns: T,
    /// The turn that it waits for.
    turn: Option<Turn>,
}

type Turn = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// Ends a turn after all that is ready, sockets and timers among it, had its own. The other calls of the tenant stand
/// beside this one, and would each compute before them.
fn end(turn: Option<OwnedSemaphorePermit>) {
    if let Some(turn) = turn {
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            drop(turn);
        });
    }
}

impl<F, T: Fn() -> Arc<Semaphore>> Metered<'_, F, T> {
    /// The right to compute until the future is left again.
    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        if self.meter.so_far() < FREE {
            return Poll::Ready(None);
        }
        let turns = &self.turns;
        let turn = self
            .turn
            .get_or_insert_with(|| Box::pin(turns().acquire_owned()));
        let permit = ready!(turn.as_mut().poll(cx));
        self.turn = None;
        Poll::Ready(permit.ok())
    }
}

impl<F: Future, T: Fn() -> Arc<Semaphore> + Unpin> Future for Metered<'_, F, T> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let turn = ready!(self.poll_turn(cx));
        self.meter.0.lock().turn(true);
        let polled = self.inner.as_mut().poll(cx);
        self.meter.0.lock().turn(false);
        end(turn);
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    fn one() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(1))
    }

    /// In each round of the runtime one of the loops computes, and none is left out.
    #[tokio::test]
    async fn long_computing_goes_on_in_turns() {
        let (turns, order) = (one(), Arc::new(Mutex::new(Vec::new())));
        let mut loops = tokio::task::JoinSet::new();
        for number in 1..=5 {
            let (turns, order) = (turns.clone(), order.clone());
            loops.spawn(async move {
                let work = pin!(async {
                    loop {
                        std::thread::sleep(FREE);
                        order.lock().push(number);
                        tokio::task::yield_now().await;
                    }
                });
                Meter::default().around(work, || turns.clone()).await;
            });
        }
        for _ in 0..30 {
            order.lock().push(0);
            tokio::task::yield_now().await;
        }
        let order = order.lock();
        let rounds: Vec<&[i32]> = order.split(|number| *number == 0).skip(3).collect();
        assert!(rounds.iter().all(|round| round.len() <= 1), "{order:?}");
        for number in 1..=5 {
            let turns = rounds.iter().filter(|round| round.contains(&number));
            assert!(turns.count() >= 3, "{order:?}");
        }
    }

    #[tokio::test]
    async fn waiting_is_not_computing() {
        let meter = Meter::default();
        let wait = pin!(tokio::time::sleep(Duration::from_millis(50)));
        let start = Instant::now();
        meter.around(wait, one).await;
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
        meter.around(work, one).await;
        let computed = meter.so_far();
        assert!(
            computed >= STRETCH && computed <= STRETCH * 2,
            "{computed:?}"
        );
    }
}
