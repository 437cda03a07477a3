//! The transport over `wasi:http`: withholds the last byte of the body until the connection has taken the rest.
//!
//! Runtimes report transport errors so differently that the codes alone prove little. A byte that was never handed
//! over proves more: a JSON body ends with the brace that closes it, and without that byte no server can act on the
//! request, however a host buffers, truncates or re-chunks it.
//!
//! Everything that goes wrong before the release of that byte is therefore *not sent*. After it, only errors that
//! exclude a connection are; everything else is *unknown*.
//!
//! Nothing here blocks without a deadline: no `blocking-` call, no `flush` (it does nothing in Wasmtime and
//! blocks under jco). The response is examined before the stream, because jco leaves the stream open after a
//! failure and a guest that polls the stream alone would spin.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error;
use super::exchange::{MAX_BODY_BYTES, Request, Response, Transport};
use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use crate::bindings::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};
use crate::contract::{Failure, FailureKind, SendError, Turn};

const MS: u64 = 1_000_000;

/// The most bytes in one write. Wasmtime's body channel holds two writes, jco buffers 16 KB.
const CHUNK: usize = 16_384;

/// The time to wait for a refusal once the connection has taken all but the last byte, in nanoseconds.
/// `tests/races.rs` shows what it gives: 45 to 50 of 50 resets on accept and early refusals end as *not sent*, and
/// none of 50 early refusals without it. A kept connection that dies later than this is still *unknown*.
const SETTLE: u64 = MS;

/// A connection that took the body within this many nanoseconds is a kept one: a new one takes one round trip or
/// three. Nothing is waited for on it here, because its next refusal is a round trip away. The host of this repository
/// examines the socket of a kept connection itself, before the first byte and before the last, and waits before the
/// last byte on one that was idle for a second.
const KEPT: u64 = 500_000;

/// The time, in nanoseconds, in which the reason of a broken stream may arrive.
const REASON: u64 = 200 * MS;

/// The transport of a component: WASI's clocks and HTTP.
pub struct WasiTransport {
    started: u64,
}

impl WasiTransport {
    /// Begins a call: deadlines count from here.
    pub fn begin() -> Self {
        Self {
            started: monotonic_clock::now(),
        }
    }
}

impl Transport for WasiTransport {
    fn unix_time_s(&mut self) -> u64 {
        wall_clock::now().seconds
    }

    fn exchange(&mut self, request: &Request<'_>, deadline_ms: u32) -> Result<Response, SendError> {
        let at = self.started.saturating_add(u64::from(deadline_ms) * MS);
        let (exchange, upload) = Exchange::begin(request, at)?;
        match request.body.split_last() {
            Some((last, rest)) => {
                exchange.write(&upload, rest)?;
                exchange.settle(&upload)?;
                exchange.release(upload, &[*last])?;
            }
            // Nothing to withhold: the request is complete without a body.
            None => exchange.release(upload, &[])?,
        }
        let response = exchange.response()?;
        read_response(&response, &exchange.deadline)
    }
}

/// The moment by which the call must be over.
struct Deadline {
    at: u64,
    /// Made once, because each crossing to the host costs as much as reading a small config.
    passes: Pollable,
}

impl Deadline {
    /// Waits until one of the pollables is ready or the deadline passes. Returns true if it passed.
    fn wait(&self, pollables: &[&Pollable]) -> bool {
        let mut all: Vec<&Pollable> = pollables.to_vec();
        all.push(&self.passes);
        poll(&all).contains(&(pollables.len() as u32))
    }

    /// Waits for one, but no longer than so many nanoseconds.
    fn wait_at_most(&self, limit: u64, pollable: &Pollable) {
        let limit = monotonic_clock::subscribe_duration(limit);
        poll(&[pollable, &limit, &self.passes]);
    }
}

/// A request that was handed to the host, and its response to come.
struct Exchange {
    /// The time at which it was handed over, by the monotonic clock.
    begun: u64,
    deadline: Deadline,
    ready: Pollable,
    response: FutureIncomingResponse,
}

/// The body of a request while its last byte is still here.
///
/// Fields are dropped in order, and a child must go before its parent or the host traps: pollable, stream, body.
/// A body that is dropped unfinished is not sent as if it were complete.
struct Upload {
    writable: Pollable,
    stream: OutputStream,
    body: OutgoingBody,
}

