//! Requests through a proxy: what the proxy reads, what the plugin may still not reach, and the errors reported.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail loudly"
)]

mod support;
#[path = "support/tls.rs"]
mod tls;

use auth_connector_host::{
    Config, ConnectionSharing, ConnectorHost, HostBuilder, Limits, Message, Proxy, Reported,
    SendError,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::{OK, serve, server};
use tls::tls_server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Sent = Reported<Result<auth_connector_host::Receipt, SendError>>;

/// A name that never resolves (RFC 6761).
const NAME: &str = "sms.invalid";

/// A proxy that answers with `answer` and then connects everything to `target`. Returns its address and the requests
/// it received, up to the end of the head.
async fn proxy(answer: &'static str, target: Option<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let address = serve(move |mut stream| {
        let (log, target) = (log.clone(), target.clone());
        async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            log.lock().unwrap().push(String::from_utf8(head).unwrap());
            stream.write_all(answer.as_bytes()).await.unwrap();
            if let Some(target) = target {
                let mut upstream = TcpStream::connect(target).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut upstream).await;
            }
        }
    })
    .await;
    (address, asked)
}

fn host(allowed: &str, proxy: &str) -> HostBuilder {
    let proxy = Proxy::parse(proxy).unwrap();
    ConnectorHost::builder()
        .allow(allowed)
        .unwrap()
        .with(|options| {
            options.system_roots = false;
            options.proxy = Some(proxy);
        })
}

async fn fetch(host: HostBuilder, plugin: Vec<u8>, authority: &str) -> Sent {
    let plugin = host.build().unwrap().load(plugin).unwrap();
    plugin
        .send_message_reported(&Config::new(format!("f{authority}")), &Message::default())
        .await
}

fn error(sent: &Sent) -> &str {
    let exchange = sent.report.http.first().unwrap();
    exchange.error.as_deref().unwrap_or("none")
}

const ESTABLISHED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

/// Https goes through a tunnel to a name that the proxy resolves and tls is the targets.
#[tokio::test]
async fn https_is_tunnelled_with_tls_of_target() {
    let (ca, target) = tls_server(NAME).await;
    let (proxy, asked) = proxy(ESTABLISHED, Some(target)).await;
    let host = host(
        &format!("https://{NAME}"),
        &format!("http://user:s3cret@{proxy}"),
    );
    let sent = fetch(
        host.trust_pem(ca.as_bytes()),
        support::secure_plugin(),
        NAME,
    )
    .await;
    assert!(sent.outcome.is_ok(), "{:?} {}", sent.outcome, error(&sent));
    let exchange = &sent.report.http[0];
    assert!(exchange.tls.is_some() && exchange.status == Some(200));
    assert_eq!(
        *asked.lock().unwrap(),
        [format!(
            "CONNECT {NAME}:443 HTTP/1.1\r\nhost: {NAME}:443\r\nproxy-authorization: Basic dXNlcjpzM2NyZXQ=\r\n\r\n"
        )]
    );
    assert!(!format!("{sent:?}").contains("s3cret"));
}

#[tokio::test]
async fn http_uses_absolute_form_with_proxy_credentials() {
    let (proxy, asked) = proxy(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        None,
    )
    .await;
    let host = host(
        &format!("http://{NAME}:81"),
        &format!("http://user:s3cret@{proxy}"),
    );
    let sent = fetch(host, support::plugin(), &format!("{NAME}:81")).await;
    assert!(sent.outcome.is_ok(), "{:?} {}", sent.outcome, error(&sent));
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].starts_with(&format!("GET http://{NAME}:81/ HTTP/1.1\r\n")),
        "{asked:?}"
    );
    assert!(asked[0].contains("proxy-authorization: Basic dXNlcjpzM2NyZXQ=\r\n"));
    assert!(
        !sent.report.http[0]
            .request_headers
            .iter()
            .any(|name| name.starts_with("proxy"))
    );
}

