//! Proxy that receives a whole request, changes it, forwards it, and returns the response.

use super::server::Server;
use super::wire;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Change of a request, given as its bytes.
type Change = Box<dyn Fn(&mut Vec<u8>) + Send>;

pub struct Proxy {
    server: Server,
    change: Arc<Mutex<Change>>,
}

impl Proxy {
    /// Starts in front of a server with plain HTTP.
    pub fn to(target: SocketAddr) -> Self {
        let change: Arc<Mutex<Change>> = Arc::new(Mutex::new(Box::new(|_| {})));
        let shared = change.clone();
        let server = Server::start(move |mut peer| {
            let change = shared.clone();
            async move {
                // The connection is kept, or the next request would use one that is closing.
                while let Some(request) = peer.request().await {
                    let mut bytes = request.bytes();
                    change.lock().unwrap()(&mut bytes);
                    peer.write(&exchange(target, &bytes).await).await;
                }
            }
        });
        Self { server, change }
    }

    /// Sets the change for further requests.
    pub fn change(&self, change: impl Fn(&mut Vec<u8>) + Send + 'static) {
        *self.change.lock().unwrap() = Box::new(change);
    }

    pub fn url(&self) -> String {
        self.server.url()
    }
}

/// The response to a request, on a new connection.
async fn exchange(target: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut upstream = TcpStream::connect(target).await.unwrap();
    upstream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    while !wire::complete(&answer) && upstream.read_buf(&mut answer).await.unwrap() > 0 {}
    answer
}
