//! Bodies with a meter: they count, they stop at a cap, and they never collect.
//!
//! On a connection that is new or was idle, a request's body begins [`SETTLE`] after its head. A server that will not
//! have the request, resets connections as it accepts them, or is just closing one that idled for long, says so right
//! away, and as long as nothing of the body left, the plugin knows that nothing was sent. A connection in use does not
//! wait: servers close those that idle.

use super::dial::DialReport;
use super::fault;
use crate::report::Entry;
use bytes::Bytes;
use http::Extensions;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper_util::client::legacy::connect::CaptureConnection;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// The reference connector's own wait before its last byte, for the same reason.
const SETTLE: Duration = Duration::from_millis(1);

/// A connection that carried no body for so long may be one that its server is about to close. The shortest idle limits
/// of common servers are 5 s.
const IDLE: Duration = Duration::from_secs(1);

/// Holds a body back on a connection that nobody knows to be well.
enum Gate {
    /// Not asked yet: which connection it is shows when the connection asks for the body.
    Unknown(CaptureConnection),
    Waiting(Pin<Box<Sleep>>),
    Open,
}

impl Gate {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self {
                Self::Open => return Poll::Ready(()),
                Self::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    *self = Self::Open;
                }
                Self::Unknown(connection) if is_fresh(connection) => {
                    *self = Self::Waiting(Box::pin(tokio::time::sleep(SETTLE)));
                }
                Self::Unknown(_) => *self = Self::Open,
            }
        }
    }
}

/// Whether this is the first body on its connection, or the first for long.
fn is_fresh(connection: &CaptureConnection) -> bool {
    let mut extras = Extensions::new();
    if let Some(connected) = connection.connection_metadata().as_ref() {
        connected.get_extras(&mut extras);
    }
    let Some(report) = extras.get::<DialReport>() else {
        return false;
    };
    let now = std::time::Instant::now();
    let before = report
        .begun
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(now);
    before.is_none_or(|before| now.duration_since(before) >= IDLE)
}

/// What a guest writes, frame by frame on its way to the socket.
pub(crate) struct RequestBody {
    inner: WasiBody,
    gate: Gate,
    left: u64,
    limit: u64,
    entry: Entry,
}

impl RequestBody {
    pub(crate) fn new(
        inner: WasiBody,
        connection: CaptureConnection,
        limit: u64,
        entry: Entry,
    ) -> Self {
        Self {
            inner,
            gate: Gate::Unknown(connection),
            left: limit,
            limit,
            entry,
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        ready!(self.gate.poll_open(cx));
        let frame = match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(size) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(self.limit))))),
        }
        self.entry
            .update(|exchange| exchange.request_body_bytes += size);
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What the server sends, up to a cap, with a limit on silence.
pub(crate) struct ResponseBody {
    inner: Incoming,
    left: u64,
    limit: u64,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    entry: Entry,
}

impl ResponseBody {
    pub(crate) fn boxed(inner: Incoming, limit: u64, patience: Duration, entry: Entry) -> WasiBody {
        let silence = Box::pin(tokio::time::sleep(patience));
        Self {
            inner,
            left: limit,
            limit,
            patience,
            silence,
            entry,
        }
        .boxed_unsync()
    }

    fn failed(&self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.entry
            .update(|exchange| exchange.error = Some(error.to_string()));
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(error))) => return self.failed(fault::of_response(&error)),
            Poll::Ready(None) => {
                self.entry.update(|_| ());
                return Poll::Ready(None);
            }
            Poll::Pending => {
                ready!(self.silence.as_mut().poll(cx));
                return self.failed(Error::ConnectionReadTimeout);
            }
        };
        let deadline = Instant::now() + self.patience;
        self.silence.as_mut().reset(deadline);
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        self.entry
            .update(|exchange| exchange.response_body_bytes += size);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                Poll::Ready(Some(Ok(frame)))
            }
            None => self.failed(Error::HttpResponseBodySize(Some(self.limit))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
