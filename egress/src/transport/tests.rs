//! Records of TLS without content.

use super::*;
use crate::dial::Dialer;
use crate::network::Network;
use crate::origin::Origin;
use crate::own::OwnListeners;
use rustls::ServerConnection;
use std::io::Write;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tokio::io::AsyncReadExt;

#[path = "../../tests/support/authority.rs"]
mod authority;

const PATIENCE: Duration = Duration::from_secs(5);

/// A connection whose server has sent `tickets` session tickets, and sends a byte of content on the signal.
async fn dialled(tickets: usize) -> (Transport, Sender<()>) {
    dialled_for(tickets, 1).await
}

/// The same with `content` bytes of content.
async fn dialled_for(tickets: usize, content: usize) -> (Transport, Sender<()>) {
    let (authority, mut config) = authority::certified(&["127.0.0.1"]);
    config.send_tls13_tickets = tickets;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    let (go, signal): (_, Receiver<()>) = channel();
    let (sender, sent) = channel();
    std::thread::spawn(move || {
        let mut socket = listener.accept().unwrap().0;
        let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
        while tls.is_handshaking() || tls.wants_write() {
            tls.complete_io(&mut socket).unwrap();
        }
        sender.send(()).unwrap();
        if signal.recv_timeout(PATIENCE).is_ok() {
            let mut left = content;
            while left > 0 {
                left -= tls.writer().write(&vec![0; left]).unwrap();
                let _ = tls.complete_io(&mut socket);
            }
            let _ = signal.recv_timeout(PATIENCE);
        }
    });
    let network = Network {
        system_roots: false,
        authorities_pem: authority.into_bytes(),
        proxy: None,
    };
    let dialer = Dialer::new(&network, Vec::new(), Vec::new(), OwnListeners::default()).unwrap();
    let origin = Origin::parse(&origin).unwrap();
    let dialled = dialer.dial(&origin, PATIENCE, || Some(())).await.unwrap();
    sent.recv_timeout(PATIENCE).unwrap();
    (dialled.transport, go)
}

#[tokio::test]
async fn examination_reads_bounded_number_of_tickets() {
    let (mut few, _go) = dialled(4).await;
    assert_eq!(examine(&mut few), Found::Nothing);
    let (mut many, _go) = dialled(900).await;
    assert_eq!(examine(&mut many), Found::End);
}

#[tokio::test]
async fn read_passes_bounded_number_of_tickets() {
    for (tickets, is_read) in [(4, true), (900, false)] {
        let (mut transport, go) = dialled(tickets).await;
        go.send(()).unwrap();
        let mut byte = [0];
        let read = transport.read_exact(&mut byte).await;
        assert_eq!(read.is_ok(), is_read, "{tickets}: {read:?}");
    }
}

/// The bound begins again with each piece of content.
#[tokio::test]
async fn content_renews_bound() {
    let (mut transport, go) = dialled(300).await;
    go.send(()).unwrap();
    transport.read_exact(&mut [0]).await.unwrap();
    let Either::Right(tls) = &mut transport else {
        panic!("no TLS");
    };
    assert_eq!(tls.0.get_mut().0.idle_left, IDLE_BYTES);
}

/// Much of a long response has arrived by the time that it is read, and into a large buffer.
#[tokio::test]
async fn long_content_is_read_whole() {
    const LENGTH: usize = 1 << 20;
    let (mut transport, go) = dialled_for(4, LENGTH).await;
    go.send(()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let mut content = vec![1; LENGTH];
    transport.read_exact(&mut content).await.unwrap();
    assert!(content.iter().all(|byte| *byte == 0));
}
