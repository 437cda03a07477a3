//! One HTTP/1.1 connection and the exchange on it.
//!
//! No task runs beside it: the future that waits for the response, or reads its body, drives the connection. It ends with
//! that future, and an idle connection is not polled.

use super::progress::Progress;
use super::request_body::RequestBody;
use super::slots::Slot;
use super::stream::Stream;
use auth_connector_egress::{DialReport, Dialled};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// A connection that carried no body for so long may be one that its server is about to close. The shortest idle limits
/// of common servers are 5 s.
const IDLE: Duration = Duration::from_secs(1);

pub(super) struct Connection {
    sender: http1::SendRequest<RequestBody>,
    driver: http1::Connection<TokioIo<Stream>, RequestBody>,
    /// True if the driver has ended. It must not be polled again.
    ended: bool,
    pub(super) progress: Progress,
    pub(super) report: DialReport,
    /// True if a proxy reads the requests on it.
    pub(super) proxied: bool,
    /// True if it carried a request before.
    pub(super) reused: bool,
    /// When a request last began on it.
    begun: Option<Instant>,
}

/// Why a request has no response.
pub(super) enum Unanswered {
    /// The connection was of no use before anything was written. The request is as it was.
    Unused(Box<Request<RequestBody>>, hyper::Error),
    Failed(hyper::Error),
    /// The connection ended without a word.
    Ended,
}

impl Connection {
    pub(super) async fn open(
        dialled: Dialled,
        slot: Slot,
        head_bytes: usize,
    ) -> Result<Box<Self>, hyper::Error> {
        let progress = Progress::new();
        let stream = Stream::new(dialled.transport, progress.clone(), slot);
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(head_bytes)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Box::new(Self {
            sender,
            driver,
            ended: false,
            progress,
            report: dialled.report,
            proxied: dialled.proxied,
            reused: false,
            begun: None,
        }))
    }

    /// Lets the connection work, and returns whether it has ended.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.ended {
            self.ended = Pin::new(&mut self.driver).poll(cx).is_ready();
        }
        self.ended
    }

    /// Sends a request, and returns the head of its response.
    pub(super) async fn send(
        &mut self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, Unanswered> {
        let now = Instant::now();
        let before = self.begun.replace(now);
        let is_doubtful = before.is_none_or(|before| now.duration_since(before) >= IDLE);
        request.body_mut().bind(self.progress.clone(), is_doubtful);
        self.progress.begin(request.body().is_empty());
        let mut answer = pin!(self.sender.try_send_request(request));
        let (driver, ended) = (&mut self.driver, &mut self.ended);
        poll_fn(move |cx| {
            if !*ended {
                *ended = Pin::new(&mut *driver).poll(cx).is_ready();
            }
            match answer.as_mut().poll(cx) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(response)),
                Poll::Ready(Err(mut error)) => Poll::Ready(Err(match error.take_message() {
                    Some(request) => Unanswered::Unused(Box::new(request), error.into_error()),
                    None => Unanswered::Failed(error.into_error()),
                })),
                Poll::Pending if *ended => Poll::Ready(Err(Unanswered::Ended)),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    /// Ends an exchange whose response was read to its end, and returns whether the connection may carry another one.
    pub(super) fn settle(&mut self) -> bool {
        if self.progress.answered_early() {
            return false;
        }
        self.progress.settle();
        let mut context = Context::from_waker(Waker::noop());
        // hyper notices here what it has read beyond the response.
        if self.drive(&mut context) || !self.sender.is_ready() {
            return false;
        }
        self.progress.rest();
        self.reused = true;
        true
    }

    /// Returns true if an idle connection still has nothing to read.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        !self.drive(&mut context) && self.sender.is_ready()
    }
}

/// Returns true if the end of the response is certain, so that the connection may be kept.
pub(super) fn is_unambiguous<T>(method: &Method, has_body: bool, response: &Response<T>) -> bool {
    // Servers leave bodies unread where they expect none, and read them as the next request.
    let expects_a_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    if *method == Method::HEAD || (has_body && !expects_a_body) {
        return false;
    }
    let headers = response.headers();
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let (length, second) = (lengths.next(), lengths.next());
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let (coding, further) = (codings.next(), codings.next());
    let framing = match (length, coding) {
        _ if second.is_some() || further.is_some() => return false,
        (Some(_), Some(_)) => return false,
        (Some(length), None) => length
            .as_bytes()
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(length != "0"),
        (None, Some(coding)) => coding
            .as_bytes()
            .eq_ignore_ascii_case(b"chunked")
            .then_some(true),
        (None, None) => Some(false),
    };
    let Some(has_content) = framing else {
        return false;
    };
    match response.status() {
        StatusCode::NO_CONTENT => !has_content && coding.is_none(),
        StatusCode::NOT_MODIFIED | StatusCode::SWITCHING_PROTOCOLS => false,
        // Without a length it ends with the connection.
        _ => response.version() == Version::HTTP_11 && (length.is_some() || coding.is_some()),
    }
}

/// For bodies: what is left of a response on its connection.
pub(super) fn poll_incoming(
    incoming: &mut Incoming,
    connection: Option<&mut Connection>,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<hyper::body::Frame<Bytes>, hyper::Error>>> {
    let first = Pin::new(&mut *incoming).poll_frame(cx);
    let Some(connection) = connection.filter(|_| first.is_pending()) else {
        return first;
    };
    connection.drive(cx);
    Pin::new(incoming).poll_frame(cx)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(method: &str, has_body: bool, status: u16, headers: &[(&str, &str)]) -> bool {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        is_unambiguous(&method, has_body, &response.body(()).unwrap())
    }

    /// The answer has one length or one chunked coding, or a status without a body.
    #[test]
    fn connection_is_kept_only_after_unambiguous_framing() {
        let length = ("content-length", "2");
        let chunked = ("transfer-encoding", "chunked");
        assert!(kept("POST", true, 200, &[length]));
        assert!(kept("POST", true, 200, &[chunked]));
        assert!(kept("GET", false, 404, &[length]));
        assert!(kept("POST", true, 204, &[]));
        for (headers, why) in [
            (vec![], "it ends with the connection"),
            (vec![length, chunked], "two framings"),
            (vec![length, length], "two lengths"),
            (vec![chunked, chunked], "two codings"),
            (
                vec![("transfer-encoding", "gzip, chunked")],
                "a coding of its own",
            ),
            (vec![("content-length", "2, 2")], "a list"),
        ] {
            assert!(!kept("POST", true, 200, &headers), "{why}");
        }
        assert!(!kept("POST", true, 204, &[length]));
        assert!(!kept("POST", true, 204, &[chunked]));
        assert!(!kept("GET", false, 304, &[length]));
        assert!(!kept("GET", false, 101, &[]));
    }

    /// Servers may leave the body of a GET, a DELETE or an OPTIONS unread.
    #[test]
    fn connection_is_not_kept_after_body_servers_ignore() {
        let length = [("content-length", "2")];
        for method in ["GET", "DELETE", "OPTIONS"] {
            assert!(kept(method, false, 200, &length), "{method}");
            assert!(!kept(method, true, 200, &length), "{method}");
        }
        for method in ["POST", "PUT", "PATCH"] {
            assert!(kept(method, true, 200, &length), "{method}");
        }
        assert!(!kept("HEAD", false, 200, &length));
    }
}
