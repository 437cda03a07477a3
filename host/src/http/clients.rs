//! HTTP client registry: one client for each network in use.

use super::client::Client;
use super::pool::Pool;
use crate::error::BuildError;
use crate::options::HostOptions;
use auth_connector_egress::Network;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// The clients of one host. Their connections have one pool, so that its bounds hold for all.
pub(crate) struct Clients {
    options: HostOptions,
    pool: Arc<Pool>,
    /// Networks that plugins were given, by their digests. As many as the operator made.
    shared: Mutex<HashMap<[u8; 32], Arc<Client>>>,
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
        let key = network.digest();
        let mut shared = self.shared.lock();
        if let Some(client) = shared.get(&key) {
            return Ok(client.clone());
        }
        // The others are no longer used. Their idle connections close when their time is over.
        shared.retain(|_, client| Arc::strong_count(client) > 1);
        let client = Client::new(&self.options, network, self.pool.clone(), key)?;
        let client = Arc::new(client);
        shared.insert(key, client.clone());
        Ok(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_connector_egress::Proxy;

    fn network(proxy: Option<&str>) -> Network {
        Network {
            system_roots: false,
            authorities_pem: Vec::new(),
            proxy: proxy.map(|url| Proxy::parse(url).unwrap()),
        }
    }

    #[test]
    fn only_equal_networks_share_client() {
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
