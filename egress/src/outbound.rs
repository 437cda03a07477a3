//! Connections of a program's own, by the rules that hold for plugins.
//!
//! They are for what it fetches itself, such as a plugin from a registry. Origins are the caller's to choose; the
//! addresses that they resolve to are checked.

use crate::dial::Dialer;
use crate::origin::Origin;
use crate::phrase;
use crate::phrase::Phrase;
use crate::transport::Transport;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most connections at once where the caller sets no other, parallel attempts to several addresses among them.
const CONNECTIONS: usize = 8;

/// Dials origins.
#[derive(Clone)]
pub struct Outbound {
    dialer: Dialer,
    most: usize,
    places: Arc<Semaphore>,
}

/// A connection: plain for `http`, TLS for `https`.
pub struct OutboundStream {
    transport: Transport,
    _place: OwnedSemaphorePermit,
}

/// No connection was established. One line without credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutboundError(Phrase);

impl OutboundError {
    /// The error's text.
    pub fn phrase(&self) -> Phrase {
        self.0.clone()
    }
}

impl Outbound {
    /// Dials by a [`Dialer`], or by settings that describe one: a [`crate::Network`], or the options of a host.
    ///
    /// # Errors
    ///
    /// When the settings describe none.
    pub fn new<D: TryInto<Dialer>>(dialer: D) -> Result<Self, D::Error> {
        Ok(Self {
            dialer: dialer.try_into()?,
            most: CONNECTIONS,
            places: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Sets how many connections there may be at once.
    #[must_use]
    pub fn at_most(self, connections: usize) -> Self {
        Self {
            most: connections,
            places: Arc::new(Semaphore::new(connections)),
            ..self
        }
    }

    /// Returns true if more than half of the connections are free.
    pub fn has_plenty(&self) -> bool {
        self.places.available_permits() > self.most / 2
    }

    /// Returns true if an origin is, or resolves within this time to, a listener of the program itself.
    pub async fn is_own(&self, origin: &Origin, within: Duration) -> bool {
        self.dialer.is_own(origin, within).await
    }

    /// Opens a connection within this time. A name has to resolve to public addresses or into permitted networks, and
    /// loopback is reached only by an origin that names it. An `http` origin is not reached through a proxy, which
    /// could read everything.
    ///
    /// # Errors
    ///
    /// [`OutboundError`], with the reason.
    pub async fn connect(
        &self,
        origin: &Origin,
        within: Duration,
    ) -> Result<OutboundStream, OutboundError> {
        if self.dialer.reading_proxy(origin).is_some() {
            return Err(OutboundError(phrase!(
                "outbound-proxy",
                "http is not sent through a proxy, which could read it: use https"
            )));
        }
        let place = || self.places.clone().try_acquire_owned().ok();
        let taken = place().ok_or_else(|| {
            OutboundError(phrase!("outbound-busy", "too many connections at once"))
        })?;
        // A second attempt beside the first one takes no more than half of the places.
        let extra = || self.has_plenty().then(place).flatten();
        let dialled = self.dialer.dial(origin, within, extra).await;
        let dialled = dialled.map_err(|error| OutboundError(error.phrase()))?;
        Ok(OutboundStream {
            transport: dialled.transport,
            _place: taken,
        })
    }
}

impl AsyncRead for OutboundStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_read(cx, buffer)
    }
}

impl AsyncWrite for OutboundStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.transport).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;
    use crate::own::OwnListeners;
    use tokio::net::TcpListener;

    fn outbound() -> Outbound {
        let network = Network {
            system_roots: false,
            authorities_pem: Vec::new(),
            proxy: None,
        };
        let dialer =
            Dialer::new(&network, Vec::new(), Vec::new(), OwnListeners::default()).unwrap();
        let Ok(outbound) = Outbound::new(dialer);
        outbound
    }

    #[tokio::test]
    async fn connections_are_bounded_and_given_back() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let origin = Origin::parse(&format!("http://127.0.0.1:{port}")).unwrap();
        let within = Duration::from_secs(5);
        for (outbound, most) in [(outbound(), CONNECTIONS), (outbound().at_most(20), 20)] {
            let mut held = Vec::new();
            for nth in 0..most {
                assert_eq!(outbound.has_plenty(), nth < most / 2, "{nth} of {most}");
                held.push(outbound.connect(&origin, within).await.unwrap());
            }
            let full = outbound.connect(&origin, within).await.err().unwrap();
            assert_eq!(full.to_string(), "too many connections at once");
            held.pop();
            assert!(outbound.connect(&origin, within).await.is_ok());
        }
    }

    #[tokio::test]
    async fn plain_http_reaches_no_proxy() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let network = Network {
            system_roots: false,
            authorities_pem: Vec::new(),
            proxy: Some(crate::network::Proxy::parse(&proxy).unwrap()),
        };
        let dialer =
            Dialer::new(&network, Vec::new(), Vec::new(), OwnListeners::default()).unwrap();
        let Ok(outbound) = Outbound::new(dialer);
        let origin = Origin::parse("http://plugins.example.com").unwrap();
        let refused = outbound.connect(&origin, Duration::from_secs(5)).await;
        let said = refused.err().unwrap().to_string();
        assert!(
            said.starts_with("http is not sent through a proxy"),
            "{said}"
        );
        let dialled = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
        assert!(dialled.is_err(), "the proxy was dialled");
    }

    #[tokio::test]
    async fn failure_names_its_cause() {
        let origin = Origin::parse("http://10.0.0.1").unwrap();
        let refused = outbound().connect(&origin, Duration::from_secs(5)).await;
        assert_eq!(
            refused.err().unwrap().to_string(),
            "every address of the name is prohibited"
        );
    }
}
