//! `wasi:http` with a proof of *not sent*: the last byte of the body is withheld until the connection has taken
//! the rest.
//!
//! Runtimes report transport errors so differently that the codes alone prove little. What proves something is
//! what was never handed over. The body ends with the brace that closes the JSON object, and its hash is signed:
//! without the last byte no server can act on the request, however a host buffers, truncates or re-chunks it.
//!
//! So everything that goes wrong before the release of that byte is *not sent*. After it, only errors that
//! exclude a connection are; everything else is *unknown*.
//!
//! Nothing here blocks without a deadline: no `blocking-` call, no `flush` (it does nothing in Wasmtime and
//! blocks under jco). The response is looked at before the stream, because jco leaves the stream open after a
//! failure and a guest that polls the stream alone would spin.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use super::bindings::wasi::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use super::bindings::wasi::io::poll::{Pollable, poll};
use super::bindings::wasi::io::streams::{OutputStream, StreamError};
use super::outgoing;
use crate::api::Request;
use crate::connector::{Host, HttpAnswer};
use crate::contract::{Failure, FailureKind, SendError, Turn};
use crate::http_error::{self, ErrorCode};
use crate::json;
use crate::outcome::AMBIGUOUS;
use crate::packed::packed;
use crate::text::{decimal, join};

const MS: u64 = 1_000_000;

/// The most bytes in one write. Wasmtime's body channel holds two writes, jco buffers 16 KB.
const CHUNK: usize = 16_384;

/// How long to look for a refusal between the connection's taking the body and the release, in nanoseconds.
/// `tests/races.rs` on a machine of its own: 45 to 50 of 50 resets on accept and early refusals end as *not sent*;
/// without it none of 50 early refusals did. A kept connection that dies later than this is still *unknown*.
const SETTLE: u64 = MS;

/// A connection that took the body within this many nanoseconds is in use: a new one takes one round trip or three, and
/// the host of this repository begins a body later than this on a connection that is new or was idle. What would refuse
/// it at once did so long ago, servers close connections that idle, and the next refusal is a round trip away: there is
/// nothing to settle.
const KEPT: u64 = 500_000;

/// How long a broken stream is given to say why, in nanoseconds.
const REASON: u64 = 200 * MS;

/// The world as the component sees it: WASI clocks and HTTP.
pub struct WasiHost {
    started: u64,
}

impl WasiHost {
    /// Begins a call: deadlines count from here.
    pub fn new() -> Self {
        Self {
            started: monotonic_clock::now(),
        }
    }
}

impl Host for WasiHost {
    fn unix_time_s(&mut self) -> u64 {
        wall_clock::now().seconds
    }

