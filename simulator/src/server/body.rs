//! Bodies: reads a request's within limits, and writes a response's, whole or truncated.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep};

/// Time for the first half of a truncated response to be sent before the connection ends.
const TRUNCATED_AFTER: Duration = Duration::from_millis(20);

/// Maximum of bytes that are read and discarded of a body above its limit, so that a client that writes it whole gets the
/// answer: 64 MiB.
const DISCARD_LIMIT: u64 = 64 * 1024 * 1024;

/// Longest pause in a body that is discarded.
const DISCARD_PAUSE: Duration = Duration::from_secs(1);

/// Received part of a request's body.
pub enum Arrived {
    /// All of it.
    Complete(Bytes),
    /// As much as the limit allows; the body is longer.
    TooLarge(Bytes),
    /// A part: the client left, timed out, or the server stopped reading.
    Cut(Bytes),
}

impl Arrived {
    /// Returns true if the whole body arrived.
    pub fn complete(&self) -> bool {
        matches!(self, Self::Complete(_))
    }

    /// The bytes.
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Complete(bytes) | Self::TooLarge(bytes) | Self::Cut(bytes) => bytes,
        }
    }
}

/// Reads a body up to a limit and for at most so long.
pub async fn read(mut body: Incoming, limit: usize, patience: Duration) -> Arrived {
    let deadline = Instant::now() + patience;
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        if declared <= DISCARD_LIMIT {
            discard(&mut body, deadline).await;
        }
        return Arrived::TooLarge(Bytes::new());
    }
    let mut first = Bytes::new();
    let mut rest: Option<BytesMut> = None;
    loop {
        let whole = |first: &Bytes, rest: Option<BytesMut>| match rest {
            Some(rest) => rest.freeze(),
            None => first.clone(),
        };
        let frame = match tokio::time::timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(None) => return Arrived::Complete(whole(&first, rest)),
            Ok(Some(Err(_))) | Err(_) => return Arrived::Cut(whole(&first, rest)),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if first.is_empty() && rest.is_none() {
            first = data;
        } else {
            rest.get_or_insert_with(|| BytesMut::from(&first[..]))
                .extend_from_slice(&data);
        }
        let length = rest.as_ref().map_or(first.len(), BytesMut::len);
        if length > limit {
            discard(&mut body, deadline).await;
            return Arrived::TooLarge(whole(&first, rest));
        }
    }
}

/// Reads the rest of a body and keeps nothing of it. A client that still writes when the connection closes loses the
/// answer.
async fn discard(body: &mut Incoming, deadline: Instant) {
    let mut left = DISCARD_LIMIT;
    while left > 0 {
        let pause = deadline.min(Instant::now() + DISCARD_PAUSE);
        let Ok(Some(Ok(frame))) = tokio::time::timeout_at(pause, body.frame()).await else {
            return;
        };
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
    }
}

/// Reads until `enough` bytes came, then reads the rest that is available without waiting. The result states whether
/// the body is complete.
pub async fn what_is_here(mut body: Incoming, enough: u64) -> Arrived {
    let mut bytes = BytesMut::new();
    loop {
        let frame = if (bytes.len() as u64) < enough {
            body.frame().await
        } else {
            match std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await {
                Poll::Ready(frame) => frame,
                Poll::Pending => return Arrived::Cut(bytes.freeze()),
            }
        };
        match frame {
            None => return Arrived::Complete(bytes.freeze()),
            Some(Err(_)) => return Arrived::Cut(bytes.freeze()),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
}

/// The body of a response.
pub struct ReplyBody {
    data: Option<Bytes>,
    claimed: u64,
    then_die: Option<Pin<Box<Sleep>>>,
    /// Further data, as it arrives. The length is unknown then.
    stream: Option<mpsc::Receiver<Bytes>>,
}

impl ReplyBody {
    /// Streams the data until the sender is dropped.
    pub fn stream(receiver: mpsc::Receiver<Bytes>) -> Self {
        Self {
            data: None,
            claimed: 0,
            then_die: None,
            stream: Some(receiver),
        }
    }

    /// Declares a length, sends less, and breaks the connection.
    pub fn truncated(data: Bytes, claimed: u64) -> Self {
        Self {
            data: Some(data),
            claimed,
            then_die: Some(Box::pin(sleep(TRUNCATED_AFTER))),
            stream: None,
        }
    }
}

impl From<Bytes> for ReplyBody {
    fn from(data: Bytes) -> Self {
        Self {
            claimed: data.len() as u64,
            data: Some(data),
            then_die: None,
            stream: None,
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take()
            && !data.is_empty()
        {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Some(stream) = &mut self.stream {
            let next = stream.poll_recv(cx);
            return next.map(|data| data.map(|data| Ok(Frame::data(data))));
        }
        match &mut self.then_die {
            None => Poll::Ready(None),
            Some(timer) => timer
                .as_mut()
                .poll(cx)
                .map(|()| Some(Err(io::Error::other("cut short by a fault")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_none()
            && self.then_die.is_none()
            && self.data.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        if self.stream.is_some() {
            return SizeHint::default();
        }
        let sent = if self.data.is_some() { 0 } else { self.claimed };
        SizeHint::with_exact(self.claimed - sent)
    }
}