impl Exchange {
    fn begin(request: &Request<'_>, at: u64) -> Result<(Self, Upload), SendError> {
        let (outgoing, body, stream) = outgoing_request(request).map_err(|part| {
            let message = format!(
                "The component's host does not take the request's {part}. Check the endpoint in the config, and that \
                 the host implements wasi:http 0.2."
            );
            SendError::NotSent(Failure::new(FailureKind::Unreachable, Turn::Host, message))
        })?;
        let options = RequestOptions::new();
        let begun = monotonic_clock::now();
        // Never zero: Wasmtime before 48.0.4 panicked on that.
        let Some(left) = at.checked_sub(begun).filter(|left| *left > 0) else {
            return Err(SendError::NotSent(Failure::new(
                FailureKind::Timeout,
                Turn::Caller,
                "The deadline passed before the request was begun. Give the call more time.",
            )));
        };
        // Some hosts refuse these timeouts; the deadline here holds all the same.
        let _ = options.set_connect_timeout(Some(left));
        let _ = options.set_first_byte_timeout(Some(left));
        let response = outgoing_handler::handle(outgoing, Some(options))
            .map_err(|code| SendError::NotSent(error::failure(&code)))?;
        let passes = monotonic_clock::subscribe_instant(at);
        let exchange = Self {
            begun,
            deadline: Deadline { at, passes },
            ready: response.subscribe(),
            response,
        };
        let upload = Upload {
            writable: stream.subscribe(),
            stream,
            body,
        };
        Ok((exchange, upload))
    }

