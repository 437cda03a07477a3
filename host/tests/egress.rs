//! Destinations of a plugin's requests: by origin, by address, by certificate, and the errors of those refused.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;
#[path = "support/tls.rs"]
mod tls;

use auth_connector_host::{
    Config, ConnectorHost, HostBuilder, Limits, Message, NO_TRUSTED_AUTHORITY, Reported, SendError,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::{OK, serve, server};
use tls::tls_server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Sent = Reported<Result<auth_connector_host::Receipt, SendError>>;

async fn fetch(builder: HostBuilder, authority: &str) -> Sent {
    let plugin = builder.build().unwrap().load(support::plugin()).unwrap();
    plugin
        .send_message_reported(&Config::new(format!("f{authority}")), &Message::default())
        .await
}

fn host(allowed: &str) -> HostBuilder {
    ConnectorHost::builder().allow(allowed).unwrap()
}

fn error(sent: &Sent) -> &str {
    sent.report
        .http
        .first()
        .and_then(|exchange| exchange.error.as_deref())
        .unwrap_or("none")
}

/// The report holds names, sizes and times of the exchange.
#[tokio::test]
async fn granted_origin_is_reached_and_reported() {
    let authority = server(OK).await;
    let sent = fetch(host(&format!("http://{authority}")), &authority).await;
    assert!(sent.outcome.is_ok(), "{:?}", sent.outcome);
    let exchange = &sent.report.http[0];
    assert_eq!(
        (
            exchange.method.as_str(),
            exchange.path.as_str(),
            exchange.status
        ),
        ("GET", "/", Some(200))
    );
    assert_eq!(exchange.origin, format!("http://{authority}"));
    assert!(exchange.connect.is_some() && exchange.dns.is_none() && !exchange.reused_connection);
    assert!(sent.report.total >= sent.report.guest + sent.report.instantiate);
}

#[tokio::test]
async fn no_connection_is_made_to_ungranted_origin() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    let authority = serve(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        async {}
    })
    .await;
    let port = authority.rsplit(':').next().unwrap();
    for builder in [
        ConnectorHost::builder(),
        host("http://127.0.0.1"),
        host(&format!("https://{authority}")),
        host(&format!("http://127.0.0.2:{port}")),
        host(&format!("http://localhost:{port}")),
    ] {
        let sent = fetch(builder, &authority).await;
        assert_eq!(error(&sent), "HTTP request denied");
        assert!(sent.outcome.unwrap_err().is_certainly_not_sent());
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

/// A name that resolves to this machine is dialled only if it spells that out or the operator permits it.
#[tokio::test]
async fn local_name_is_dialled_only_where_permitted() {
    let authority = server(OK).await;
    let port = authority.rsplit(':').next().unwrap();
    let sent = fetch(
        host(&format!("http://localhost:{port}")),
        &format!("localhost:{port}"),
    )
    .await;
    assert!(
        sent.outcome.is_ok(),
        "localhost says so itself: {}",
        error(&sent)
    );

    // This machine's own name resolves to loopback or to a private address, here as on most machines.
    let name = format!("{}.localhost", "sms");
    let sent = fetch(
        host(&format!("http://{name}:{port}")),
        &format!("{name}:{port}"),
    )
    .await;
    assert!(
        ["destination IP address is prohibited", "DNS error"].contains(&error(&sent)),
        "{}",
        error(&sent)
    );

    let told = host(&format!("http://sms.test:{port}"))
        .resolve(&format!("sms.test:{port}:127.0.0.1"))
        .unwrap();
    let sent = fetch(told, &format!("sms.test:{port}")).await;
    assert!(
        sent.outcome.is_ok(),
        "the operator says so: {}",
        error(&sent)
    );
}

/// Private and metadata addresses are not dialled even when their origin is granted.
#[tokio::test]
async fn private_addresses_of_granted_origins_are_not_dialled() {
    for address in [
        "10.0.0.1:80",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "100.100.100.200:80",
        "[fd00:ec2::254]:80",
        "[::ffff:10.0.0.1]:80",
        "0.0.0.0:80",
    ] {
        let sent = fetch(host(&format!("http://{address}")), address).await;
        assert_eq!(
            error(&sent),
            "destination IP address is prohibited",
            "{address}"
        );
        assert!(
            sent.report.total < Duration::from_millis(500),
            "{address} was dialled"
        );
    }
}

#[tokio::test]
async fn network_failure_is_reported_precisely() {
    for (answer, expected) in [
        (&b""[..], "connection terminated"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "connection terminated"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "HTTP protocol error"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
            "HTTP protocol error",
        ),
    ] {
        let authority = server(answer).await;
        let sent = fetch(host(&format!("http://{authority}")), &authority).await;
        assert_eq!(
            error(&sent),
            expected,
            "{}",
            String::from_utf8_lossy(answer)
        );
    }
    let sent = fetch(host("http://127.0.0.1:1"), "127.0.0.1:1").await;
    assert_eq!(error(&sent), "connection refused");
    let sent = fetch(host("http://no-such-name.invalid"), "no-such-name.invalid").await;
    assert_eq!(error(&sent), "DNS error");
}

#[tokio::test]
async fn redirect_is_returned_and_not_followed() {
    let elsewhere = Arc::new(AtomicUsize::new(0));
    let counter = elsewhere.clone();
    let target = serve(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        async {}
    })
    .await;
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\r\n"
    );
    let authority = server(Box::leak(answer.into_boxed_str()).as_bytes()).await;
    let both = host(&format!("http://{authority}"))
        .allow(&format!("http://{target}"))
        .unwrap();
    let sent = fetch(both, &authority).await;
    assert_eq!(sent.report.http[0].status, Some(307));
    assert_eq!(elsewhere.load(Ordering::SeqCst), 0);
}

