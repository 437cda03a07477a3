//! Bounded reading of a request's body.

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use std::time::Duration;
use tokio::time::timeout;

/// The most bytes that are discarded of a body that is too large, and the time for them. A client that still writes when
/// its connection ends may lose the response.
const DISCARDED: usize = 1 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(1);

/// The reason for which a body was not read. Nothing of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It has too many bytes.
    TooLarge,
    /// It ended early, or its chunks have no form.
    Broken,
    /// It did not arrive in time.
    TooSlow,
}

/// Reads a body of at most so many bytes that arrives within a time.
///
/// # Errors
///
/// [`Unread`].
pub async fn read(mut body: Body, most: usize, within: Duration) -> Result<Bytes, Unread> {
    let read = timeout(within, collect(&mut body, most)).await;
    let read = read.unwrap_or(Err(Unread::TooSlow));
    if read == Err(Unread::TooLarge) {
        let _ = timeout(DISCARD_TIME, discard(&mut body)).await;
    }
    read
}

async fn collect(body: &mut Body, most: usize) -> Result<Bytes, Unread> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if data.len() > most - bytes.len() {
            return Err(Unread::TooLarge);
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes.freeze())
}

async fn discard(body: &mut Body) {
    let mut left = DISCARDED;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Frame;
    use std::io::Error;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll};

    /// A body whose frames are made by a function.
    struct Frames<F>(F);

    impl<F: FnMut() -> Poll<Option<Result<Frame<Bytes>, Error>>> + Unpin> hyper::body::Body
        for Frames<F>
    {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            (self.0)()
        }
    }

    #[tokio::test]
    async fn large_body_is_discarded_up_to_bound() {
        let frames = Arc::new(AtomicUsize::new(0));
        let counted = frames.clone();
        let endless = Body::new(Frames(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1 << 16])))))
        }));
        let result = read(endless, 1 << 16, Duration::from_secs(9)).await;
        assert_eq!(result, Err(Unread::TooLarge));
        // One that is read, one that is too many, and those that are discarded.
        assert_eq!(frames.load(Ordering::Relaxed), 2 + (DISCARDED >> 16));
    }

    #[tokio::test]
    async fn unread_body_has_its_reason() {
        let within = Duration::from_millis(50);
        let broken = || Poll::Ready(Some(Err(Error::other("reset"))));
        for (body, result) in [
            (Body::from("1234"), Ok(Bytes::from("1234"))),
            (Body::from("12345"), Err(Unread::TooLarge)),
            (Body::new(Frames(broken)), Err(Unread::Broken)),
            (Body::new(Frames(|| Poll::Pending)), Err(Unread::TooSlow)),
        ] {
            assert_eq!(read(body, 4, within).await, result);
        }
    }
}
