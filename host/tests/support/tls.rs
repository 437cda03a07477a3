//! A TLS server that answers every connection with an acceptance.

#[path = "../../../egress/tests/support/authority.rs"]
mod authority;

use crate::support::{OK, serve};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

/// Serves with a certificate for `name`. Returns its authority in PEM, and the address of the server.
pub async fn tls_server(name: &str) -> (String, String) {
    let (authority, config) = authority::certified(&[name]);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let address = serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                return;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(OK).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (authority, address)
}
