//! A response's body: counted, cut off at a cap and after a time of silence, and never collected.

use super::connection::{Connection, poll_incoming};
use super::error;
use super::pool::{Key, Pool};
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
    /// Pool and key under which it is kept once the response was read to its end, if it may be kept.
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

/// Body that the server sends, up to a cap, with a limit on silence.
pub(crate) struct ResponseBody {
    inner: Incoming,
    /// None once the response was read, and where a task drives the connection.
    source: Option<Source>,
    left: u64,
    limit: u64,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    /// True while the guest waits for the server. The silence begins then.
    waits: bool,
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
            waits: false,
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
            Poll::Ready(Some(Err(error))) => return self.failed(error::of_response(&error)),
            Poll::Ready(None) => {
                self.entry.update(|_| ());
                self.finish();
                return Poll::Ready(None);
            }
            Poll::Pending => {
                if !this.waits {
                    this.waits = true;
                    let deadline = Instant::now() + this.patience;
                    this.silence.as_mut().reset(deadline);
                }
                ready!(self.silence.as_mut().poll(cx));
                return self.failed(Error::ConnectionReadTimeout);
            }
        };
        self.waits = false;
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
