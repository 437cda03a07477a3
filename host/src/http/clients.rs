//! HTTP client registry: one client for each network in use.

use super::client::Client;
use super::pool::Pool;
use super::tls::Trust;
use crate::error::BuildError;
use crate::network::Network;
use crate::options::HostOptions;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// A digest of everything that distinguishes two networks.
type Key = [u8; 32];

/// The clients of one host. Their connections have one pool, so that its bounds hold for all.
pub(crate) struct Clients {
    options: HostOptions,
    pool: Arc<Pool>,
    /// Networks that plugins were given. As many as the operator made.
    shared: Mutex<HashMap<Key, Arc<Client>>>,
}

impl Clients {
    pub(crate) fn new(options: &HostOptions) -> Self {
        Self {
            options: options.clone(),
            pool: Pool::new(&options.limits),
            shared: Mutex::default(),
        }
    }

    /// The client for a network.
    pub(crate) fn shared(&self, network: &Network) -> Result<Arc<Client>, BuildError> {
        let key = key(network);
        let mut shared = self.shared.lock();
        if let Some(client) = shared.get(&key) {
            return Ok(client.clone());
        }
        // The others are no longer used. Their idle connections close when their time is over.
        shared.retain(|_, client| Arc::strong_count(client) > 1);
        let trust = Trust::new(network.system_roots, &network.authorities_pem)?;
        let proxy = network.proxy.clone();
        let client = Client::new(&self.options, trust, proxy, self.pool.clone());
        let client = Arc::new(client.with_key(key));
        shared.insert(key, client.clone());
        Ok(client)
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
    fn networks_that_agree_are_one_and_others_are_not() {
        let clients = Clients::new(&HostOptions::default());
        let of = |proxy| clients.shared(&network(proxy)).unwrap();
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
        assert!(!Arc::ptr_eq(&plain, &clients.shared(&trusting).unwrap()));
    }
}
