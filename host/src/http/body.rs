//! Bodies with a meter: they count, they stop at a cap, and they never collect.
//!
//! On a connection that is new or was idle, a request's body begins [`SETTLE`] after its head. A server that will not
//! have the request, resets connections as it accepts them, or is just closing one that idled for long, says so right
//! away, and as long as nothing of the body left, the plugin knows that nothing was sent. A connection in use does not
//! wait: servers close those that idle.

use super::connection::{Connection, poll_incoming};
use super::fault;
use super::pool::{Key, Pool};
use super::progress::Progress;
use crate::report::Entry;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// The reference connector's own wait before its last byte, for the same reason.
const SETTLE: Duration = Duration::from_millis(1);

/// Holds a body back on a connection that is new or was idle.
enum Gate {
    /// Waits once the connection asks for the body, which is after the head.
    Closed,
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
                Self::Closed => *self = Self::Waiting(Box::pin(tokio::time::sleep(SETTLE))),
            }
        }
    }
}

/// What a guest writes, frame by frame on its way to the socket.
pub(crate) struct RequestBody {
    inner: WasiBody,
    gate: Gate,
    /// The exchange that it is a part of, once it has a connection.
    progress: Option<Progress>,
    /// What is to come of the announced length, if one was announced.
    to_come: Option<u64>,
    left: u64,
    limit: u64,
    entry: Entry,
}

impl RequestBody {
    pub(crate) fn new(inner: WasiBody, length: Option<u64>, limit: u64, entry: Entry) -> Self {
        Self {
            inner,
            gate: Gate::Closed,
            progress: None,
            to_come: length,
            left: limit,
            limit,
            entry,
        }
    }

    /// Whether the head is all of the request.
    pub(super) fn is_empty(&self) -> bool {
        self.to_come == Some(0) || (self.to_come.is_none() && self.inner.is_end_stream())
    }

    /// There is no connection that could refuse it, so it waits for none.
    pub(super) fn open(&mut self) {
        self.gate = Gate::Open;
    }

    /// It goes out on the connection with this exchange. `is_doubtful` says that the connection is new or was idle.
    pub(super) fn bind(&mut self, progress: Progress, is_doubtful: bool) {
        self.progress = Some(progress);
        self.gate = if is_doubtful {
            Gate::Closed
        } else {
            Gate::Open
        };
    }

    /// Tells the connection when the last byte comes, before it comes.
    fn note_last(&mut self, frame: Option<&Frame<Bytes>>, size: u64) {
        let is_last = match (&mut self.to_come, frame) {
            (Some(to_come), Some(_)) => {
                *to_come = to_come.saturating_sub(size);
                *to_come == 0
            }
            // It ends short of its length, and so never becomes whole.
            (Some(_), None) => false,
            (None, Some(frame)) => frame.is_trailers() || self.inner.is_end_stream(),
            (None, None) => true,
        };
        if let Some(progress) = self.progress.as_ref().filter(|_| is_last) {
            progress.take_last();
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
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => {
                self.note_last(None, 0);
                return Poll::Ready(None);
            }
        };
        let size = frame.data_ref().map_or(0, |data| data.len() as u64);
        match self.left.checked_sub(size) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(self.limit))))),
        }
        self.note_last(Some(&frame), size);
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

/// The body of an answer that came before the request was complete, and that claims to have acted on it. It cannot be
/// read: the last byte of the request never leaves.
pub(super) struct NoAnswer;

impl NoAnswer {
    pub(super) fn boxed() -> WasiBody {
        Self.boxed_unsync()
    }
}

impl Body for NoAnswer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(Some(Err(Error::HttpProtocolError)))
    }
}

/// The connection that a response is read from.
pub(super) struct Source {
    pub(super) connection: Box<Connection>,
    /// Where it is kept when the response was read to its end, if it may be kept.
    pub(super) kept: Option<(Arc<Pool>, Arc<Key>)>,
}

impl Source {
    /// The response was read to its end.
    pub(super) fn finish(mut self) {
        if let Some((pool, key)) = self.kept
            && self.connection.settle()
        {
            pool.put(key, self.connection);
        }
    }
}

/// What the server sends, up to a cap, with a limit on silence.
pub(crate) struct ResponseBody {
    inner: Incoming,
    /// None once the response was read, and where a task drives the connection.
    source: Option<Source>,
    left: u64,
    limit: u64,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    entry: Entry,
}

impl ResponseBody {
    pub(super) fn boxed(
        inner: Incoming,
        source: Option<Source>,
        limit: u64,
        patience: Duration,
        entry: Entry,
    ) -> WasiBody {
        let silence = Box::pin(tokio::time::sleep(patience));
        Self {
            inner,
            source,
            left: limit,
            limit,
            patience,
            silence,
            entry,
        }
        .boxed_unsync()
    }

    fn finish(&mut self) {
        if let Some(source) = self.source.take() {
            source.finish();
        }
    }

    fn failed(&mut self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.source = None;
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
        let this = &mut *self;
        let connection = this.source.as_mut().map(|source| &mut *source.connection);
        let frame = match poll_incoming(&mut this.inner, connection, cx) {
            Poll::Ready(Some(Ok(frame))) => frame,
            Poll::Ready(Some(Err(error))) => return self.failed(fault::of_response(&error)),
            Poll::Ready(None) => {
                self.entry.update(|_| ());
                self.finish();
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
                if self.inner.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            None => {
                let limit = self.limit;
                self.failed(Error::HttpResponseBodySize(Some(limit)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
