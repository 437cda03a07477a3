//! The transport over `wasi:http`: withholds the last byte of the body until the connection has taken the rest.
//!
//! Runtimes report transport errors so differently that the codes alone prove little. What was never handed over
//! proves more: a JSON body ends with the brace that closes it, and without that byte no server can act on the
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

use super::{MAX_BODY_BYTES, Method, Request, Response, Transport, error};
use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::bindings::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method as WasiMethod,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::poll::{Pollable, poll};
use crate::bindings::wasi::io::streams::{OutputStream, StreamError};
use crate::contract::{Failure, FailureKind, SendError, Turn};

const MS: u64 = 1_000_000;

/// The most bytes in one write. Wasmtime's body channel holds two writes, jco buffers 16 KB.
const CHUNK: usize = 16_384;

/// How long to wait for a refusal once the connection has taken all but the last byte, in nanoseconds.
/// `tests/races.rs` shows what it gives: 45 to 50 of 50 resets on accept and early refusals end as *not sent*, and
/// none of 50 early refusals without it. A kept connection that dies later than this is still *unknown*.
const SETTLE: u64 = MS;

/// A connection that took the body within this many nanoseconds is a kept one: a new one takes one round trip or
/// three. Nothing is waited for on it, because its next refusal is a round trip away; the host of this repository
/// examines the socket of a kept connection itself, before the first byte and before the last.
const KEPT: u64 = 500_000;

/// How long a broken stream is given to say why, in nanoseconds.
const REASON: u64 = 200 * MS;

/// The transport of a component: WASI's clocks and HTTP.
pub struct WasiTransport {
    started: u64,
}

impl WasiTransport {
    /// Begins a call: deadlines count from here.
    #[must_use]
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
        let exchange = Exchange::begin(request, at)?;
        let released = match request.body.split_last() {
            Some((last, rest)) => {
                exchange.upload(rest)?;
                exchange.settle()?;
                exchange.release(&[*last])?
            }
            // Nothing to withhold: the request is complete without a body.
            None => exchange.release(&[])?,
        };
        let (response, deadline) = released.response()?;
        read_response(&response, &deadline)
    }
}

/// The moment by which the call must be over.
struct Deadline {
    at: u64,
    /// Made once, because each crossing to the host costs as much as reading a small config.
    passes: Pollable,
}

impl Deadline {
    fn new(at: u64) -> Self {
        Self {
            at,
            passes: monotonic_clock::subscribe_instant(at),
        }
    }

    /// Waits until one of the pollables is ready, or the deadline passes: then it says so.
    fn wait(&self, pollables: &[&Pollable]) -> bool {
        let mut all: Vec<&Pollable> = pollables.to_vec();
        all.push(&self.passes);
        poll(&all)
            .iter()
            .any(|ready| *ready as usize == pollables.len())
    }

    /// Waits for one, but no longer than so many nanoseconds.
    fn wait_at_most(&self, limit: u64, pollable: &Pollable) {
        poll(&[
            pollable,
            &monotonic_clock::subscribe_duration(limit),
            &self.passes,
        ]);
    }
}

/// A request that has begun and whose last byte is still here.
///
/// Fields are dropped in order, and a child must go before its parent or the host traps: pollable, stream, body.
/// A body that is dropped unfinished is not sent as if it were complete.
struct Exchange {
    writable: Pollable,
    stream: OutputStream,
    body: OutgoingBody,
    pending: Pending,
    deadline: Deadline,
    /// When it was handed to the host, by the monotonic clock.
    begun: u64,
}

/// A response to come.
struct Pending {
    ready: Pollable,
    response: FutureIncomingResponse,
}

impl Pending {
    /// The response or the reason that there is none, once it is known.
    fn get(&self) -> Option<Result<IncomingResponse, ErrorCode>> {
        // The outer error is for a second call after the result was taken, which no caller makes.
        let result = self.response.get()?;
        Some(result.unwrap_or(Err(ErrorCode::InternalError(None))))
    }
}

