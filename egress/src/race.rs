//! Race of a name's addresses: the first that answers is connected to (RFC 8305).

use crate::error::DialError;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::task::JoinSet;

/// The most addresses of one name that are tried. Providers publish up to eight of each family.
const ADDRESSES: usize = 16;

/// How long an attempt is alone before the next address is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Returns the first connection that is established. When an attempt fails, the next starts at once. When one hangs,
/// the next starts after a head start, short enough for the last address to have a share of the time as well. The
/// addresses that lose receive only TCP's own packets.
///
/// An attempt beside another one takes an `extra` permit. If there is none, the attempts before it are cancelled:
/// names may have sixteen addresses that hang, and each attempt is a socket.
pub(crate) async fn connect_first<T, F, E>(
    addresses: &[SocketAddr],
    budget: Duration,
    extra: impl Fn() -> Option<E>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, DialError>
where
    T: Send + 'static,
    E: Send + 'static,
    F: Future<Output = io::Result<T>> + Send + 'static,
{
    let mut addresses = addresses.iter().take(ADDRESSES);
    let head_start = head_start(addresses.len(), budget);
    // Dropped at the end, which stops those that lost.
    let mut attempts = JoinSet::new();
    let mut last = DialError::Resolve;
    loop {
        let all_begun = match addresses.next() {
            Some(address) => {
                let mut place = None;
                if !attempts.is_empty() {
                    place = extra();
                    if place.is_none() {
                        attempts.shutdown().await;
                    }
                }
                let attempt = connect(*address);
                attempts.spawn(async move {
                    let connected = attempt.await;
                    drop(place);
                    connected
                });
                false
            }
            None => true,
        };
        let alone = tokio::time::sleep(head_start);
        tokio::select! {
            biased;
            ended = attempts.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => last = DialError::Connect(error),
                Some(Err(_)) => {}
                None => return Err(last),
            },
            () = alone, if !all_begun => {}
        }
    }
}

/// [`HEAD_START`], or less where there are so many addresses that the last would have no time left.
fn head_start(addresses: usize, budget: Duration) -> Duration {
    let shares = u32::try_from(addresses.saturating_add(1)).unwrap_or(u32::MAX);
    HEAD_START.min(budget / shares)
}

/// The resolver's order, with the two families in turn, so that a dead one costs one head start and not one for each
/// of its addresses.
pub(crate) fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut other) = (first.into_iter(), other.into_iter());
    let mut order = Vec::new();
    loop {
        let pair = (first.next(), other.next());
        if pair == (None, None) {
            return order;
        }
        order.extend(pair.0.into_iter().chain(pair.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    const BUDGET: Duration = Duration::from_millis(60);

    #[derive(Clone, Copy)]
    enum Address {
        Answers,
        Refuses,
        Hangs,
    }
    use Address::{Answers, Hangs, Refuses};

    /// Dials addresses that behave so. The answer is the place of the one that won, or that all refused.
    async fn dial(addresses: &[Address]) -> Option<usize> {
        let sockets: Vec<SocketAddr> = (0..addresses.len())
            .map(|place| SocketAddr::from(([127, 0, 0, 1], u16::try_from(place).unwrap())))
            .collect();
        let dialled = connect_first(
            &sockets,
            BUDGET,
            || Some(()),
            |address| {
                let place = usize::from(address.port());
                let behaves = addresses[place];
                async move {
                    match behaves {
                        Answers => Ok(place),
                        Refuses => Err(io::ErrorKind::ConnectionRefused.into()),
                        Hangs => std::future::pending().await,
                    }
                }
            },
        );
        dialled.await.ok()
    }

    /// Addresses before it may hang or refuse.
    #[tokio::test]
    async fn first_answering_address_wins() {
        assert_eq!(dial(&[Answers, Answers]).await, Some(0));
        assert_eq!(dial(&[Hangs, Answers]).await, Some(1));
        assert_eq!(dial(&[Refuses, Hangs, Answers]).await, Some(2));
        assert_eq!(dial(&[Refuses, Refuses]).await, None);
        assert_eq!(dial(&[]).await, None);
        let mut many = vec![Hangs; ADDRESSES - 1];
        many.push(Answers);
        assert_eq!(dial(&many).await, Some(ADDRESSES - 1));
    }

    #[tokio::test]
    async fn earlier_attempt_may_win_after_next_begins() {
        let sockets = [1, 2].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let second_began = Arc::new(tokio::sync::Notify::new());
        let dialled = connect_first(
            &sockets,
            BUDGET,
            || Some(()),
            |address| {
                let second_began = second_began.clone();
                async move {
                    if address.port() == 1 {
                        second_began.notified().await;
                        return Ok(1);
                    }
                    second_began.notify_one();
                    std::future::pending().await
                }
            },
        );
        assert_eq!(dialled.await.ok(), Some(1));
    }

    /// However many addresses there are, their head starts together are shorter than the budget.
    #[test]
    fn last_of_many_addresses_gets_its_time_share() {
        for (addresses, budget_ms, head_start_ms) in [
            (1, 5000, 250),
            (2, 5000, 250),
            (16, 5000, 250),
            (5, 600, 100),
            (16, 1700, 100),
        ] {
            let budget = Duration::from_millis(budget_ms);
            let each = head_start(addresses, budget);
            assert_eq!(each, Duration::from_millis(head_start_ms), "{addresses}");
            assert!(each * u32::try_from(addresses).unwrap() < budget);
        }
    }

    #[tokio::test]
    async fn attempts_without_extra_places_are_sequential() {
        let at_once = Arc::new(AtomicU32::new(0));
        let sockets = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let dialled = connect_first(
            &sockets,
            BUDGET,
            || None::<()>,
            |address| {
                let guard = AtOnce::enter(&at_once);
                async move {
                    assert_eq!(guard.0.load(Ordering::SeqCst), 1, "attempts at once");
                    if address.port() == 3 {
                        return Ok(3);
                    }
                    std::future::pending().await
                }
            },
        );
        assert_eq!(dialled.await.ok(), Some(3));
    }

    struct AtOnce(Arc<AtomicU32>);

    impl AtOnce {
        fn enter(count: &Arc<AtomicU32>) -> Self {
            count.fetch_add(1, Ordering::SeqCst);
            Self(count.clone())
        }
    }

    impl Drop for AtOnce {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn name_with_thousand_addresses_is_dialled_16_times() {
        let begun = Arc::new(AtomicU32::new(0));
        let sockets = vec![SocketAddr::from(([127, 0, 0, 1], 1)); 1000];
        let dialled = connect_first(
            &sockets,
            BUDGET,
            || Some(()),
            |_| {
                begun.fetch_add(1, Ordering::SeqCst);
                async { Err::<(), _>(io::ErrorKind::ConnectionRefused.into()) }
            },
        );
        assert!(dialled.await.is_err());
        assert_eq!(begun.load(Ordering::SeqCst), 16);
    }

    #[test]
    fn families_take_turns() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let given = ["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"].map(address);
        let order = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"].map(address);
        assert_eq!(interleaved(given.to_vec()), order);
    }
}
