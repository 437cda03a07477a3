//! A raw server that treats connections as told and keeps every byte that reached it.
//!
//! It runs on a thread of its own, so that it is as independent of the client as a server elsewhere, and it ends
//! when it is dropped. A connection is treated for at most [`PATIENCE`].

use super::wire::{self, Request};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The longest that one connection lives.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    _stop: oneshot::Sender<()>,
}

/// What reached the server.
#[derive(Default)]
struct Seen {
    /// The bytes of each connection.
    bytes: Mutex<Vec<Vec<u8>>>,
    /// Connections that are still treated.
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

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.seen.bytes.lock().unwrap().len()
    }

    /// The complete requests that reached it so far.
    pub fn requests(&self) -> Vec<Request> {
        let bytes = self.seen.bytes.lock().unwrap();
        bytes
            .iter()
            .flat_map(|bytes| wire::requests(bytes))
            .collect()
    }

    /// What arrived on each connection, as text.
    pub fn received(&self) -> Vec<String> {
        let bytes = self.seen.bytes.lock().unwrap();
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        bytes.iter().map(text).collect()
    }

    /// Forgets the bytes of connections, of which none is open any more.
    pub fn forget(&self) {
        let mut bytes = self.seen.bytes.lock().unwrap();
        assert_eq!(self.seen.open.load(Ordering::SeqCst), 0, "connections");
        bytes.clear();
    }

    /// Waits until no connection is open, so that nothing more can arrive; false if that takes too long.
    pub async fn quiet(&self, patience: Duration) -> bool {
        let quiet = async {
            while self.seen.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(patience, quiet).await.is_ok()
    }
}

/// One connection, as the server holds it. Dropping it closes the connection.
pub struct Peer {
    stream: TcpStream,
    seen: Arc<Seen>,
    index: usize,
    /// Bytes of this connection that requests were already made of.
    taken: usize,
}

impl Peer {
    fn new(stream: TcpStream, seen: Arc<Seen>) -> Self {
        stream.set_nodelay(true).unwrap();
        let mut bytes = seen.bytes.lock().unwrap();
        bytes.push(Vec::new());
        let index = bytes.len() - 1;
        // Under the lock, so that `forget` sees both or neither.
        seen.open.fetch_add(1, Ordering::SeqCst);
        drop(bytes);
        Self {
            stream,
            seen,
            index,
            taken: 0,
        }
    }

    /// Reads once; false when the client is gone.
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

    /// What arrived of the request at hand.
    fn pending(&self) -> Vec<u8> {
        self.seen.bytes.lock().unwrap()[self.index][self.taken..].to_vec()
    }

    /// Reads until the headers are there.
    pub async fn head(&mut self) {
        while wire::head(&self.pending()).is_none() && self.read().await {}
    }

    /// Reads until half of the body is there.
    pub async fn half(&mut self) {
        self.head().await;
        let half = |bytes: &[u8]| {
            wire::head(bytes).is_none_or(|(end, length)| bytes.len() >= end + length / 2)
        };
        while !half(&self.pending()) && self.read().await {}
    }

    /// Reads a whole request; nothing when the client left before.
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

    /// Reads a request whose body is left unread unless it is a POST's, as servers do that expect a body of no other.
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

    /// Writes, unless the client left.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Ends the connection with a reset. What had arrived by then is kept.
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