impl Exchange {
    fn begin(request: &Request<'_>, at: u64) -> Result<Self, SendError> {
        let outgoing = outgoing_request(request).ok_or_else(|| not_sent(refused_by_host()))?;
        let body = outgoing.body().map_err(|()| not_sent(refused_by_host()))?;
        let stream = body.write().map_err(|()| not_sent(refused_by_host()))?;
        let options = RequestOptions::new();
        let begun = monotonic_clock::now();
        // Never zero: Wasmtime before 48.0.4 panicked on that.
        let Some(left) = at.checked_sub(begun).filter(|left| *left > 0) else {
            return Err(not_sent(Failure::new(
                FailureKind::Timeout,
                Turn::Caller,
                "The deadline passed before the request was begun. Give the call more time.",
            )));
        };
        // A host without one of these timeouts says so; the deadline here holds all the same.
        let _ = options.set_connect_timeout(Some(left));
        let _ = options.set_first_byte_timeout(Some(left));
        let response = outgoing_handler::handle(outgoing, Some(options))
            .map_err(|code| not_sent(error::failure(&code)))?;
        let writable = stream.subscribe();
        let pending = Pending {
            ready: response.subscribe(),
            response,
        };
        Ok(Self {
            writable,
            stream,
            body,
            pending,
            deadline: Deadline::new(at),
            begun,
        })
    }

