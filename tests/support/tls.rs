//! TLS in front of servers with plain HTTP.

#[path = "../../egress/tests/support/authority.rs"]
mod authority;

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Serves TLS for `name` and passes everything to the server. Returns its address, and the authority to trust in PEM.
/// It runs on the test's runtime and ends with it.
pub async fn front(name: &str, server: SocketAddr) -> (SocketAddr, String) {
    let (authority, config) = authority::certified(&[name]);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                client.set_nodelay(true).unwrap();
                let mut client = acceptor.accept(client).await.ok()?;
                let mut server = TcpStream::connect(server).await.ok()?;
                server.set_nodelay(true).unwrap();
                tokio::io::copy_bidirectional(&mut client, &mut server)
                    .await
                    .ok()
            });
        }
    });
    (address, authority)
}