    /// Writes all of the body but its last byte, and waits until the connection has taken it. The first byte
    /// goes alone: the channel to the connection holds two writes, so readiness after the second one means that
    /// the connection took the first.
    fn write(&self, upload: &Upload, bytes: &[u8]) -> Result<(), SendError> {
        let mut rest = bytes;
        let mut limit = 1;
        loop {
            let permitted = upload.stream.check_write().map_err(|_| self.broken())?;
            match usize::try_from(permitted).unwrap_or(usize::MAX) {
                0 => self.wait(upload)?,
                _ if rest.is_empty() => return self.look(),
                permitted => {
                    let length = rest.len().min(limit).min(permitted);
                    let (chunk, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    upload.stream.write(chunk).map_err(|_| self.broken())?;
                    rest = after;
                    limit = CHUNK;
                }
            }
        }
    }

    /// Gives a refusal that is already on its way the chance to arrive, and looks once more.
    fn settle(&self, upload: &Upload) -> Result<(), SendError> {
        let now = monotonic_clock::now();
        if now >= self.deadline.at {
            return Err(late());
        }
        if now.saturating_sub(self.begun) < KEPT {
            return Ok(());
        }
        self.deadline.wait_at_most(SETTLE, &self.ready);
        self.write(upload, &[])
    }

    /// Waits until something changes, and examines it: the response first, then the deadline, then the stream.
    fn wait(&self, upload: &Upload) -> Result<(), SendError> {
        let passed = self.deadline.wait(&[&self.ready, &upload.writable]);
        self.look()?;
        if passed { Err(late()) } else { Ok(()) }
    }

    /// The response or the reason that there is none, once it is known.
    fn known(&self) -> Option<Result<IncomingResponse, ErrorCode>> {
        // The outer error is for a second call after the result was taken, which no caller makes.
        let result = self.response.get()?;
        Some(result.unwrap_or(Err(ErrorCode::InternalError(None))))
    }

    /// Ends the exchange if the response is there already.
    fn look(&self) -> Result<(), SendError> {
        self.known()
            .map_or(Ok(()), |early| Err(answered_early(early)))
    }

    /// The stream broke before the release: nothing was sent, and the response may have the reason.
    fn broken(&self) -> SendError {
        self.deadline.wait_at_most(REASON, &self.ready);
        answered_early(self.known().unwrap_or(Err(ErrorCode::ConnectionTerminated)))
    }

    /// Hands over the last byte. From here on the request may be acted upon.
    fn release(&self, upload: Upload, last: &[u8]) -> Result<(), SendError> {
        let written = last.is_empty() || upload.stream.write(last).is_ok();
        drop(upload.writable);
        // Wasmtime reports the stream closed once the length is consumed, even on success: not to be touched.
        drop(upload.stream);
        let finished = OutgoingBody::finish(upload.body, None).is_ok();
        if written && finished {
            return Ok(());
        }
        // The connection's own reason is more precise than the stream's.
        self.response()?;
        Err(SendError::Unknown(error::failure(
            &ErrorCode::ConnectionTerminated,
        )))
    }

    /// The response to a request that was handed over whole.
    fn response(&self) -> Result<IncomingResponse, SendError> {
        loop {
            let passed = self.deadline.wait(&[&self.ready]);
            match self.known() {
                Some(Ok(response)) => return Ok(response),
                Some(Err(code)) if error::excludes_delivery(&code) => {
                    return Err(SendError::NotSent(error::failure(&code)));
                }
                Some(Err(code)) => return Err(SendError::Unknown(error::failure(&code))),
                None if passed => {
                    let failure = timed_out("before the provider answered");
                    return Err(SendError::Unknown(failure));
                }
                None => {}
            }
        }
    }
}

/// A response or an error before the request was complete.
fn answered_early(early: Result<IncomingResponse, ErrorCode>) -> SendError {
    match early {
        Ok(response) => error::early(&head(&response)),
        Err(code) => SendError::NotSent(error::failure(&code)),
    }
}

/// A response without its body.
fn head(response: &IncomingResponse) -> Response {
    let status = response.status();
    Response {
        date: header(response, "date"),
        // An accepted request needs none, and each look into the headers crosses to the host.
        retry_after: (status >= 300)
            .then(|| header(response, "retry-after"))
            .flatten(),
        ..Response::new(status, Vec::new())
    }
}

fn read_response(response: &IncomingResponse, deadline: &Deadline) -> Result<Response, SendError> {
    let broken = || SendError::Unknown(error::failure(&ErrorCode::HttpResponseIncomplete));
    let head = head(response);
    let incoming = response.consume().map_err(|()| broken())?;
    let stream = incoming.stream().map_err(|()| broken())?;
    // Mostly the body is there at once, without a wait.
    let mut readable = None;
    let mut passed = false;
    let mut body = Vec::new();
    loop {
        // One byte more than allowed distinguishes a body at the bound from one beyond it.
        let allowed = MAX_BODY_BYTES + 1 - body.len();
        match stream.read(allowed.min(CHUNK) as u64) {
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
            Ok(bytes) if bytes.is_empty() && passed => {
                return Err(SendError::Unknown(timed_out(
                    "before the answer was complete",
                )));
            }
            Ok(bytes) if bytes.is_empty() => {
                passed = deadline.wait(&[readable.get_or_insert_with(|| stream.subscribe())]);
            }
            Ok(bytes) if body.is_empty() => body = bytes,
            Ok(bytes) => body.extend_from_slice(&bytes),
        }
        if body.len() > MAX_BODY_BYTES {
            let message = format!("The answer is longer than {MAX_BODY_BYTES} bytes.");
            let failure = Failure::new(FailureKind::Provider, Turn::Provider, message);
            return Err(SendError::Unknown(failure));
        }
    }
    Ok(Response { body, ..head })
}

fn header(response: &IncomingResponse, name: &str) -> Option<String> {
    let value = response.headers().get(name).into_iter().next()?;
    String::from_utf8(value).ok()
}

/// The request with its body and the body's stream; where the host refuses a part of it, which part.
fn outgoing_request(
    request: &Request<'_>,
) -> Result<(OutgoingRequest, OutgoingBody, OutputStream), &'static str> {
    let headers = request.headers.iter();
    let mut entries: Vec<(String, Vec<u8>)> = headers
        .map(|(name, value)| ((*name).to_string(), value.as_bytes().to_vec()))
        .collect();
    // Always: without it a body that ends a byte short ends normally, in chunks, and the proof is gone.
    let length = request.body.len().to_string();
    entries.push(("content-length".to_string(), length.into_bytes()));
    let outgoing = OutgoingRequest::new(Fields::from_list(&entries).map_err(|_| "headers")?);
    let scheme = if request.url.tls {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let method = outgoing.set_method(&request.method);
    method.map_err(|()| "method")?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| "scheme")?;
    let authority = outgoing.set_authority(Some(&request.url.authority));
    authority.map_err(|()| "host name")?;
    let path = outgoing.set_path_with_query(Some(&request.url.path));
    path.map_err(|()| "path")?;
    let body = outgoing.body().map_err(|()| "body")?;
    let stream = body.write().map_err(|()| "body")?;
    Ok((outgoing, body, stream))
}

fn timed_out(when: &str) -> Failure {
    let message = format!("The deadline passed {when}.");
    Failure::new(FailureKind::Timeout, Turn::Provider, message)
}

fn late() -> SendError {
    SendError::NotSent(timed_out("before the request was complete"))
}
