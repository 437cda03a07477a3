//! The ways out of this machine: one pooled client for each network in use, and for each tenant that wants its own.

use super::client::Gateway;
use super::tls::Trust;
use crate::error::BuildError;
use crate::network::Network;
use crate::options::HostOptions;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What two networks must agree in to share connections. Origins are told apart by the client.
type Key = [u8; 32];

/// The clients of one host.
pub(crate) struct Ways {
    options: HostOptions,
    /// Networks that plugins were given. As many as the operator made.
    shared: Mutex<HashMap<Key, Arc<Gateway>>>,
    private: Mutex<HashMap<(Key, Arc<str>), Private>>,
}

struct Private {
    gateway: Arc<Gateway>,
    last: Instant,
}

impl Ways {
    pub(crate) fn new(options: &HostOptions) -> Self {
        Self {
            options: options.clone(),
            shared: Mutex::default(),
            private: Mutex::default(),
        }
    }

    /// The client for a network.
    pub(crate) fn shared(&self, network: &Network) -> Result<Arc<Gateway>, BuildError> {
        let key = key(network);
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gateway) = shared.get(&key) {
            return Ok(gateway.clone());
        }
        // Whoever used the others is gone, and their connections with them.
        shared.retain(|_, gateway| Arc::strong_count(gateway) > 1);
        let trust = Trust::new(network.system_roots, &network.authorities_pem)?;
        let gateway = Gateway::new(&self.options, trust, network.proxy.clone());
        let gateway = Arc::new(gateway.known_as(key));
        shared.insert(key, gateway.clone());
        Ok(gateway)
    }

    /// The same network, on connections that one tenant has for itself.
    pub(crate) fn private(&self, shared: &Arc<Gateway>, tenant: &Arc<str>) -> Arc<Gateway> {
        let now = Instant::now();
        let limits = &self.options.limits;
        let mut private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (shared.key(), tenant.clone());
        if let Some(known) = private.get_mut(&key) {
            known.last = now;
            return known.gateway.clone();
        }
        forget(&mut private, now, limits.idle_timeout, limits.tenants);
        let gateway = Arc::new(shared.apart());
        private.insert(
            key,
            Private {
                gateway: gateway.clone(),
                last: now,
            },
        );
        gateway
    }

    #[cfg(test)]
    pub(crate) fn privates(&self) -> usize {
        self.private.lock().unwrap().len()
    }
}

/// Forgets the clients that were not used for as long as their connections are kept, and half of the others when
/// there are too many. A client in use goes on until its last call ends.
fn forget<K: std::hash::Hash + Eq>(
    private: &mut HashMap<K, Private>,
    now: Instant,
    idle: Duration,
    most: usize,
) {
    private.retain(|_, known| now.saturating_duration_since(known.last) < idle);
    if private.len() < most.max(1) {
        return;
    }
    let mut last: Vec<Instant> = private.values().map(|known| known.last).collect();
    last.sort_unstable();
    if let Some(&middle) = last.get(last.len() / 2) {
        private.retain(|_, known| known.last > middle);
    }
}

fn key(network: &Network) -> Key {
    let mut hash = Sha256::new();
    hash.update([u8::from(network.system_roots)]);
    hash.update(Sha256::digest(&network.authorities_pem));
    if let Some(proxy) = &network.proxy {
        hash.update(proxy.fingerprint());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Proxy;

    fn network(proxy: Option<&str>) -> Network {
        Network {
            system_roots: false,
            authorities_pem: Vec::new(),
            proxy: proxy.map(|url| Proxy::parse(url).unwrap()),
        }
    }

    #[test]
    fn networks_that_agree_share_their_connections_and_others_do_not() {
        let ways = Ways::new(&HostOptions::default());
        let of = |proxy| ways.shared(&network(proxy)).unwrap();
        let (plain, proxied) = (of(None), of(Some("http://a:b@proxy.test:1")));
        assert!(Arc::ptr_eq(&plain, &of(None)));
        assert!(Arc::ptr_eq(&proxied, &of(Some("http://a:b@proxy.test:1"))));
        for other in [
            "http://a:c@proxy.test:1",
            "http://proxy.test:1",
            "http://a:b@proxy.test:2",
        ] {
            assert!(!Arc::ptr_eq(&proxied, &of(Some(other))), "{other}");
        }
        let trusting = Network {
            system_roots: true,
            ..network(None)
        };
        assert!(!Arc::ptr_eq(&plain, &ways.shared(&trusting).unwrap()));
    }

    #[test]
    fn a_tenants_own_connections_are_found_again_and_their_number_is_bounded() {
        let mut options = HostOptions::default();
        options.limits.tenants = 10;
        let ways = Ways::new(&options);
        let shared = ways.shared(&network(None)).unwrap();
        let of = |tenant: &str| ways.private(&shared, &Arc::from(tenant));
        let acme = of("acme");
        assert!(!Arc::ptr_eq(&acme, &shared) && !Arc::ptr_eq(&acme, &of("other")));
        assert!(Arc::ptr_eq(&acme, &of("acme")));
        for tenant in 0..100 {
            of(&tenant.to_string());
            assert!(ways.privates() <= 10);
        }
    }
}
