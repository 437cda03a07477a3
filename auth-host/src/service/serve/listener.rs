//! A listener: its connection limit, its idle timeout, and its end.
//!
//! Only HTTP/1.1 is supported. Proxies use it for a service behind them. Each connection ends when no head arrives in
//! time, and an idle one ends at once when the service stops.

use super::certificate::Config;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

/// How long the head of a request may take to arrive. It counts from the beginning of a connection, and from the end of
/// the request before.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// How long a client may accept none of a response.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// How long requests may continue after the service was told to stop. The longest response takes 11 s.
const GRACE: Duration = Duration::from_secs(15);

/// The most connections of a listener, where the process may have so many files open.
const MOST: usize = 4096;

/// A bound address with the router to serve there.
pub struct Listener {
    name: &'static str,
    listener: TcpListener,
    tls: Option<Config>,
}

impl Listener {
    /// Binds an address, as `api` or `admin`.
    ///
    /// # Errors
    ///
    /// One line that names the address.
    pub async fn bind(
        name: &'static str,
        address: SocketAddr,
        tls: Option<Config>,
    ) -> Result<Self, String> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            format!("{address} cannot be listened on: {error}. Choose another address")
        })?;
        Ok(Self {
            name,
            listener,
            tls,
        })
    }

    /// Its address.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn address(&self) -> Result<SocketAddr, String> {
        self.listener
            .local_addr()
            .map_err(|error| error.to_string())
    }

    /// Serves until it is stopped, and then until the requests that are under way have their responses.
    pub async fn serve(self, router: Router, mut stopped: watch::Receiver<bool>) {
        // An eighth of the files: the other listener, the database and connections to providers need some as well.
        let places = Arc::new(Semaphore::new((descriptors() / 8).clamp(8, MOST)));
        let under_way = GracefulShutdown::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                _ = stopped.changed() => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(listener = self.name, %error, "no connection can be accepted");
                    sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = places.clone().try_acquire_owned() else {
                metrics::counter!("auth_host_connections_refused_total", "listener" => self.name)
                    .increment(1);
                continue;
            };
            let connection = connection(
                stream,
                self.tls.clone(),
                router.clone(),
                under_way.watcher(),
            );
            tokio::spawn(async move {
                connection.await;
                drop(place);
            });
        }
        drop(self.listener);
        if timeout(GRACE, under_way.shutdown()).await.is_err() {
            tracing::warn!(listener = self.name, "a request took too long to wait for");
        }
    }
}

async fn connection(stream: TcpStream, tls: Option<Config>, router: Router, watcher: Watcher) {
    // Responses are written whole; where it cannot be set, they arrive a little later.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let stream = Box::pin(stream);
    let Some(tls) = tls else {
        return requests(stream, router, watcher).await;
    };
    let handshake = TlsAcceptor::from(tls.load_full()).accept(stream);
    if let Ok(Ok(stream)) = timeout(HANDSHAKE_TIME, handshake).await {
        requests(stream, router, watcher).await;
    }
}

/// Responds to the requests of a connection. An error that ends it is not reported, because no client is left.
async fn requests<S>(stream: S, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let _ = watcher.watch(served).await;
}

/// How many files the process may have open. The limit is raised as far as the system lets a process raise it.
#[cfg(unix)]
fn descriptors() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let before = limit.current;
    limit.current = limit.maximum;
    let current = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => before,
    };
    current.map_or(usize::MAX, |most| {
        usize::try_from(most).unwrap_or(usize::MAX)
    })
}

/// The system limits it otherwise.
#[cfg(not(unix))]
fn descriptors() -> usize {
    usize::MAX
}
