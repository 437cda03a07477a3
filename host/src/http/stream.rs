//! Byte stream of a connection, with or without TLS, which examines its socket.
//!
//! hyper looks for unsolicited bytes when its task is polled and the runtime has heard of them. A thread that was busy
//! has not, so an answer that came twice would be taken for the answer to the next request. Here the socket itself is
//! asked before the first byte of a request and before its last one.

use super::progress::{BeforeRead, Progress, Refusal};
use super::slots::Slot;
use socket2::SockRef;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// What the examination of a socket found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    Bytes,
    /// The peer closed or broke it.
    End,
}

/// A connection.
pub(crate) struct Stream {
    transport: Transport,
    progress: Progress,
    /// Its place among the host's connections.
    _slot: Slot,
}

/// A socket, or TLS over one.
pub(super) type Transport = Either<TcpStream, Box<TlsStream<Records>>>;

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

/// Asks the socket, and not the runtime, what arrived.
fn examine(transport: &mut Transport) -> Found {
    match transport {
        Either::Left(socket) => loop {
            let peeked = SockRef::from(&*socket).peek(&mut [MaybeUninit::uninit()]);
            return match peeked {
                Ok(0) => Found::End,
                Ok(_) => Found::Bytes,
                Err(error) if error.kind() == ErrorKind::WouldBlock => Found::Nothing,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => Found::End,
            };
        },
        Either::Right(stream) => examine_tls(stream),
    }
}

/// Reads all records that arrived. Session tickets and key updates are no content; a record that is not yet complete
/// may become some.
fn examine_tls(stream: &mut TlsStream<Records>) -> Found {
    let (records, session) = stream.get_mut();
    loop {
        match session.process_new_packets() {
            Ok(state) if state.plaintext_bytes_to_read() > 0 => return Found::Bytes,
            Ok(state) if state.peer_has_closed() => return Found::End,
            Ok(_) => {}
            Err(_) => return Found::End,
        }
        match session.read_tls(&mut *records) {
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return Found::End,
        }
    }
    if records.boundary.is_inside() {
        Found::Bytes
    } else {
        Found::Nothing
    }
}

/// The socket under TLS. It follows where records begin and end (RFC 8446, section 5.1), which rustls does not report.
pub(super) struct Records {
    socket: TcpStream,
    boundary: Boundary,
}

#[derive(Default)]
struct Boundary {
    /// Bytes of the record's header that were read, up to 5, and its length.
    header: u8,
    length: u16,
    /// Bytes that are to come of its content.
    left: u16,
}

impl Boundary {
    fn read(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left > 0 {
                let content = bytes.len().min(self.left.into());
                self.left -= u16::try_from(content).unwrap_or(self.left);
                bytes = bytes.get(content..).unwrap_or_default();
                continue;
            }
            self.length = self.length << 8 | u16::from(*first);
            self.header += 1;
            if self.header == 5 {
                // The two bytes that were read last.
                self.left = self.length;
                self.header = 0;
            }
            bytes = rest;
        }
    }

    fn is_inside(&self) -> bool {
        self.left > 0 || self.header > 0
    }
}

impl Records {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            boundary: Boundary::default(),
        }
    }
}

/// Reads from the socket at once, whatever the runtime's readiness says.
impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (&*SockRef::from(&self.socket)).read(buffer)?;
        self.boundary.read(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

impl AsyncRead for Records {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.socket).poll_read(cx, buffer))?;
        this.boundary
            .read(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Records {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
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
