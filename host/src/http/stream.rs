//! Byte stream of a connection, which examines its socket.
//!
//! hyper looks for unsolicited bytes when its task is polled and the runtime has noticed them. A thread that was busy
//! has not, so a response that came twice would be taken for the response to the next request. Here the socket itself
//! is examined before the first byte of a request and before its last one.

use super::progress::{BeforeRead, Progress, Refusal};
use super::slots::Slot;
use auth_connector_egress::transport::{Found, Transport, examine};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection.
pub(crate) struct Stream {
    transport: Transport,
    progress: Progress,
    /// Its place among the host's connections.
    _slot: Slot,
}

impl Stream {
    pub(super) fn new(transport: Transport, progress: Progress, slot: Slot) -> Self {
        Self {
            transport,
            progress,
            _slot: slot,
        }
    }

    /// Fails if anything arrived on a connection on which nothing may.
    fn examine(&mut self) -> io::Result<()> {
        match examine(&mut self.transport) {
            Found::Nothing => {
                self.progress.examined();
                Ok(())
            }
            Found::Bytes => Err(io::Error::other(self.progress.untimely())),
            Found::End => Err(io::Error::other(Refusal::Ended)),
        }
    }

    fn before_write(&mut self) -> io::Result<()> {
        if self.progress.before_write().map_err(io::Error::other)? {
            self.examine()?;
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let may_read = match this.progress.before_read() {
            BeforeRead::Wait => return Poll::Pending,
            BeforeRead::Read => true,
            BeforeRead::Examine => {
                this.examine()?;
                false
            }
        };
        ready!(Pin::new(&mut this.transport).poll_read(cx, buffer))?;
        let read = buffer.filled().get(before..).unwrap_or_default();
        if may_read {
            this.progress.received(read).map_err(io::Error::other)?;
        } else {
            // It arrived since the examination.
            let refusal = if read.is_empty() {
                Refusal::Ended
            } else {
                this.progress.untimely()
            };
            return Poll::Ready(Err(io::Error::other(refusal)));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.before_write()?;
        let written = ready!(Pin::new(&mut this.transport).poll_write(cx, bytes))?;
        this.progress.wrote();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.before_write()?;
        let written = ready!(Pin::new(&mut this.transport).poll_write_vectored(cx, slices))?;
        this.progress.wrote();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.transport.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.transport).poll_flush(cx))?;
        this.progress.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        Pin::new(&mut this.transport).poll_shutdown(cx)
    }
}
