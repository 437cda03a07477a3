//! A request's body: counted, cut off at a cap, and never collected.
//!
//! On a connection that is new or was idle, the body begins [`SETTLE`] after the head. A server may refuse the request,
//! reset connections as it accepts them, or be closing one that idled for long: that shows at once. As long as nothing
//! of the body left, the plugin can prove that nothing was sent. A connection in use does not wait: servers close those
//! that idle.

use super::progress::Progress;
use crate::report::Entry;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Sleep;
use wasmtime_wasi_http::{Error, WasiBody};

/// The reference connector's own wait before its last byte, for the same reason.
const SETTLE: Duration = Duration::from_millis(1);

/// Holds a body back on a connection that is new or was idle.
enum Gate {
    /// Waits once the connection polls the body, which is after the head.
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

/// Body that a guest writes, frame by frame on its way to the socket.
pub(crate) struct RequestBody {
    inner: WasiBody,
    gate: Gate,
    /// The exchange that it is a part of, once it has a connection.
    progress: Option<Progress>,
    /// Bytes of the announced length that are still to come, if one was announced.
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

    /// Returns true if the head is all of the request.
    pub(super) fn is_empty(&self) -> bool {
        self.to_come == Some(0) || (self.to_come.is_none() && self.inner.is_end_stream())
    }

    /// There is no connection that could refuse it, so it waits for none.
    pub(super) fn open(&mut self) {
        self.gate = Gate::Open;
    }

    /// Binds it to the connection with this exchange. `is_doubtful` is true if the connection is new or was idle.
    pub(super) fn bind(&mut self, progress: Progress, is_doubtful: bool) {
        self.progress = Some(progress);
        self.gate = if is_doubtful {
            Gate::Closed
        } else {
            Gate::Open
        };
    }

    /// Notifies the connection before the last byte comes.
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
