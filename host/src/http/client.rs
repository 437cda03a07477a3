//! The HTTP/1.1 client of a host's plugins.
//!
//! HTTP/1.1, because connectors prove *not sent* by what a connection took, and there one request owns one
//! connection. No redirects, no decompression, and no second attempt: only a request of which nothing was written goes
//! on to another connection.
//!
//! hyper writes and reads. The pool is this crate's: hyper-util's shares connections by origin alone, lets a dial outlive
//! the request that began it, and takes a kept connection for usable until its task is polled.

use super::canned;
use super::connection::{Connection, Unanswered, is_unambiguous};
use super::error::{self, Full};
use super::heads::{HEAD_BYTES, Heads};
use super::pool::{Key, Pool};
use super::request_body::RequestBody;
use super::response_body::{NoAnswer, ResponseBody, Source};
use super::slots::Caller;
use crate::error::BuildError;
use crate::limits::Limits;
use crate::options::{CannedAnswer, HostOptions};
use crate::report::Entry;
use auth_connector_egress::{Dialer, Network, Origin};
use http::header::{CONTENT_LENGTH, PROXY_AUTHORIZATION};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use std::error::Error as StdError;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;
use wasmtime_wasi::runtime::{self, AbortOnDropJoinHandle};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// hyper's buffer for a response head. Its own limit is on the buffer and not on what went through it: see `heads`.
const BUFFER: usize = 64 << 10;

/// One network: authorities to trust, and a proxy.
#[derive(Clone)]
pub(crate) struct Client {
    dialer: Dialer,
    pool: Arc<Pool>,
    #[cfg(test)]
    limits: Arc<Limits>,
    canned: Option<CannedAnswer>,
    key: [u8; 32],
}

/// A response, and the task that works on for it.
pub(crate) type Sent = (Response<WasiBody>, AbortOnDropJoinHandle<()>);

impl Client {
    /// `key` identifies the network among those of the host.
    pub(crate) fn new(
        options: &HostOptions,
        network: &Network,
        pool: Arc<Pool>,
        key: [u8; 32],
    ) -> Result<Self, BuildError> {
        let (overrides, permitted) = (&options.resolve, &options.permitted_networks);
        let own = options.own_listeners.clone();
        Ok(Self {
            dialer: Dialer::new(network, overrides.clone(), permitted.clone(), own)?,
            pool,
            #[cfg(test)]
            limits: Arc::new(options.limits.clone()),
            canned: options.canned.clone(),
            key,
        })
    }

    /// Prepares for TLS, so that the first send need not.
    pub(crate) fn warm_up(&self) {
        self.dialer.warm_up();
    }

    /// One that trusts no authority.
    #[cfg(test)]
    pub(super) fn for_tests(options: &HostOptions) -> Arc<Self> {
        let network = Network {
            system_roots: false,
            ..options.network()
        };
        let pool = Pool::new(&options.limits);
        Arc::new(Self::new(options, &network, pool, [0; 32]).unwrap())
    }

    #[cfg(test)]
    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// [`Self::send_within`] the host's own limits.
    #[cfg(test)]
    pub(crate) async fn send(
        self: Arc<Self>,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        entry: Entry,
    ) -> Result<Response<WasiBody>, Error> {
        let limits = self.limits.clone();
        let options = options.unwrap_or_default();
        let caller = Caller::default();
        let sent = self.send_within(limits, caller, request, options, entry);
        sent.await.map(|(response, _)| response)
    }