/// A proxy receives no request for an origin that was not granted, nor for a private address.
#[tokio::test]
async fn proxy_is_asked_for_granted_public_origins_alone() {
    let (proxy, asked) = proxy(ESTABLISHED, None).await;
    for (allowed, authority, refused) in [
        ("https://sms.example.com".to_owned(), NAME, "origin"),
        (format!("https://{NAME}:8443"), NAME, "origin"),
        ("https://10.0.0.1".to_owned(), "10.0.0.1", "address"),
        (
            "https://169.254.169.254".to_owned(),
            "169.254.169.254",
            "address",
        ),
    ] {
        let host = host(&allowed, &format!("http://{proxy}"));
        // An authority must be there, or the handshake's preparations fail first.
        let (ca, _) = tls_server(NAME).await;
        let sent = fetch(
            host.trust_pem(ca.as_bytes()),
            support::secure_plugin(),
            authority,
        )
        .await;
        assert!(matches!(sent.outcome, Err(SendError::NotSent(_))));
        assert_eq!(sent.report.http[0].refused, Some(refused), "{authority}");
    }
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn this_machine_is_reached_without_the_proxy() {
    let authority = server(OK).await;
    let (proxy, asked) = proxy(ESTABLISHED, None).await;
    let host = host(&format!("http://{authority}"), &format!("http://{proxy}"));
    let sent = fetch(host, support::plugin(), &authority).await;
    assert!(sent.outcome.is_ok(), "{:?}", sent.outcome);
    assert!(asked.lock().unwrap().is_empty());
}

/// A response that is not HTTP is reported as no proxy.
#[tokio::test]
async fn proxy_refusal_names_status_and_hides_password() {
    let (ca, _) = tls_server(NAME).await;
    for (answer, told) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "the proxy refused to connect: HTTP status 407",
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "the proxy refused to connect: HTTP status 502",
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "does not answer as a proxy"),
    ] {
        let (proxy, asked) = proxy(answer, None).await;
        let host = host(
            &format!("https://{NAME}"),
            &format!("http://user:s3cret@{proxy}"),
        );
        let sent = fetch(
            host.trust_pem(ca.as_bytes()),
            support::secure_plugin(),
            NAME,
        )
        .await;
        assert!(sent.outcome.is_err());
        // Only the request for a tunnel left.
        let asked = asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(asked.iter().all(|head| head.starts_with("CONNECT ")));
        assert!(error(&sent).contains(told), "{}", error(&sent));
        assert!(!format!("{sent:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn silent_proxy_meets_connect_timeout() {
    let (ca, _) = tls_server(NAME).await;
    let (proxy, _) = proxy("", Some(server(b"").await)).await;
    let host = host(&format!("https://{NAME}"), &format!("http://{proxy}"))
        .trust_pem(ca.as_bytes())
        .limits(Limits {
            connect_timeout: Duration::from_millis(200),
            ..Limits::default()
        });
    let start = Instant::now();
    let sent = fetch(host, support::secure_plugin(), NAME).await;
    assert!(sent.outcome.is_err());
    assert!(
        start.elapsed() < Limits::default().connect_timeout,
        "{:?}",
        start.elapsed()
    );
}

/// It has its own authorities, proxy and connections, and the host's network stays as it was.
#[tokio::test]
async fn plugin_or_tenant_may_have_own_network() {
    let (ca, target) = tls_server(NAME).await;
    let (address, asked) = proxy(ESTABLISHED, Some(target)).await;
    let host = ConnectorHost::builder()
        .allow(&format!("https://{NAME}"))
        .unwrap()
        .with(|options| options.system_roots = false)
        .build()
        .unwrap();
    let plugin = host.load(support::secure_plugin()).unwrap();
    let config = Config::new(format!("f{NAME}"));
    let send = async |plugin: auth_connector_host::Plugin| {
        plugin
            .send_message_reported(&config, &Message::default())
            .await
    };
    assert!(
        send(plugin.clone()).await.outcome.is_err(),
        "no authority, no proxy"
    );
    let mut network = host.network();
    network.authorities_pem = ca.into_bytes();
    network.proxy = Some(Proxy::parse(&format!("http://{address}")).unwrap());
    let acme = plugin.with_network(&network).unwrap().for_tenant("acme");
    assert!(send(acme).await.outcome.is_ok());
    assert!(
        send(plugin.for_tenant("acme")).await.outcome.is_err(),
        "the host's network is as it was"
    );
    assert_eq!(asked.lock().unwrap().len(), 1);
}

/// A server that keeps its connections. Returns its address and how many there were. Its answers have no content, which
/// the plugin would leave unread, and its connection would not be kept.
async fn keeping() -> (String, Arc<Mutex<usize>>) {
    let connections = Arc::new(Mutex::new(0));
    let count = connections.clone();
    let authority = serve(move |mut stream| {
        *count.lock().unwrap() += 1;
        async move {
            let mut buffer = [0; 4096];
            while stream
                .read(&mut buffer)
                .await
                .is_ok_and(|length| length > 0)
            {
                let empty = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
                if stream.write_all(empty).await.is_err() {
                    return;
                }
            }
        }
    })
    .await;
    (authority, connections)
}

/// They are kept for one plugin in either case.
#[tokio::test]
async fn connections_are_per_tenant_unless_shared() {
    for sharing in [
        ConnectionSharing::WithinTenant,
        ConnectionSharing::AcrossTenants,
    ] {
        let (authority, connections) = keeping().await;
        let host = ConnectorHost::builder()
            .allow(&format!("http://{authority}"))
            .unwrap()
            .with(|options| options.connection_sharing = sharing)
            .build()
            .unwrap();
        let plugin = host.load(support::plugin()).unwrap();
        // The same code with a custom section has another digest.
        let other = [support::plugin(), b"\0\x02\x01x".to_vec()].concat();
        let other = host.load(other).unwrap();
        let config = Config::new(format!("f{authority}"));
        for (plugin, tenant, apart, shared) in [
            (&plugin, Some("a"), 1, 1),
            (&plugin, Some("b"), 2, 1),
            (&plugin, Some("a"), 2, 1),
            (&plugin, None, 3, 1),
            (&other, Some("a"), 4, 2),
            (&other, Some("b"), 5, 2),
            (&plugin, Some("b"), 5, 2),
        ] {
            let call = match tenant {
                Some(tenant) => plugin.for_tenant(tenant),
                None => plugin.clone(),
            };
            call.send_message(&config, &Message::default())
                .await
                .unwrap();
            let expected = match sharing {
                ConnectionSharing::AcrossTenants => shared,
                _ => apart,
            };
            assert_eq!(*connections.lock().unwrap(), expected, "{tenant:?}");
        }
    }
}
