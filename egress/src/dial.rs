//! Dialler: resolves a name, checks the addresses, connects to one of them, and performs the TLS handshake.
//!
//! All of it happens within one deadline. The address that was checked is the address that is dialled: no name is
//! resolved twice.
//!
//! hyper-util's `HttpConnector` takes a resolver, and so could check addresses as well. It cannot bound the sockets of
//! parallel attempts, take a slot of the host's connections for each, or report the time of each step. Upstream:
//! [hyper 3948](https://github.com/hyperium/hyper/issues/3948) proposes name resolution and connecting as layers of their
//! own, between which the check and the slots could stand.

use crate::address::may_dial;
use crate::error::{DialError, NetworkError};
use crate::network::{Network, Proxy};
use crate::origin::{Host, Origin};
use crate::own::OwnListeners;
use crate::race::{connect_first, interleaved};
use crate::resolve::Resolver;
use crate::resolve_override::ResolveOverride;
use crate::tls::Trust;
use crate::transport::{Records, Tls, Transport};
use crate::tunnel;
use http::{HeaderValue, Uri};
use ipnet::IpNet;
use rustls::pki_types::ServerName;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_util::either::Either;

/// Times of establishing a connection.
#[derive(Clone, Copy, Debug)]
pub struct DialReport {
    /// Resolving the name, if a resolver was used.
    pub dns: Option<Duration>,
    /// Connecting, through a proxy's tunnel where there is one.
    pub connect: Duration,
    /// The TLS handshake, for `https`.
    pub tls: Option<Duration>,
}

/// An established connection.
pub struct Dialled {
    /// The connection.
    pub transport: Transport,
    /// True if a proxy reads the requests on it.
    pub proxied: bool,
    /// Times of establishing it.
    pub report: DialReport,
}

/// Makes connections.
#[derive(Clone)]
pub struct Dialer(Arc<Inner>);

struct Inner {
    trust: Trust,
    proxy: Option<Proxy>,
    overrides: Vec<ResolveOverride>,
    permitted: Vec<IpNet>,
    own: OwnListeners,
    resolver: Resolver,
}

/// Dials in a network, resolves every name, and permits public addresses alone.
impl TryFrom<&Network> for Dialer {
    type Error = NetworkError;

    fn try_from(network: &Network) -> Result<Self, NetworkError> {
        Self::new(network, Vec::new(), Vec::new(), OwnListeners::default())
    }
}

impl Dialer {
    /// Dials in a network, with overrides of the resolver, networks that are not public and permitted all the same,
    /// and the program's own listeners, which are refused.
    ///
    /// # Errors
    ///
    /// [`NetworkError::Authority`] when the network's authorities cannot be read.
    pub fn new(
        network: &Network,
        overrides: Vec<ResolveOverride>,
        permitted: Vec<IpNet>,
        own: OwnListeners,
    ) -> Result<Self, NetworkError> {
        Ok(Self(Arc::new(Inner {
            trust: Trust::new(network.system_roots, &network.authorities_pem)?,
            proxy: network.proxy.clone(),
            overrides,
            permitted,
            own,
            resolver: Resolver::system(),
        })))
    }

    /// Reads the roots now rather than in the first send, where it would cost about 5 ms.
    pub fn warm_up(&self) {
        self.0.trust.connector();
    }

    /// The `Proxy-Authorization` header that a request must carry: only requests outside a tunnel need one.
    pub fn authorization(&self, uri: &Uri) -> Option<HeaderValue> {
        let proxy = self.reading_proxy(&Origin::of(uri).ok()?)?;
        proxy.authorization().cloned()
    }

    /// The proxy that can read what is sent to an origin.
    pub(crate) fn reading_proxy(&self, origin: &Origin) -> Option<&Proxy> {
        self.0.proxy_for(origin).filter(|_| !origin.is_https())
    }

