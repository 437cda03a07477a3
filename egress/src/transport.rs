//! Byte stream with or without TLS, whose socket can be examined.
//!
//! A runtime notices bytes only when its thread is free. The examination queries the socket itself, and through TLS it
//! reads the records that are there.
//!
//! A server may send records without content, such as session tickets, for as long as it likes, and rustls does not
//! bound them. Each costs a key derivation, so a few megabytes a second occupy a thread. A connection therefore ends
//! after [`IDLE_BYTES`] of records without content.

use socket2::SockRef;
use std::io::{self, ErrorKind, IoSlice, Read};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// Result of examining a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// Bytes, or a record of TLS that may become some.
    Bytes,
    /// The peer closed or broke it.
    End,
}

/// A socket, or TLS over one.
pub type Transport = Either<TcpStream, Box<Tls>>;

/// The most bytes of records between two pieces of content: the longest record (RFC 8446, section 5.2) and as much
/// again. Servers send two to four session tickets of some hundred bytes each.
const IDLE_BYTES: usize = 2 * (5 + 16_384 + 256);

/// The most content that one read returns. In records of a byte each, which take 23, it stays below [`IDLE_BYTES`].
const CONTENT_AT_ONCE: usize = 1024;

/// Asks the socket, and not the runtime, what arrived.
pub fn examine(transport: &mut Transport) -> Found {
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
        Either::Right(tls) => tls.examine(),
    }
}

/// TLS over a socket, after its handshake.
pub struct Tls(TlsStream<Records>);

impl Tls {
    pub(crate) fn new(mut stream: TlsStream<Records>) -> Self {
        stream.get_mut().0.idle_left = IDLE_BYTES;
        Self(stream)
    }

    /// Reads all records that arrived. Session tickets and key updates are no content; a record that is not yet complete
    /// may become some.
    fn examine(&mut self) -> Found {
        let (records, session) = self.0.get_mut();
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
}

impl AsyncRead for Tls {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // The library fills the whole buffer before it returns: what it reads until then counts as without content.
        let mut content = [0; CONTENT_AT_ONCE];
        let length = buffer.remaining().min(CONTENT_AT_ONCE);
        let mut content = ReadBuf::new(content.get_mut(..length).unwrap_or_default());
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut content))?;
        if !content.filled().is_empty() {
            self.0.get_mut().0.idle_left = IDLE_BYTES;
        }
        buffer.put_slice(content.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tls {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// The socket under TLS. It follows where records begin and end (RFC 8446, section 5.1), which rustls does not report,
/// and bounds what is read without content.
pub struct Records {
    socket: TcpStream,
    boundary: Boundary,
    /// Bytes that may still be read before content comes. The handshake has no bound here: rustls has one.
    idle_left: usize,
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
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            boundary: Boundary::default(),
            idle_left: usize::MAX,
        }
    }

    /// Notes bytes that were read.
    fn note(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.boundary.read(bytes);
        self.idle_left = self.idle_left.saturating_sub(bytes.len());
        if self.idle_left == 0 {
            return Err(io::Error::other(
                "the server sends records of TLS without content",
            ));
        }
        Ok(())
    }
}

/// Reads from the socket at once, whatever the runtime's readiness says.
impl Read for Records {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = (&*SockRef::from(&self.socket)).read(buffer)?;
        self.note(buffer.get(..length).unwrap_or_default())?;
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
        Poll::Ready(this.note(buffer.filled().get(before..).unwrap_or_default()))
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

#[cfg(test)]
mod tests;
