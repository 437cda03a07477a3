//! The native client: the connector compiled natively, with a pooled HTTP client around it and no sandbox.
//!
//! It does what the component does once for every send: reads and checks the config, signs the request, interprets
//! the response. It withholds no byte, because a native client can query its socket for the bytes it took.

use crate::work::{CODE, Result, accepted, as_text, number};
use bytes::Bytes;
use connector_kit::connector::send_message;
use connector_kit::contract::{Failure, FailureKind, Message, SendError, Turn};
use connector_kit::http::{Request as Signed, Response as Received, Transport};
use connector_kit::phone::PhoneNumber;
use connector_kit::redact::Scrubber;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};
use tencent_sms_connector::TencentSms;
use tencent_sms_connector::api::Interpreter;
use tencent_sms_connector::send::Expected;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A message like those that the component is given.
fn message(index: u64) -> Message {
    Message {
        to: number(index),
        usage: "Register".to_owned(),
        variables: vec![("code".to_owned(), CODE.to_owned())],
        ..Message::default()
    }
}

fn unix_time_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A transport that gives one answer to every request.
struct Stub(String);

impl Transport for Stub {
    fn unix_time_s(&mut self) -> u64 {
        unix_time_s()
    }

    fn exchange(
        &mut self,
        request: &Signed<'_>,
        _: u32,
    ) -> std::result::Result<Received, SendError> {
        std::hint::black_box(&request.headers);
        Ok(Received::new(200, self.0.clone()))
    }
}

/// One send without a network.
pub fn send_stubbed(config: &str, index: u64) -> Result {
    let message = message(index);
    let mut stub = Stub(accepted(&message.to));
    match send_message::<TencentSms>(config, &message, &mut stub) {
        Ok(receipt) => {
            std::hint::black_box(receipt);
            Ok(())
        }
        Err(_) => Err("a stubbed native send was not accepted".to_owned()),
    }
}

/// A transport that keeps the signed request, so that an asynchronous client can carry it: the connector's own
/// transport blocks, and a blocked thread for each send would make the native side slower than it has to be.
struct Capture {
    request: Option<Request<Full<Bytes>>>,
    timestamp: u64,
}

impl Transport for Capture {
    fn unix_time_s(&mut self) -> u64 {
        self.timestamp
    }

    fn exchange(
        &mut self,
        request: &Signed<'_>,
        _: u32,
    ) -> std::result::Result<Received, SendError> {
        let scheme = if request.url.tls { "https" } else { "http" };
        let uri = format!("{scheme}://{}{}", request.url.authority, request.url.path);
        let mut carried = Request::post(uri).body(Full::new(Bytes::copy_from_slice(&request.body)));
        if let Ok(carried) = &mut carried {
            for (name, value) in &request.headers {
                if let Ok(value) = HeaderValue::from_str(value) {
                    carried
                        .headers_mut()
                        .insert(HeaderName::from_static(name), value);
                }
            }
        }
        self.request = carried.ok();
        Err(SendError::NotSent(Failure::new(
            FailureKind::Other,
            Turn::Host,
            "",
        )))
    }
}

/// A pooled HTTP/1.1 client, the same that the host library uses.
#[derive(Clone)]
pub struct Pooled {
    client: Client<Dialer, Full<Bytes>>,
}

impl Pooled {
    /// `authority` is the certificate to trust for TLS, in PEM.
    pub fn new(authority: Option<&[u8]>) -> Result<Self> {
        let tls = authority.map(connector).transpose()?;
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(128)
            .build(Dialer { tls });
        Ok(Self { client })
    }

    /// One send.
    pub async fn send(&self, config: &str, index: u64) -> Result {
        let message = message(index);
        let mut capture = Capture {
            request: None,
            timestamp: unix_time_s(),
        };
        // The error is the capture's own.
        let _ = send_message::<TencentSms>(config, &message, &mut capture);
        let request = capture.request.ok_or("the native side signed no request")?;
        let response = self.client.request(request).await.map_err(as_text)?;
        let status = response.status().as_u16();
        let body = response
            .into_body()
            .collect()
            .await
            .map_err(as_text)?
            .to_bytes();
        let number = PhoneNumber::parse(&message.to).map_err(|_| "the number was refused")?;
        let scrubber = Scrubber {
            sensitive: &[crate::work::SECRET_ID, crate::work::SECRET_KEY, CODE],
        };
        let interpreter = Interpreter {
            scrubber: &scrubber,
            national: number.national(),
            timestamp: capture.timestamp,
        };
        let expected = Expected {
            number: &number,
            echo: None,
        };
        let received = Received::new(status, body);
        match expected.interpret(&received, &interpreter) {
            Ok(receipt) => {
                std::hint::black_box(receipt);
                Ok(())
            }
            Err(_) => Err(format!(
                "a native send was not accepted: {status} {}",
                String::from_utf8_lossy(&received.body)
            )),
        }
    }
}

fn connector(pem: &[u8]) -> Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(as_text)?).map_err(as_text)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(as_text)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[derive(Clone)]
struct Dialer {
    tls: Option<TlsConnector>,
}

impl tower_service::Service<http::Uri> for Dialer {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: http::Uri) -> Self::Future {
        let tls = self.tls.clone();
        Box::pin(async move {
            let authority = uri.authority().ok_or(io::ErrorKind::InvalidInput)?;
            let tcp = TcpStream::connect(authority.as_str()).await?;
            tcp.set_nodelay(true)?;
            let stream = match tls {
                None => Stream::Plain(tcp),
                Some(connector) => {
                    let name = ServerName::try_from(authority.host().to_owned())
                        .map_err(|_| io::ErrorKind::InvalidInput)?;
                    Stream::Tls(Box::new(connector.connect(name, tcp).await?))
                }
            };
            Ok(TokioIo::new(stream))
        })
    }
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

macro_rules! either {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Stream::Tls($stream) => {
                let $stream = Pin::new($stream.as_mut());
                $call
            }
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(cx))
    }
}
