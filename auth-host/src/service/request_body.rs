//! Bounded reading of a request's body.

use axum::body::{Body, Bytes};
use std::time::Duration;

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
pub async fn read(body: Body, most: usize, within: Duration) -> Result<Bytes, Unread> {
    match tokio::time::timeout(within, axum::body::to_bytes(body, most)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_too_long(&error) => Err(Unread::TooLarge),
        Ok(Err(_)) => Err(Unread::Broken),
        Err(_) => Err(Unread::TooSlow),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::body::Frame;
    use std::io::Error;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// A body that fails, or that never arrives.
    struct Faulty {
        is_broken: bool,
    }

    impl hyper::body::Body for Faulty {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            match self.is_broken {
                true => Poll::Ready(Some(Err(Error::other("reset")))),
                false => Poll::Pending,
            }
        }
    }

    #[tokio::test]
    async fn unread_body_has_its_reason() {
        let within = Duration::from_millis(50);
        let faulty = |is_broken| Body::new(Faulty { is_broken });
        for (body, result) in [
            (Body::from("1234"), Ok(Bytes::from("1234"))),
            (Body::from("12345"), Err(Unread::TooLarge)),
            (faulty(true), Err(Unread::Broken)),
            (faulty(false), Err(Unread::TooSlow)),
        ] {
            assert_eq!(read(body, 4, within).await, result);
        }
    }
}
