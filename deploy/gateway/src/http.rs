//! Reading of a request of `wasi:http`, and writing of its answer.

use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::http::types::{
    Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam,
};
use crate::bindings::wasi::io::poll::poll;
use crate::bindings::wasi::io::streams::StreamError;
use crate::problem::Problem;
use crate::routes::{Answer, Head};

/// How long a body may take to arrive, in nanoseconds.
const BODY_TIME: u64 = 10_000_000_000;
/// The most that one write takes, by `wasi:io`.
const CHUNK: usize = 4096;

/// Reads the request's head.
pub fn head(request: &IncomingRequest) -> Head {
    let path = request.path_with_query().unwrap_or_default();
    let headers = request.headers();
    // A header that occurs twice is none: a proxy and the gateway could read another one.
    let header = |name: &str| match headers.get(name).as_slice() {
        [value] => String::from_utf8(value.clone()).ok(),
        _ => None,
    };
    Head {
        method: match request.method() {
            Method::Get => "GET".to_owned(),
            Method::Head => "HEAD".to_owned(),
            Method::Post => "POST".to_owned(),
            _ => String::new(),
        },
        path: path.split('?').next().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        content_type: header("content-type"),
        correlation_id: header("correlation-id"),
        has_idempotency_key: headers.has("idempotency-key"),
    }
}

/// Reads the body, of at most `most` bytes, within a short time.
///
/// # Errors
///
/// [`Problem`] when it has more, breaks off or takes longer.
pub fn body(request: &IncomingRequest, most: usize) -> Result<Vec<u8>, Problem> {
    let body = request.consume().map_err(|()| broken())?;
    let read = read(&body, most);
    // Drops the trailers unread.
    drop(IncomingBody::finish(body));
    read
}

fn read(body: &IncomingBody, most: usize) -> Result<Vec<u8>, Problem> {
    let stream = body.stream().map_err(|()| broken())?;
    let late = monotonic_clock::subscribe_duration(BODY_TIME);
    let mut bytes = Vec::new();
    loop {
        let ready = stream.subscribe();
        let is_ready = poll(&[&ready, &late]).contains(&0);
        drop(ready);
        if !is_ready {
            return Err(Problem::new(
                408,
                "too-slow",
                "The body did not arrive",
                "A body has to arrive within ten seconds.",
            ));
        }
        // One byte more than allowed, so that a body that is too large shows.
        let left = (most + 1).saturating_sub(bytes.len());
        match stream.read(left as u64) {
            Ok(part) => bytes.extend(part),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
        }
        if bytes.len() > most {
            return Err(Problem::new(
                413,
                "too-large",
                "The body is too large",
                format!("A body has at most {most} bytes. Nothing of it was used."),
            ));
        }
    }
}

fn broken() -> Problem {
    Problem::new(
        400,
        "broken-off",
        "The body broke off",
        "The connection failed before the body was complete. Nothing of it was used.",
    )
}

/// Writes a response. A caller that closed the connection gets none; such errors are ignored.
pub fn respond(out: ResponseOutparam, answer: &Answer) {
    let headers = Fields::new();
    let length = answer.body.len().to_string();
    let fixed = [
        ("content-type", answer.content_type),
        ("content-length", length.as_str()),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
    let further = answer
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()));
    for (name, value) in fixed.into_iter().chain(further) {
        // Refused only for names and values that are none, which these are not.
        let _ = headers.append(name, value.as_bytes());
    }
    let response = OutgoingResponse::new(headers);
    let _ = response.set_status_code(answer.status);
    let Ok(body) = response.body() else { return };
    ResponseOutparam::set(out, Ok(response));
    let Ok(stream) = body.write() else { return };
    for part in answer.body.as_bytes().chunks(CHUNK) {
        if stream.blocking_write_and_flush(part).is_err() {
            return;
        }
    }
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}