    fn exchange(
        &mut self,
        request: &Request<'_>,
        deadline_ms: u32,
    ) -> Result<HttpAnswer, SendError> {
        let at = self.started.saturating_add(u64::from(deadline_ms) * MS);
        let exchange = Exchange::begin(request, at)?;
        let (last, rest) = request
            .body
            .split_last()
            .ok_or_else(|| not_sent(refused_by_host()))?;
        exchange.upload(rest)?;
        exchange.settle()?;
        let (response, deadline) = exchange.release(*last)?.response()?;
        read_answer(&response, &deadline)
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

/// An answer to come.
struct Pending {
    ready: Pollable,
    response: FutureIncomingResponse,
}

impl Pending {
    /// The answer or the reason that there is none, once it is known.
    fn get(&self) -> Option<Result<IncomingResponse, ErrorCode>> {
        outgoing::response(&self.response)
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
                packed!(
                    "The deadline passed before the request was begun. Give the call more time."
                )
                .text(),
            )));
        };
        // A host without one of these timeouts says so; the deadline here holds all the same.
        let _ = options.set_connect_timeout(Some(left));
        let _ = options.set_first_byte_timeout(Some(left));
        let response = outgoing::handle(outgoing, options)
            .map_err(|code| not_sent(http_error::failure(code)))?;
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

    /// Waits until there is something to see, and looks. The response comes before the deadline, and both before the
    /// stream.
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
            None => not_sent(http_error::failure(ErrorCode::ConnectionTerminated)),
        }
    }

    /// Hands over the last byte. From here on the request may be acted upon.
    fn release(self, last: u8) -> Result<Released, SendError> {
        let Self {
            writable,
            stream,
            body,
            pending,
            deadline,
            begun: _,
        } = self;
        let written = stream.write(&[last]);
        drop(writable);
        // Wasmtime reports the stream closed once the length is consumed, even on success: not to be touched.
        drop(stream);
        let released = Released { pending, deadline };
        match (written, outgoing::finish(body)) {
            (Ok(()), Ok(())) => Ok(released),
            // The connection's own reason says more than the stream's.
            _ => match released.response() {
                Ok(_) => Err(unknown(http_error::failure(
                    ErrorCode::ConnectionTerminated,
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
                Some(Err(code)) if http_error::excludes_delivery(code) => {
                    return Err(not_sent(http_error::failure(code)));
                }
                Some(Err(code)) => return Err(unknown(http_error::failure(code))),
                None if passed => return Err(unknown(timed_out("before the provider answered"))),
                None => {}
            }
        }
    }
}

/// An answer before the request was complete. An error or a refusal proves that nothing was sent; a server that
/// says yes to half a request proves nothing.
fn answered_early(early: Result<IncomingResponse, ErrorCode>) -> SendError {
    match early {
        Err(code) => not_sent(http_error::failure(code)),
        Ok(response) => {
            let status = response.status();
            let failure = |what: &str| {
                let status = decimal(status.into());
                let message = join(&[
                    "The provider answered with HTTP status ",
                    &status,
                    " before ",
                    what,
                    ".",
                ]);
                Failure::new(FailureKind::Provider, Turn::Provider, message)
            };
            if (200..300).contains(&status) {
                unknown(failure("it had the request"))
            } else {
                not_sent(failure("it had the request, and so refused it"))
            }
        }
    }
}

fn read_answer(response: &IncomingResponse, deadline: &Deadline) -> Result<HttpAnswer, SendError> {
    let broken = || unknown(http_error::failure(ErrorCode::HttpResponseIncomplete));
    let date = response.headers().get("date").into_iter().next();
    let date = date.and_then(|value| String::from_utf8(value).ok());
    let incoming = response.consume().map_err(|()| broken())?;
    let stream = incoming.stream().map_err(|()| broken())?;
    // Mostly the answer is there at once, and nobody has to wait for it.
    let mut readable = None;
    let mut passed = false;
    let mut body = Vec::new();
    loop {
        // One byte more than is read by the JSON room tells a body at the bound from one beyond it.
        let room = json::MAX_BYTES + 1 - body.len();
        match stream.read(room.min(CHUNK) as u64) {
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
            Ok(bytes) if bytes.is_empty() && passed => {
                return Err(unknown(timed_out("before the answer was complete")));
            }
            Ok(bytes) if bytes.is_empty() => {
                passed = deadline.wait(&[readable.get_or_insert_with(|| stream.subscribe())]);
            }
            Ok(bytes) => body.extend_from_slice(&bytes),
        }
        if body.len() > json::MAX_BYTES {
            return Err(unknown(Failure::new(
                FailureKind::Provider,
                Turn::Provider,
                join(&[
                    "The answer is longer than ",
                    &decimal(json::MAX_BYTES as u64),
                    " bytes.",
                ]),
            )));
        }
    }
    Ok(HttpAnswer {
        status: response.status(),
        date,
        body,
    })
}

/// `None` when the host refuses a part of it, which no host does with these parts.
fn outgoing_request(request: &Request<'_>) -> Option<OutgoingRequest> {
    let mut entries: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_string(), value.as_bytes().to_vec()))
        .collect();
    // Always: without it a body that ends a byte short ends normally, in chunks, and the proof is gone.
    entries.push((
        "content-length".to_string(),
        decimal(request.body.len() as u64).into_bytes(),
    ));
    let outgoing = OutgoingRequest::new(Fields::from_list(&entries).ok()?);
    outgoing.set_method(&Method::Post).ok()?;
    outgoing
        .set_scheme(Some(&if request.tls {
            Scheme::Https
        } else {
            Scheme::Http
        }))
        .ok()?;
    outgoing.set_authority(Some(request.authority)).ok()?;
    outgoing.set_path_with_query(Some("/")).ok()?;
    Some(outgoing)
}

fn refused_by_host() -> Failure {
    Failure::new(
        FailureKind::Unreachable,
        Turn::Host,
        packed!("The component's host did not let the request be built. Check that it implements wasi:http 0.2.").text(),
    )
}

fn timed_out(when: &str) -> Failure {
    Failure::new(
        FailureKind::Timeout,
        Turn::Provider,
        join(&["The deadline passed ", when, "."]),
    )
}

fn late() -> SendError {
    not_sent(timed_out("before the request was complete"))
}

fn not_sent(failure: Failure) -> SendError {
    SendError::NotSent(failure)
}

fn unknown(mut failure: Failure) -> SendError {
    failure.message = join(&[&failure.message, " ", AMBIGUOUS]);
    SendError::Unknown(failure)
}