/// The plugin sets no timeout of its own.
#[tokio::test]
async fn silent_server_meets_host_timeout_by_default() {
    let authority = serve(|mut stream| async move {
        let _ = stream.read(&mut [0; 64]).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
    })
    .await;
    let limits = Limits {
        call_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let sent = fetch(
        host(&format!("http://{authority}")).limits(limits),
        &authority,
    )
    .await;
    assert_eq!(error(&sent), "connection read timeout");
    assert!(
        sent.report.total < Duration::from_secs(1),
        "{:?}",
        sent.report.total
    );
}

#[tokio::test]
async fn later_call_reuses_kept_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = connections.clone();
    let authority = serve(move |mut stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            let mut buffer = [0; 4096];
            while stream.read(&mut buffer).await.is_ok_and(|n| n > 0) {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        }
    })
    .await;
    let plugin = host(&format!("http://{authority}"))
        .build()
        .unwrap()
        .load(support::plugin())
        .unwrap();
    let config = Config::new(format!("f{authority}"));
    let mut reused = Vec::new();
    for _ in 0..5 {
        let sent = plugin
            .send_message_reported(&config, &Message::default())
            .await;
        reused.push(sent.report.http[0].reused_connection);
        tokio::task::yield_now().await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    assert_eq!(reused, [false, true, true, true, true]);
}

async fn fetch_secure(builder: HostBuilder, authority: &str) -> Sent {
    let plugin = builder
        .build()
        .unwrap()
        .load(support::secure_plugin())
        .unwrap();
    plugin
        .send_message_reported(&Config::new(format!("f{authority}")), &Message::default())
        .await
}

#[tokio::test]
async fn tls_requires_trusted_authority_and_matching_name() {
    let (pem, address) = tls_server("sms.test").await;
    let to = |name: &str| {
        host(&format!("https://{name}"))
            .resolve(&format!("{name}:443:{address}"))
            .unwrap()
    };

    let sent = fetch_secure(to("sms.test").trust_pem(pem.as_bytes()), "sms.test").await;
    assert!(sent.outcome.is_ok(), "{}", error(&sent));
    assert!(sent.report.http[0].tls.is_some());

    let sent = fetch_secure(to("sms.test"), "sms.test").await;
    assert!(
        ["TLS certificate error", NO_TRUSTED_AUTHORITY].contains(&error(&sent)),
        "{}",
        error(&sent)
    );

    let (other, _) = tls_server("sms.test").await;
    let sent = fetch_secure(to("sms.test").trust_pem(other.as_bytes()), "sms.test").await;
    assert_eq!(
        error(&sent),
        "TLS certificate error",
        "an authority that did not sign it"
    );

    let sent = fetch_secure(to("other.test").trust_pem(pem.as_bytes()), "other.test").await;
    assert_eq!(error(&sent), "TLS certificate error", "another name");
}

/// The error includes a remedy.
#[tokio::test]
async fn host_without_roots_reports_no_trusted_authority() {
    let builder = host("https://127.0.0.1:1").with(|options| options.system_roots = false);
    let sent = fetch_secure(builder, "127.0.0.1:1").await;
    assert_eq!(error(&sent), NO_TRUSTED_AUTHORITY);
    let plain = host("http://127.0.0.1:1").with(|options| options.system_roots = false);
    let sent = fetch(plain, "127.0.0.1:1").await;
    assert_eq!(
        error(&sent),
        "connection refused",
        "no TLS, no roots needed"
    );
}

#[tokio::test]
async fn non_tls_server_is_distinguished_from_hang_up() {
    for (answer, expected) in [
        (OK, "TLS protocol error"),
        (&b""[..], "connection terminated"),
    ] {
        let address = server(answer).await;
        let builder = host("https://sms.test")
            .resolve(&format!("sms.test:443:{address}"))
            .unwrap();
        let (pem, _) = tls_server("sms.test").await;
        let sent = fetch_secure(builder.trust_pem(pem.as_bytes()), "sms.test").await;
        assert_eq!(error(&sent), expected);
    }
}

#[tokio::test]
async fn endless_handshake_meets_connect_timeout() {
    let address = serve(|stream| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let limits = Limits {
        connect_timeout: Duration::from_millis(150),
        ..Limits::default()
    };
    let builder = host("https://sms.test")
        .resolve(&format!("sms.test:443:{address}"))
        .unwrap()
        .limits(limits);
    let (pem, _) = tls_server("sms.test").await;
    let sent = fetch_secure(builder.trust_pem(pem.as_bytes()), "sms.test").await;
    assert_eq!(error(&sent), "connection timeout");
    assert!(sent.report.total < Duration::from_secs(1));
}

#[test]
fn invalid_authority_is_refused_when_host_is_built() {
    for pem in [
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = ConnectorHost::builder()
            .trust_pem(pem.as_bytes())
            .build()
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("PEM cannot be used"), "{error}");
    }
}
