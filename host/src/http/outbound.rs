//! Connections of the embedder's own, by the rules that hold for plugins: for what it fetches itself, as a plugin from a
//! registry.
//!
//! Authorities, proxy, permitted networks and address overrides are those of a host's options. Origins are the caller's to
//! choose; the addresses that they resolve to are checked here.

use super::dial::Dialer;
use super::slots::{Owner, Slot, Slots};
use super::stream::Transport;
use super::tls::Trust;
use crate::egress::Origin;
use crate::error::BuildError;
use crate::options::HostOptions;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The most connections at once, parallel attempts to several addresses among them.
const CONNECTIONS: usize = 8;

/// Dials origins.
#[derive(Clone)]
pub struct Outbound {
    dialer: Dialer,
    slots: Slots,
    owner: Arc<Owner>,
}

/// A connection: plain for `http`, TLS for `https`.
pub struct OutboundStream {
    transport: Transport,
    _slot: Slot,
}

/// No connection came about. One line that names no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OutboundError(String);

impl Outbound {
    /// Takes over what a host's options say about the network.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when the authorities cannot be read.
    pub fn new(options: &HostOptions) -> Result<Self, BuildError> {
        let dialer = Dialer::new(
            Trust::new(options.system_roots, &options.authorities_pem)?,
            options.proxy.clone(),
            options.resolve.clone(),
            options.permitted_networks.clone(),
        );
        Ok(Self {
            dialer,
            slots: Slots::new(CONNECTIONS, CONNECTIONS),
            owner: Arc::default(),
        })
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
        let full = || OutboundError("too many connections at once".to_owned());
        let slot = self.slots.take(&self.owner).map_err(|_| full())?;
        let extra = || self.slots.take_extra(&self.owner);
        let dialled = self.dialer.dial(origin, within, slot, extra).await;
        let dialled = dialled.map_err(|error| {
            let cause = error.source().map(|cause| format!(": {cause}"));
            OutboundError(format!("{error}{}", cause.unwrap_or_default()))
        })?;
        if dialled.proxied {
            return Err(OutboundError(
                "http is not sent through a proxy, which could read it: use https".to_owned(),
            ));
        }
        Ok(OutboundStream {
            transport: dialled.transport,
            _slot: dialled.slot,
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
