//! Bodies with a meter: they count, they stop at a cap, and they never collect.

use super::fault;
use crate::report::Entry;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// What a guest writes, frame by frame on its way to the socket.
pub(crate) struct RequestBody {
    inner: WasiBody,
    left: u64,
    limit: u64,
    entry: Entry,
}

impl RequestBody {
    pub(crate) fn new(inner: WasiBody, limit: u64, entry: Entry) -> Self {
        Self {
            inner,
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