    /// Sends a request that the policy let through, for a plugin whose limits may be narrower than the host's.
    pub(crate) async fn send_within(
        self: Arc<Self>,
        limits: Arc<Limits>,
        caller: Caller,
        mut request: Request<WasiBody>,
        options: RequestOptions,
        entry: Entry,
    ) -> Result<Sent, Error> {
        let waits = Waits::clamped(options, &limits);
        if let Some(authorization) = self.dialer.authorization(request.uri()) {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, authorization);
        }
        let length = announced(&request);
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            // Without a length hyper sends none of it, and the policy refuses one with a length.
            request = request.map(|_| Empty::new().map_err(|never| match never {}).boxed_unsync());
        }
        let request = request
            .map(|body| RequestBody::new(body, length, limits.request_body_bytes, entry.clone()));
        if let Some(answer) = &self.canned {
            let answered = canned::answer(answer, request, limits.response_body_bytes, entry);
            return Ok((answered.await?, runtime::spawn(async {})));
        }
        let asked = Asked {
            method: request.method().clone(),
            has_body: !request.body().is_empty(),
            key: Arc::new(Key {
                caller,
                network: self.key,
                origin: Origin::of(request.uri()).map_err(|_| Error::HttpRequestUriInvalid)?,
                runtime: Handle::current().id(),
            }),
        };
        let (connection, response) = self.exchange(request, &asked.key, &waits, &entry).await?;
        entry.update(|exchange| {
            exchange.status = Some(response.status().as_u16());
            exchange.first_byte = Some(entry.start.elapsed());
        });
        Ok(self.respond(asked, connection, response, &limits, &waits, entry))
    }

    /// The first connection that takes the request, and the head of the response.
    async fn exchange(
        &self,
        mut request: Request<RequestBody>,
        key: &Arc<Key>,
        waits: &Waits,
        entry: &Entry,
    ) -> Result<(Box<Connection>, Response<Incoming>), Error> {
        let target = request.uri().clone();
        loop {
            let kept = self.pool.take(key);
            let is_fresh = kept.is_none();
            let mut connection = match kept {
                Some(connection) => connection,
                None => {
                    let dialled = self.dial(key, waits.connect).await;
                    dialled.map_err(|error| {
                        note_cause(entry, &*error);
                        error::of_request(&*error)
                    })?
                }
            };
            note_connection(&connection, entry);
            *request.uri_mut() = on_the_wire(&target, connection.proxied);
            let answered = timeout(waits.first_byte, connection.send(request)).await;
            note_heads(connection.progress.heads(), entry);
            let error = match answered {
                Err(_) => return Err(Error::ConnectionReadTimeout),
                Ok(Ok(response)) => return Ok((connection, response)),
                Ok(Err(Unanswered::Unused(unused, _))) if !is_fresh => {
                    entry.update(|exchange| exchange.discarded_connections += 1);
                    request = *unused;
                    continue;
                }
                Ok(Err(Unanswered::Unused(_, error) | Unanswered::Failed(error))) => error,
                Ok(Err(Unanswered::Ended)) => return Err(Error::ConnectionTerminated),
            };
            note_cause(entry, &error);
            return Err(error::of_request(&error));
        }
    }

    async fn dial(
        &self,
        key: &Key,
        patience: Duration,
    ) -> Result<Box<Connection>, Box<dyn StdError + Send + Sync>> {
        let owner = &key.caller.owner;
        let slot = timeout(patience, self.pool.slot(owner)).await;
        let slot = slot.ok().flatten().ok_or(Full)?;
        let extra = || self.pool.extra_slot(owner);
        let dialled = self.dialer.dial(&key.origin, patience, extra).await?;
        Ok(Connection::open(dialled, slot, BUFFER).await?)
    }

    /// Builds the guest's response, and decides what happens to the connection.
    fn respond(
        &self,
        asked: Asked,
        mut connection: Box<Connection>,
        response: Response<Incoming>,
        limits: &Limits,
        waits: &Waits,
        entry: Entry,
    ) -> Sent {
        let boxed = |body, source, entry| {
            let (most, patience) = (limits.response_body_bytes, waits.between_bytes);
            ResponseBody::boxed(body, source, most, patience, entry)
        };
        if connection.progress.answered_early() {
            let claims_success = response.status().is_success();
            // The guest may go on writing while the response is not read.
            let driven = entry.clone();
            let driving = runtime::spawn(async move {
                poll_fn(|cx| match connection.drive(cx) {
                    true => Poll::Ready(()),
                    false => Poll::Pending,
                })
                .await;
                drop(driven);
            });
            let response = response.map(|body| match claims_success {
                true => NoAnswer::boxed(),
                false => boxed(body, None, entry),
            });
            return (response, driving);
        }
        let kept = is_unambiguous(&asked.method, asked.has_body, &response)
            .then(|| (self.pool.clone(), asked.key));
        let source = Source { connection, kept };
        let response = response.map(|body| {
            if body.is_end_stream() {
                source.finish();
                boxed(body, None, entry)
            } else {
                boxed(body, Some(source), entry)
            }
        });
        (response, runtime::spawn(async {}))
    }
}

/// Properties of a request that decide whether its connection is kept, and under which key.
struct Asked {
    method: Method,
    has_body: bool,
    key: Arc<Key>,
}

/// The announced length of a request's body. The policy lets one through at most, of digits alone.
fn announced<T>(request: &Request<T>) -> Option<u64> {
    let length = request.headers().get(CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// The request's target: a path, or for a proxy that reads it the whole (RFC 9112, section 3.2).
fn on_the_wire(target: &Uri, proxied: bool) -> Uri {
    if proxied {
        return target.clone();
    }
    target
        .path_and_query()
        .map_or_else(Uri::default, |path| Uri::from(path.clone()))
}

/// Notes a cause that only an operator can mend, which the guest's error codes cannot express.
fn note_cause(entry: &Entry, error: &(dyn StdError + 'static)) {
    if let Some(shown) = error::shown(error) {
        entry.update(|exchange| exchange.error = Some(shown));
    }
}

fn note_connection(connection: &Connection, entry: &Entry) {
    let report = connection.report;
    entry.update(|exchange| {
        exchange.reused_connection = connection.reused;
        exchange.dns = report.dns;
        exchange.connect = Some(report.connect);
        exchange.tls = report.tls;
    });
}

fn note_heads(heads: Heads, entry: &Entry) {
    entry.update(|exchange| {
        exchange.response_head_bytes = heads.bytes.min(HEAD_BYTES);
        exchange.interim_answers = heads.interim;
    });
}

/// The guest's timeouts, never above the host's. Wasmtime's own default is 600 s for each.
struct Waits {
    connect: Duration,
    first_byte: Duration,
    between_bytes: Duration,
}

impl Waits {
    fn clamped(asked: RequestOptions, limits: &Limits) -> Self {
        let cap =
            |asked: Option<Duration>, cap: Duration| asked.map_or(cap, |asked| asked.min(cap));
        Self {
            connect: cap(asked.connect_timeout, limits.connect_timeout),
            first_byte: cap(asked.first_byte_timeout, limits.call_timeout),
            between_bytes: cap(asked.between_bytes_timeout, limits.call_timeout),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_can_only_shorten_host_timeouts() {
        let limits = Limits::default();
        let asked = RequestOptions {
            connect_timeout: Some(Duration::from_secs(1)),
            first_byte_timeout: Some(Duration::from_secs(3600)),
            between_bytes_timeout: None,
        };
        let waits = Waits::clamped(asked, &limits);
        assert_eq!(waits.connect, Duration::from_secs(1));
        assert_eq!(waits.first_byte, limits.call_timeout);
        assert_eq!(waits.between_bytes, limits.call_timeout);
    }
}
