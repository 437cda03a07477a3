//! Raw server with scripted connections that keeps every byte it received.
//!
//! It runs on a separate thread, so that it is as independent of the client as a remote server, and it ends when it is
//! dropped. A connection is handled for at most [`PATIENCE`].

use super::wire::{self, Request};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Time limit of one connection.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    _stop: oneshot::Sender<()>,
}

/// Bytes that the server received, and its open connections.
#[derive(Default)]
struct Seen {
    /// The bytes of each connection.
    bytes: Mutex<Vec<Vec<u8>>>,
    /// Connections that are still handled.
    open: AtomicUsize,
}

impl Server {
    /// Listens on a free loopback port.
    pub fn start<F, Fut>(treat: F) -> Self
    where
        F: Fn(Peer) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (stop, mut stopped) = oneshot::channel();
        let shared = seen.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let stream = tokio::select! {
                        accepted = listener.accept() => accepted.unwrap().0,
                        _ = &mut stopped => return,
                    };
                    let treated = treat(Peer::new(stream, shared.clone()));
                    tokio::spawn(tokio::time::timeout(PATIENCE, treated));
                }
            });
        });
        Self {
            address,
            seen,
            _stop: stop,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connections that were accepted.
    pub fn connections(&self) -> usize {
        self.seen.bytes.lock().unwrap().len()
    }

    /// The complete requests so far.
    pub fn requests(&self) -> Vec<Request> {
        let bytes = self.seen.bytes.lock().unwrap();
        bytes
            .iter()
            .flat_map(|bytes| wire::requests(bytes))
            .collect()
    }

    /// Text that arrived on each connection.
    pub fn received(&self) -> Vec<String> {
        let bytes = self.seen.bytes.lock().unwrap();
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        bytes.iter().map(text).collect()
    }

    /// Clears the bytes of all connections, none of which is open any more.
    pub fn forget(&self) {
        let mut bytes = self.seen.bytes.lock().unwrap();
        assert_eq!(self.seen.open.load(Ordering::SeqCst), 0, "connections");
        bytes.clear();
    }

    /// Waits until no connection is open, so that nothing more can arrive. Returns false if that takes too long.
    pub async fn quiet(&self, patience: Duration) -> bool {
        let quiet = async {
            while self.seen.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(patience, quiet).await.is_ok()
    }
}

/// One connection on the server's side. Dropping it closes the connection.
pub struct Peer {
    stream: TcpStream,
    seen: Arc<Seen>,
    index: usize,
    /// Bytes of this connection that belong to earlier requests.
    taken: usize,
}

impl Peer {
    fn new(stream: TcpStream, seen: Arc<Seen>) -> Self {
        stream.set_nodelay(true).unwrap();
        let mut bytes = seen.bytes.lock().unwrap();
        bytes.push(Vec::new());
        let index = bytes.len() - 1;
        // Under the lock, so that `forget` reads both or neither.
        seen.open.fetch_add(1, Ordering::SeqCst);
        drop(bytes);
        Self {
            stream,
            seen,
            index,
            taken: 0,
        }
    }

    /// Reads once. Returns false if the client has left.
    async fn read(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let Ok(length @ 1..) = self.stream.read(&mut buffer).await else {
            return false;
        };
        self.keep(&buffer[..length]);
        true
    }

    fn keep(&self, bytes: &[u8]) {
        self.seen.bytes.lock().unwrap()[self.index].extend_from_slice(bytes);
    }

    /// Received bytes of the current request.
    fn pending(&self) -> Vec<u8> {
        self.seen.bytes.lock().unwrap()[self.index][self.taken..].to_vec()
    }

    /// Reads until the headers have arrived.
    pub async fn head(&mut self) {
        while wire::head(&self.pending()).is_none() && self.read().await {}
    }

    /// The received text of the current request.
    pub fn seen_text(&self) -> String {
        String::from_utf8_lossy(&self.pending()).into_owned()
    }

    /// Reads until half of the body has arrived.
    pub async fn half(&mut self) {
        self.head().await;
        let half = |bytes: &[u8]| {
            wire::head(bytes).is_none_or(|(end, length)| bytes.len() >= end + length / 2)
        };
        while !half(&self.pending()) && self.read().await {}
    }

    /// Reads a whole request. Returns `None` if the client left before.
    pub async fn request(&mut self) -> Option<Request> {
        loop {
            let pending = self.pending();
            if let Some(request) = wire::requests(&pending).into_iter().next() {
                let (end, length) = wire::head(&pending)?;
                self.taken += end + length;
                return Some(request);
            }
            if !self.read().await {
                return None;
            }
        }
    }

    /// Reads a request, but the body only of a POST, like servers that expect a body of no other method.
    pub async fn request_as_stock_servers_do(&mut self) -> Option<Request> {
        self.head().await;
        let pending = self.pending();
        let (request, end) = wire::bare(&pending)?;
        if request.head().starts_with("POST ") {
            return self.request().await;
        }
        self.taken += end;
        Some(request)
    }

    /// Reads until the client leaves.
    pub async fn rest(&mut self) {
        while self.read().await {}
    }

    /// Writes. Returns false if the client has left.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Ends the connection with a reset. Keeps the bytes that had arrived by then.
    pub fn reset(self) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = self.stream.try_read(&mut buffer) {
            self.keep(&buffer[..length]);
        }
        self.stream.set_zero_linger().unwrap();
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.seen.open.fetch_sub(1, Ordering::SeqCst);
    }
}
