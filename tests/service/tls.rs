use super::running::{Folder, Process};
use crate::support::auth_host;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Writes a new certificate and its key. Returns a connector that trusts it.
fn certificate(folder: &Path) -> TlsConnector {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    // The key first: the service reads both once the certificate's time changes, and again if they do not match.
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn healthy(connector: &TlsConnector, address: &str) -> std::io::Result<String> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector.connect(name, stream).await?;
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await?;
    let mut text = String::new();
    // A server may close without a notification.
    let _ = stream.read_to_string(&mut text).await;
    Ok(text)
}

#[tokio::test]
async fn api_speaks_tls_and_reads_a_new_certificate() {
    let folder = Folder::new();
    let first = certificate(&folder.0);
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    let environment = [
        ("AUTH_HOST_TLS_CERTIFICATE", cert.as_str()),
        ("AUTH_HOST_TLS_KEY", key.as_str()),
    ];
    let process = Process::start(&folder.0, &environment);
    let answer = healthy(&first, &process.api).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let second = certificate(&folder.0);
    let begun = Instant::now();
    while healthy(&second, &process.api).await.is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the new certificate was not read"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(healthy(&first, &process.api).await.is_err());
}

/// A script that starts the service on free ports reads them from its first line.
#[tokio::test]
async fn protocol_of_the_api_is_http_1_and_its_start_is_json() {
    let folder = Folder::new();
    let connector = certificate(&folder.0);
    let mut config = ClientConfig::clone(connector.config());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connector = TlsConnector::from(Arc::new(config));
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let mut child = std::process::Command::new(auth_host())
        .args([
            "serve",
            "--json",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
        ])
        .args(["--data", &path("data")])
        .env("AUTH_HOST_TLS_CERTIFICATE", path("cert.pem"))
        .env("AUTH_HOST_TLS_KEY", path("key.pem"))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let output = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&line).unwrap();
    let stream = tokio::net::TcpStream::connect(shown["listen"].as_str().unwrap());
    let name = ServerName::try_from("localhost").unwrap();
    let stream = connector
        .connect(name, stream.await.unwrap())
        .await
        .unwrap();
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(protocol.as_deref(), Some(&b"http/1.1"[..]));
    assert!(
        shown["set_up"]
            .as_str()
            .unwrap()
            .contains("/console/set-up?link=")
    );
}
