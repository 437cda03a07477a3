//! Name resolution by the system, with at most one lookup at a time for each name.
//!
//! A lookup is a blocking call on a thread that cannot be stopped, and tokio has 512 of those for the whole process. A
//! plugin whose provider's name is served by a tar pit would hold one for every request that it makes, and after a
//! few calls its neighbours could not resolve anything. A request for a name that is being looked up therefore
//! waits for that answer.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock};
use tokio::sync::watch;

/// A name and a port.
type Key = (String, u16);
/// The result of a lookup, once it is over.
type Answer = Option<Result<Vec<SocketAddr>, io::ErrorKind>>;
type Lookup = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

/// Lookups that are under way. Clones share them.
#[derive(Clone)]
pub(crate) struct Resolver {
    flights: Flights,
    lookup: Lookup,
}

#[derive(Clone, Default)]
struct Flights(Arc<Mutex<HashMap<Key, watch::Receiver<Answer>>>>);

/// Takes a lookup off the list however it ends, be it that the runtime goes before it began.
struct Landing {
    flights: Flights,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.flights.0.lock().remove(&self.key);
    }
}

impl Resolver {
    /// The operating system's resolver. The process has one, because its threads for lookups are the process's.
    pub(crate) fn system() -> Self {
        static SYSTEM: LazyLock<Resolver> = LazyLock::new(|| {
            Resolver::with(|name, port| (name, port).to_socket_addrs().map(Iterator::collect))
        });
        SYSTEM.clone()
    }

    pub(crate) fn with(lookup: Lookup) -> Self {
        Self {
            flights: Flights::default(),
            lookup,
        }
    }

    /// The addresses of a name.
    pub(crate) async fn addresses(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        // The runtime that began a lookup may end before it; then this one begins its own.
        for _ in 0..2 {
            let mut answer = self.join((name.to_owned(), port));
            let found = answer.wait_for(Option::is_some).await;
            if let Ok(Some(found)) = found.map(|found| found.clone()) {
                return found.map_err(io::Error::from);
            }
        }
        Err(io::Error::other("the lookup was abandoned"))
    }

    /// The lookup that is under way, or a new one.
    fn join(&self, key: Key) -> watch::Receiver<Answer> {
        let mut flights = self.flights.0.lock();
        if let Some(flight) = flights.get(&key) {
            return flight.clone();
        }
        let (tell, answer) = watch::channel(None);
        flights.insert(key.clone(), answer.clone());
        drop(flights);
        let landing = Landing {
            flights: self.flights.clone(),
            key,
        };
        let lookup = self.lookup;
        tokio::task::spawn_blocking(move || {
            let (name, port) = &landing.key;
            let found = lookup(name, *port).map_err(|error| error.kind());
            // First off the list, so that requests after the answer start a new lookup.
            drop(landing);
            let _ = tell.send(Some(found));
        });
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::Duration;

    static ASKED: AtomicUsize = AtomicUsize::new(0);
    static OPEN: AtomicBool = AtomicBool::new(false);

    fn tar_pit(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if name != "slow.test" {
            return Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))]);
        }
        ASKED.fetch_add(1, Ordering::SeqCst);
        while !OPEN.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    /// However many networks there are.
    #[test]
    fn all_networks_share_lookups() {
        let (one, other) = (Resolver::system(), Resolver::system());
        assert!(Arc::ptr_eq(&one.flights.0, &other.flights.0));
    }

    /// The lookup was begun by a runtime that ended before it.
    #[tokio::test]
    async fn abandoned_lookup_is_begun_again() {
        let resolver = Resolver::with(|_, port| Ok(vec![SocketAddr::from(([192, 0, 2, 1], port))]));
        let (tell, answer) = watch::channel(None);
        let key = ("name.test".to_owned(), 443);
        let landing = Landing {
            flights: resolver.flights.clone(),
            key: key.clone(),
        };
        resolver.flights.0.lock().insert(key, answer);
        let abandoned = async { drop((landing, tell)) };
        let (found, ()) = tokio::join!(resolver.addresses("name.test", 443), abandoned);
        assert_eq!(found.unwrap(), [SocketAddr::from(([192, 0, 2, 1], 443))]);
    }

    /// A name that never resolves costs one thread however often it is looked up.
    #[tokio::test]
    async fn name_that_never_answers_costs_one_thread() {
        let resolver = Resolver::with(tar_pit);
        for _ in 0..100 {
            let asked = resolver.addresses("slow.test", 443);
            assert!(
                tokio::time::timeout(Duration::from_millis(1), asked)
                    .await
                    .is_err()
            );
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 1, "given up a hundred times");
        let neighbour = resolver.addresses("quick.test", 443).await.unwrap();
        assert_eq!(neighbour, [SocketAddr::from(([192, 0, 2, 1], 443))]);
        let waiting = resolver.addresses("slow.test", 443);
        OPEN.store(true, Ordering::SeqCst);
        let error = waiting.await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(
            resolver.flights.0.lock().is_empty(),
            "nothing is remembered"
        );
    }
}
