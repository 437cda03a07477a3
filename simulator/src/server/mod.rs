//! HTTP/1.1 over TCP or TLS, with access to the connection so that faults can act on it.
//!
//! | path | goes to |
//! |---|---|
//! | `/_sim`, `/_sim/…` | the control plane, [`crate::control`] |
//! | `/_inbox/…`, and `/` for browsers | the inbox page, [`crate::browser`] |
//! | anything else | the API: the service signs the path as `/` whatever it is |
//!
//! Every timeout and size below bounds the resources of one client.

mod abandon;
mod body;
mod replies;
mod socket;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::browser::{self, Content};
use crate::control::{self, Asked, Problem, access::Access};
use crate::fault::Fault;
use crate::gateway::BODY_LIMIT;
use crate::reply::json;
use crate::request::{self, ApiRequest};
use crate::service::Service;
use abandon::Abandon;
use body::{Arrived, ReplyBody};
use replies::{http_date, page, spoilt};
use socket::Socket;

/// Default of the longest wait for a TLS handshake, for the head of a request (idle connections included), and for its
/// body.
pub const DEFAULT_CLIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Largest head of a request. Above, hyper answers 431 and closes.
const HEAD_LIMIT: usize = 256 * 1024;

/// State of the server's shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Not yet.
    No,
    /// Finish the responses under way.
    Gracefully,
    /// Drop everything.
    Now,
}

/// State that all connections share.
pub struct Server {
    /// The simulated service.
    pub service: Arc<Service>,
    /// Leaves the `Date` header out.
    pub omit_date: AtomicBool,
    /// Responds 200 and `{}` without reading the request, for benchmarks.
    pub empty_handler: bool,
    /// Rules for requests to the control plane.
    pub access: Access,
    /// Longest wait for each part of a request.
    pub client_timeout: Duration,
    /// Open connections.
    pub connections: watch::Sender<usize>,
}

/// Counts one connection until it is dropped.
struct Open(watch::Sender<usize>);

impl Open {
    fn new(connections: &watch::Sender<usize>) -> Self {
        connections.send_modify(|open| *open += 1);
        Self(connections.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}

impl Server {
    /// Accepts connections until it is stopped.
    pub async fn run(
        self: Arc<Self>,
        listener: TcpListener,
        tls: Option<TlsAcceptor>,
        mut stop: watch::Receiver<Stop>,
    ) {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = asked_to_stop(&mut stop) => return,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of file descriptors, most likely: give connections time to end.
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            if self.take_fault(None, true).is_some() {
                let _ = stream.set_zero_linger();
                self.service
                    .record_unprocessed(None, false, &[], Fault::CloseOnAccept.name());
                continue;
            }
            // Counted before the task runs, or a stop in between would not wait for it.
            let open = Open::new(&self.connections);
            let connection = self
                .clone()
                .connection(stream, peer, tls.clone(), stop.clone());
            tokio::spawn(async move {
                connection.await;
                drop(open);
            });
        }
    }

    /// Returns when the last connection is closed.
    pub async fn all_answered(&self) {
        let _ = self
            .connections
            .subscribe()
            .wait_for(|open| *open == 0)
            .await;
    }

    async fn connection(
        self: Arc<Self>,
        stream: TcpStream,
        peer: SocketAddr,
        tls: Option<TlsAcceptor>,
        stop: watch::Receiver<Stop>,
    ) {
        // Without it a response in two packets waits 40 ms for a delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let reset = Arc::new(AtomicBool::new(false));
        let socket = Socket::new(stream, reset.clone());
        match tls {
            None => self.serve(socket, peer, reset, stop).await,
            Some(acceptor) => {
                let handshake = tokio::time::timeout(self.client_timeout, acceptor.accept(socket));
                if let Ok(Ok(stream)) = handshake.await {
                    self.serve(stream, peer, reset, stop).await;
                }
            }
        }
    }

    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        self: Arc<Self>,
        stream: S,
        peer: SocketAddr,
        reset: Arc<AtomicBool>,
        mut stop: watch::Receiver<Stop>,
    ) {
        let until = stop.clone();
        let service = service_fn(|request| {
            let (server, reset, stop) = (self.clone(), reset.clone(), until.clone());
            async move { server.answer(request, peer, &reset, stop).await }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.client_timeout)
            .max_buf_size(HEAD_LIMIT)
            .auto_date_header(false)
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // Errors here come from clients that leave or break the protocol, and from faults.
            _ = connection.as_mut() => {}
            () = asked_to_stop(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        reset: &AtomicBool,
        stop: watch::Receiver<Stop>,
    ) -> Result<Response<ReplyBody>, Abandon> {
        let close = request
            .headers()
            .get(header::CONNECTION)
            .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"close"));
        let path = request.uri().path();
        let response = if path == "/_sim" || path.starts_with("/_sim/") {
            self.control(request).await.map(ReplyBody::from)
        } else if browser::is_for(request.method(), path, request.headers()) {
            self.inbox_page(request, stop).await
        } else if self.empty_handler {
            body::read(request.into_body(), BODY_LIMIT, self.client_timeout).await;
            json("{}".to_owned()).map(ReplyBody::from)
        } else {
            self.api(request, peer, reset).await?
        };
        Ok(self.finish(response, close))
    }

