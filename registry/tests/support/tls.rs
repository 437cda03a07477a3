//! TLS server in front of a registry, and a proxy that tunnels to it.

#[path = "../../../egress/tests/support/authority.rs"]
mod authority;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Serves TLS for these names and passes everything to the server. Returns its address, and the authority in PEM.
pub async fn front(names: &[&str], server: SocketAddr) -> (SocketAddr, String) {
    let (authority, config) = authority::certified(names);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut onward = TcpStream::connect(server).await.unwrap();
                // Either side may close, which ends both.
                let _ = copy_bidirectional(&mut stream, &mut onward).await;
            });
        }
    });
    (address, authority)
}

/// A proxy that tunnels every name to one address. Returns its address, and the first line of each request.
pub async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let log = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let log = log.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                log.lock()
                    .unwrap()
                    .push(head.lines().next().unwrap().to_owned());
                stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").await.unwrap();
                let mut onward = TcpStream::connect(to).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut onward).await;
            });
        }
    });
    (address, asked)
}