    /// Returns true if an origin is, or resolves within this time to, a listener of the program itself.
    pub async fn is_own(&self, origin: &Origin, patience: Duration) -> bool {
        let found = tokio::time::timeout(patience, self.0.lookup(origin)).await;
        matches!(found, Ok(Ok((found, _))) if self.0.refuse_own(&found).is_err())
    }

    /// Connects to an origin, within a time. A further attempt beside one that hangs is made if `extra` returns a
    /// permit, which the attempt holds.
    ///
    /// # Errors
    ///
    /// [`DialError`]. Nothing of a request has left.
    pub async fn dial<E: Send + 'static>(
        &self,
        origin: &Origin,
        patience: Duration,
        extra: impl Fn() -> Option<E>,
    ) -> Result<Dialled, DialError> {
        let dialled = self.0.dial(origin, patience, extra);
        tokio::time::timeout(patience, dialled)
            .await
            .unwrap_or(Err(DialError::Timeout))
    }
}

impl Inner {
    async fn dial<E: Send + 'static>(
        &self,
        origin: &Origin,
        patience: Duration,
        extra: impl Fn() -> Option<E>,
    ) -> Result<Dialled, DialError> {
        let tls = if origin.is_https() {
            Some(self.trust.connector().ok_or(DialError::NoRoots)?)
        } else {
            None
        };
        let start = Instant::now();
        let proxy = self.proxy_for(origin);
        let (addresses, dns) = match proxy {
            Some(proxy) => self.resolve_proxy(proxy, origin).await?,
            None => self.resolve(origin).await?,
        };
        let resolved = Instant::now();
        let left = patience.saturating_sub(resolved - start);
        let mut tcp = connect_first(&addresses, left, extra, TcpStream::connect).await?;
        // Without it a request that is written in parts waits for the server's delayed acknowledgement, 40 ms on Linux
        // (RFC 1122, section 4.2.3.2).
        tcp.set_nodelay(true).map_err(DialError::Connect)?;
        if let Some(proxy) = proxy.filter(|_| tls.is_some()) {
            let authority = format!("{}:{}", origin.host(), origin.port());
            tunnel::open(&mut tcp, &authority, proxy.authorization()).await?;
        }
        let connected = Instant::now();
        let proxied = proxy.is_some() && tls.is_none();
        let (transport, tls) = if let Some(connector) = tls {
            let name = server_name(origin.host()).ok_or(DialError::Uri)?;
            let stream = connector.connect(name, Records::new(tcp)).await;
            let stream = stream.map_err(DialError::Tls)?;
            (
                Either::Right(Box::new(Tls::new(stream))),
                Some(connected.elapsed()),
            )
        } else {
            (Either::Left(tcp), None)
        };
        let report = DialReport {
            dns: dns.then(|| resolved - start),
            connect: connected - resolved,
            tls,
        };
        Ok(Dialled {
            transport,
            proxied,
            report,
        })
    }

    /// The proxy that an origin is reached through. Not this machine's own, and not where the operator wrote down
    /// what to dial.
    fn proxy_for(&self, origin: &Origin) -> Option<&Proxy> {
        let direct =
            origin.is_loopback() || self.overrides.iter().any(|entry| entry.matches(origin));
        self.proxy.as_ref().filter(|_| !direct)
    }

    /// The addresses of an origin, and true if they were resolved.
    async fn lookup(&self, origin: &Origin) -> Result<(Vec<SocketAddr>, bool), DialError> {
        let name = match origin.host() {
            Host::Address(address) => {
                return Ok((vec![SocketAddr::new(*address, origin.port())], false));
            }
            Host::Name(name) => name,
        };
        let found = self.resolver.addresses(name, origin.port()).await;
        let found = found.map_err(|_| DialError::Resolve)?;
        if found.is_empty() {
            return Err(DialError::Resolve);
        }
        Ok((found, true))
    }

    /// The proxy's addresses. The proxy checks the addresses that the target's name resolves to. A target that is
    /// itself an address is checked here.
    async fn resolve_proxy(
        &self,
        proxy: &Proxy,
        target: &Origin,
    ) -> Result<(Vec<SocketAddr>, bool), DialError> {
        if let Host::Address(address) = target.host() {
            self.refuse_own(&[SocketAddr::new(*address, target.port())])?;
            if !may_dial(*address, false, &self.permitted) {
                return Err(DialError::Prohibited);
            }
        }
        let (found, asked) = self.lookup(proxy.origin()).await?;
        let allowed = found
            .into_iter()
            .filter(|found| proxy.may_be_at(found.ip()));
        let allowed = interleaved(allowed.collect());
        if allowed.is_empty() {
            return Err(DialError::ProxyProhibited);
        }
        Ok((allowed, asked))
    }

    /// Refuses an origin if one of its addresses is a listener of the program itself.
    fn refuse_own(&self, found: &[SocketAddr]) -> Result<(), DialError> {
        match found.iter().any(|found| self.own.include(*found)) {
            true => Err(DialError::OwnListener),
            false => Ok(()),
        }
    }

    /// The addresses that may be dialled, and true if they were resolved.
    async fn resolve(&self, origin: &Origin) -> Result<(Vec<SocketAddr>, bool), DialError> {
        if let Some(entry) = self.overrides.iter().find(|entry| entry.matches(origin)) {
            // The operator wrote the address down; so it is not checked.
            return Ok((vec![entry.address], false));
        }
        let (found, asked) = self.lookup(origin).await?;
        self.refuse_own(&found)?;
        let loopback = origin.is_loopback();
        let allowed: Vec<_> = found
            .into_iter()
            .filter(|found| may_dial(found.ip(), loopback, &self.permitted))
            .collect();
        if allowed.is_empty() {
            Err(DialError::Prohibited)
        } else {
            Ok((interleaved(allowed), asked))
        }
    }
}

fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
        Host::Address(IpAddr::V4(address)) => Some(ServerName::from(*address)),
        Host::Address(IpAddr::V6(address)) => Some(ServerName::from(*address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn names(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let addresses: &[&str] = match name {
            "loopback.test" => &["127.0.0.1", "::1"],
            "private.test" => &["10.0.0.1", "192.168.1.1", "fd00::1"],
            "metadata.test" => &["169.254.169.254", "100.100.100.200", "fd00:ec2::254"],
            "mapped.test" => &[
                "::ffff:10.0.0.1",
                "64:ff9b::a9fe:a9fe",
                "2002:7f00:1::1",
                "::7f00:1",
            ],
            "mixed.test" => &["127.0.0.1", "119.28.1.1", "169.254.169.254", "2402:4e00::1"],
            _ => &[],
        };
        let addresses = addresses.iter().map(|text| text.parse().unwrap());
        Ok(addresses.map(|ip| SocketAddr::new(ip, port)).collect())
    }

    #[tokio::test]
    async fn name_is_dialled_only_at_public_addresses() {
        let dialer = Inner {
            proxy: None,
            trust: Trust::new(false, b"").unwrap(),
            overrides: Vec::new(),
            permitted: Vec::new(),
            own: OwnListeners::default(),
            resolver: Resolver::with(names),
        };
        for name in ["loopback", "private", "metadata", "mapped"] {
            let origin = Origin::parse(&format!("https://{name}.test")).unwrap();
            let resolved = dialer.resolve(&origin).await;
            assert!(
                matches!(resolved, Err(DialError::Prohibited)),
                "{name}: {resolved:?}"
            );
        }
        let origin = Origin::parse("https://mixed.test").unwrap();
        let (mut found, asked) = dialer.resolve(&origin).await.unwrap();
        found.sort();
        let public: Vec<String> = found.iter().map(|found| found.ip().to_string()).collect();
        assert_eq!(
            (public, asked),
            (
                vec!["119.28.1.1".to_owned(), "2402:4e00::1".to_owned()],
                true
            )
        );
        let none = Origin::parse("https://none.test").unwrap();
        assert!(matches!(
            dialer.resolve(&none).await,
            Err(DialError::Resolve)
        ));
    }
}
