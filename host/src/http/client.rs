//! One pooled HTTP/1.1 client for all plugins of a host.
//!
//! HTTP/1.1, because connectors prove *not sent* by what a connection took, and there one request owns one
//! connection. No redirects, no decompression, and no second attempt: hyper-util's own retry of cancelled
//! requests is off, so one request is written at most once.

use super::body::{RequestBody, ResponseBody};
use super::dial::{DialReport, Dialer};
use super::tls::Trust;
use super::{canned, fault};
use crate::limits::Limits;
use crate::network::Proxy;
use crate::options::{CannedAnswer, HostOptions};
use crate::report::Entry;
use http::header::PROXY_AUTHORIZATION;
use http::{Extensions, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, capture_connection};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// The largest response head, in bytes. Servers rarely send more than 8 KiB.
const RESPONSE_HEAD: usize = 64 << 10;

/// Whether hyper-util may send a request again whose connection was closed before it took any of it. Off: what a
/// connection took is the connector's evidence, so nobody else may try again behind its back.
const RETRY: bool = false;

/// The way out.
#[derive(Clone)]
pub(crate) struct Gateway {
    client: Client<Dialer, RequestBody>,
    dialer: Dialer,
    limits: Arc<Limits>,
    canned: Option<CannedAnswer>,
    key: [u8; 32],
}

impl Gateway {
    pub(crate) fn new(options: &HostOptions, trust: Trust, proxy: Option<Proxy>) -> Self {
        let dialer = Dialer::new(
            trust,
            proxy,
            options.resolve.clone(),
            options.permitted_networks.clone(),
            options.limits.connect_timeout,
        );
        Self {
            canned: options.canned.clone(),
            ..Self::dialling(dialer, Arc::new(options.limits.clone()), RETRY)
        }
    }

    pub(super) fn dialling(dialer: Dialer, limits: Arc<Limits>, retry: bool) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits.idle_timeout)
            .pool_max_idle_per_host(limits.idle_connections)
            .http1_max_buf_size(RESPONSE_HEAD)
            .retry_canceled_requests(retry)
            .set_host(false)
            .build(dialer.clone());
        Self {
            client,
            dialer,
            limits,
            canned: None,
            key: [0; 32],
        }
    }

    /// The same network, with connections and TLS sessions of its own.
    pub(crate) fn apart(&self) -> Self {
        Self {
            key: self.key,
            canned: self.canned.clone(),
            ..Self::dialling(self.dialer.apart(), self.limits.clone(), RETRY)
        }
    }

    /// The same, told apart from other networks by this.
    pub(crate) fn known_as(mut self, key: [u8; 32]) -> Self {
        self.key = key;
        self
    }

    pub(crate) fn key(&self) -> [u8; 32] {
        self.key
    }

    /// Prepares for TLS, so that the first send need not.
    pub(crate) fn warm_up(&self) {
        self.dialer.warm_up();
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
        self.send_within(limits, request, options, entry).await
    }

    /// Sends a request that the hook has let through, for a plugin whose limits may be narrower than the host's.
    pub(crate) async fn send_within(
        self: Arc<Self>,
        limits: Arc<Limits>,
        mut request: Request<WasiBody>,
        options: RequestOptions,
        entry: Entry,
    ) -> Result<Response<WasiBody>, Error> {
        let waits = Waits::clamped(options, &limits);
        if let Some(authorization) = self.dialer.authorization(request.uri()) {
            request
                .headers_mut()
                .insert(PROXY_AUTHORIZATION, authorization);
        }
        let mut captured = capture_connection(&mut request);
        let request = request.map(|body| {
            RequestBody::new(
                body,
                captured.clone(),
                limits.request_body_bytes,
                entry.clone(),
            )
        });
        if let Some(answer) = &self.canned {
            return canned::answer(answer, request, limits.response_body_bytes, entry).await;
        }
        let mut sending = pin!(self.client.request(request));
        let connected = async {
            let connected = captured.wait_for_connection_metadata().await;
            note_connection(connected.as_ref(), &entry);
        };
        // The guest's connect timeout holds for this request even while the dialler's own, longer one runs on
        // for the pool's benefit.
        let answered = tokio::select! {
            biased;
            outcome = timeout(waits.connect, connected) => match outcome {
                Ok(()) => timeout(waits.first_byte, sending).await.map_err(|_| Error::ConnectionReadTimeout)?,
                Err(_) => return Err(Error::ConnectionTimeout),
            },
            answered = &mut sending => answered,
        };
        let response = answered.map_err(|error| {
            // What the guest is told has no room for a proxy.
            let shown = fault::of_proxy(&error);
            entry.update(|exchange| exchange.error = shown);
            fault::of_request(&error)
        })?;
        entry.update(|exchange| {
            exchange.status = Some(response.status().as_u16());
            exchange.first_byte = Some(entry.start.elapsed());
        });
        Ok(response.map(|body| {
            ResponseBody::boxed(body, limits.response_body_bytes, waits.between_bytes, entry)
        }))
    }
}

fn note_connection(connected: Option<&Connected>, entry: &Entry) {
    let mut extras = Extensions::new();
    if let Some(connected) = connected {
        connected.get_extras(&mut extras);
    }
    let Some(report) = extras.get::<DialReport>() else {
        return;
    };
    let used_before = report.uses.fetch_add(1, Ordering::Relaxed) > 0;
    entry.update(|exchange| {
        exchange.reused_connection = used_before;
        exchange.dns = report.dns;
        exchange.connect = Some(report.connect);
        exchange.tls = report.tls;
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
    fn a_guest_can_shorten_the_hosts_timeouts_and_not_lengthen_them() {
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