    /// The control plane.
    async fn control(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (parts, body) = request.into_parts();
        // Checked before the body is read, which may come from anybody; the refusal is returned after that.
        let admitted = self.access.check(&parts, !body.is_end_stream());
        let arrived = body::read(body, control::BODY_LIMIT, self.client_timeout).await;
        let Arrived::Complete(body) = arrived else {
            return control::problem(&Problem::without_body());
        };
        if let Err(what) = admitted {
            return control::problem(&what);
        }
        let asked = Asked {
            service: &self.service,
            omit_date: &self.omit_date,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body,
        };
        control::answer(&parts.method, parts.uri.path(), &asked).await
    }

    /// The inbox page. Its events require the same access as the control plane.
    async fn inbox_page(
        &self,
        request: Request<Incoming>,
        mut stop: watch::Receiver<Stop>,
    ) -> Response<ReplyBody> {
        let (parts, body) = request.into_parts();
        body::read(body, BODY_LIMIT, self.client_timeout).await;
        let admitted = match browser::is_events(parts.uri.path()) {
            true => self.access.check(&parts, false),
            false => self.access.check_page(&parts),
        };
        if let Err(problem) = admitted {
            return control::problem(&problem).map(ReplyBody::from);
        }
        let stop = async move { asked_to_stop(&mut stop).await };
        browser::answer(&self.service, &parts, stop).map(|content| match content {
            Content::Whole(bytes) => ReplyBody::from(bytes),
            Content::Events(events) => ReplyBody::stream(events),
        })
    }

    /// Adds the headers that every response of the service has.
    fn finish(&self, mut response: Response<ReplyBody>, close: bool) -> Response<ReplyBody> {
        let headers = response.headers_mut();
        headers.insert(header::SERVER, HeaderValue::from_static("nginx"));
        let connection = if close { "close" } else { "keep-alive" };
        headers.insert(header::CONNECTION, HeaderValue::from_static(connection));
        if !self.omit_date.load(Ordering::Relaxed)
            && let Some(date) = http_date(self.service.clock().now_ms())
        {
            headers.insert(header::DATE, date);
        }
        response
    }

    /// One API request, with the fault that applies to it.
    async fn api(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        reset: &AtomicBool,
    ) -> Result<Response<ReplyBody>, Abandon> {
        let (parts, incoming) = request.into_parts();
        let action = request::header(&parts.headers, "X-TC-Action").map(str::to_owned);
        // A browser's request for an icon and a probe of the port are not API requests, and use up no fault.
        let is_call = action.is_some() || parts.method == Method::POST;
        let fault = is_call.then(|| self.take_fault(action.as_deref(), false));
        let fault = fault.flatten();
        let name = fault.as_ref().map(Fault::name);

        let arrived = match &fault {
            Some(Fault::CloseBeforeReading | Fault::HangBeforeReading) => {
                body::what_is_here(incoming, 0).await
            }
            Some(Fault::ReadHalfThenClose) => {
                let half = incoming.size_hint().exact().unwrap_or(0).div_ceil(2);
                body::what_is_here(incoming, half).await
            }
            _ => body::read(incoming, BODY_LIMIT, self.client_timeout).await,
        };
        if arrived.complete() && action.as_deref() == Some("SendSms") {
            self.service.state().complete_requests += 1;
        }
        if let (
            Some(Fault::CloseBeforeReading | Fault::ReadHalfThenClose | Fault::HangBeforeReading),
            Some(name),
        ) = (&fault, name)
        {
            let complete = arrived.complete();
            self.service
                .record_unprocessed(action.as_deref(), complete, arrived.bytes(), name);
            if fault == Some(Fault::HangBeforeReading) {
                std::future::pending::<()>().await;
            }
            reset.store(true, Ordering::Relaxed);
            return Err(Abandon);
        }
        let (body, complete) = match arrived {
            Arrived::Complete(bytes) => (bytes, true),
            Arrived::TooLarge(bytes) => (bytes, false),
            Arrived::Cut(bytes) => {
                self.service
                    .record_unprocessed(action.as_deref(), false, &bytes, "client-left");
                return Err(Abandon);
            }
        };
        let request = ApiRequest {
            method: parts.method.as_str().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body,
            peer: peer.ip(),
        };
        let answer = match &fault {
            Some(Fault::Code { code, message }) => {
                self.service
                    .refuse_unprocessed(&request, code, message.as_deref())
            }
            Some(Fault::Unavailable { status }) => {
                let action = action.as_deref();
                self.service
                    .record_unprocessed(action, true, &request.body, "unavailable");
                return Ok(page(*status));
            }
            _ => self.service.process(&request, complete, name),
        };
        match fault {
            Some(fault) => spoilt(answer, &fault, reset).await,
            None => Ok(json(answer.to_json()).map(ReplyBody::from)),
        }
    }

    /// The next fault that applies: to a new connection, or to a request of this action.
    fn take_fault(&self, action: Option<&str>, on_accept: bool) -> Option<Fault> {
        self.service.state().take_fault(action, on_accept)
    }
}

/// Returns when the server should end, or when the sender is dropped.
async fn asked_to_stop(stop: &mut watch::Receiver<Stop>) {
    let _ = stop.wait_for(|s| *s != Stop::No).await;
}