    /// Writes all of the body but its last byte, and waits until the connection has taken it. The first byte
    /// goes alone: the channel to the connection holds two writes, so readiness after the second one means that
    /// the connection took the first.
    fn upload(&self, bytes: &[u8]) -> Result<(), SendError> {
        let mut rest = bytes;
        let mut limit = 1;
        loop {
            match self.permitted()? {
                0 => self.wait()?,
                _ if rest.is_empty() => return self.look(),
                permitted => {
                    let length = rest.len().min(limit).min(permitted);
                    let (chunk, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    self.stream.write(chunk).map_err(|_| self.broken())?;
                    rest = after;
                    limit = CHUNK;
                }
            }
        }
    }

    /// Gives a refusal that is already on its way the chance to arrive, and looks once more.
    fn settle(&self) -> Result<(), SendError> {
        let now = monotonic_clock::now();
        if now >= self.deadline.at {
            return Err(late());
        }
        if now.saturating_sub(self.begun) < KEPT {
            return Ok(());
        }
        self.deadline.wait_at_most(SETTLE, &self.pending.ready);
        self.look()?;
        while self.permitted()? == 0 {
            self.wait()?;
        }
        Ok(())
    }

    /// Waits until something changes, and examines it: the response first, then the deadline, then the stream.
    fn wait(&self) -> Result<(), SendError> {
        let passed = self.deadline.wait(&[&self.pending.ready, &self.writable]);
        self.look()?;
        if passed { Err(late()) } else { Ok(()) }
    }

    /// Ends the exchange if the response is there already.
    fn look(&self) -> Result<(), SendError> {
        match self.pending.get() {
            Some(early) => Err(answered_early(early)),
            None => Ok(()),
        }
    }

    /// How many bytes the stream takes now.
    fn permitted(&self) -> Result<usize, SendError> {
        let permitted = self.stream.check_write().map_err(|_| self.broken())?;
        Ok(usize::try_from(permitted).unwrap_or(usize::MAX))
    }

    /// The stream broke before the release: nothing was sent, and the response may say why.
    fn broken(&self) -> SendError {
        self.deadline.wait_at_most(REASON, &self.pending.ready);
        match self.pending.get() {
            Some(early) => answered_early(early),
            None => not_sent(error::failure(&ErrorCode::ConnectionTerminated)),
        }
    }

    /// Hands over the last byte. From here on the request may be acted upon.
    fn release(self, last: &[u8]) -> Result<Released, SendError> {
        let Self {
            writable,
            stream,
            body,
            pending,
            deadline,
            begun: _,
        } = self;
        let written = if last.is_empty() {
            Ok(())
        } else {
            stream.write(last)
        };
        drop(writable);
        // Wasmtime reports the stream closed once the length is consumed, even on success: not to be touched.
        drop(stream);
        let released = Released { pending, deadline };
        match (written, OutgoingBody::finish(body, None)) {
            (Ok(()), Ok(())) => Ok(released),
            // The connection's own reason says more than the stream's.
            _ => match released.response() {
                Ok(_) => Err(SendError::unknown(error::failure(
                    &ErrorCode::ConnectionTerminated,
                ))),
                Err(error) => Err(error),
            },
        }
    }
}

/// A request that was handed over whole.
struct Released {
    pending: Pending,
    deadline: Deadline,
}

impl Released {
    fn response(self) -> Result<(IncomingResponse, Deadline), SendError> {
        loop {
            let passed = self.deadline.wait(&[&self.pending.ready]);
            match self.pending.get() {
                Some(Ok(response)) => return Ok((response, self.deadline)),
                Some(Err(code)) if error::excludes_delivery(&code) => {
                    return Err(not_sent(error::failure(&code)));
                }
                Some(Err(code)) => return Err(SendError::unknown(error::failure(&code))),
                None if passed => {
                    return Err(SendError::unknown(timed_out(
                        "before the provider answered",
                    )));
                }
                None => {}
            }
        }
    }
}

/// A response before the request was complete. An error or a refusal proves that nothing was sent; a server that
/// accepts half a request proves nothing.
fn answered_early(early: Result<IncomingResponse, ErrorCode>) -> SendError {
    match early {
        Err(code) => not_sent(error::failure(&code)),
        Ok(response) => {
            let status = response.status();
            let failure = |what: &str| {
                let message =
                    format!("The provider answered with HTTP status {status} before {what}.");
                Failure::new(FailureKind::Provider, Turn::Provider, message)
            };
            if (200..300).contains(&status) {
                SendError::unknown(failure("it had the request"))
            } else {
                not_sent(failure("it had the request, and so refused it"))
            }
        }
    }
}

fn read_response(response: &IncomingResponse, deadline: &Deadline) -> Result<Response, SendError> {
    let broken = || SendError::unknown(error::failure(&ErrorCode::HttpResponseIncomplete));
    let date = response.headers().get("date").into_iter().next();
    let date = date.and_then(|value| String::from_utf8(value).ok());
    let incoming = response.consume().map_err(|()| broken())?;
    let stream = incoming.stream().map_err(|()| broken())?;
    // Mostly the body is there at once, and nobody has to wait for it.
    let mut readable = None;
    let mut passed = false;
    let mut body = Vec::new();
    loop {
        // One byte more than allowed tells a body at the bound from one beyond it.
        let allowed = MAX_BODY_BYTES + 1 - body.len();
        match stream.read(allowed.min(CHUNK) as u64) {
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
            Ok(bytes) if bytes.is_empty() && passed => {
                return Err(SendError::unknown(timed_out(
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
            return Err(SendError::unknown(Failure::new(
                FailureKind::Provider,
                Turn::Provider,
                message,
            )));
        }
    }
    Ok(Response {
        status: response.status(),
        date,
        body,
    })
}

/// `None` when the host refuses a part of it, which no host does with a valid request.
fn outgoing_request(request: &Request<'_>) -> Option<OutgoingRequest> {
    let mut entries: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_string(), value.as_bytes().to_vec()))
        .collect();
    // Always: without it a body that ends a byte short ends normally, in chunks, and the proof is gone.
    entries.push((
        "content-length".to_string(),
        request.body.len().to_string().into_bytes(),
    ));
    let outgoing = OutgoingRequest::new(Fields::from_list(&entries).ok()?);
    outgoing
        .set_method(match request.method {
            Method::Get => &WasiMethod::Get,
            Method::Post => &WasiMethod::Post,
            Method::Put => &WasiMethod::Put,
            Method::Patch => &WasiMethod::Patch,
            Method::Delete => &WasiMethod::Delete,
        })
        .ok()?;
    let scheme = if request.tls {
        Scheme::Https
    } else {
        Scheme::Http
    };
    outgoing.set_scheme(Some(&scheme)).ok()?;
    outgoing.set_authority(Some(&request.authority)).ok()?;
    outgoing.set_path_with_query(Some(&request.path)).ok()?;
    Some(outgoing)
}

fn refused_by_host() -> Failure {
    Failure::new(
        FailureKind::Unreachable,
        Turn::Host,
        "The component's host did not let the request be built. Check that it implements wasi:http 0.2.",
    )
}

fn timed_out(when: &str) -> Failure {
    let message = format!("The deadline passed {when}.");
    Failure::new(FailureKind::Timeout, Turn::Provider, message)
}

fn late() -> SendError {
    not_sent(timed_out("before the request was complete"))
}

fn not_sent(failure: Failure) -> SendError {
    SendError::NotSent(failure)
}
