//! Servers that send session tickets without end: TLS records without content, each of which costs a key derivation.

use super::examination::{Outcome, PATIENCE, Wire, answer, certificate, send_to};
use crate::http::client::Client;
use crate::options::HostOptions;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rustls::{ConnectionTrafficSecrets, ServerConnection};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long a server floods, if the client lets it.
const FLOOD: Duration = Duration::from_secs(8);

/// How long the client may need to end it.
const SOON: Duration = Duration::from_secs(4);

/// The shortest `NewSessionTicket` (RFC 8446, section 4.6.1): an hour, no nonce, a ticket of one byte, no extensions.
const TICKET: [u8; 18] = [4, 0, 0, 14, 0, 0, 14, 16, 0, 0, 0, 0, 0, 0, 1, b't', 0, 0];

/// Sends records of tickets until the client ends the connection, and returns how long that took.
fn flood(tls: ServerConnection, mut socket: TcpStream) -> Duration {
    let (mut sequence, secrets) = tls.dangerous_extract_secrets().unwrap().tx;
    let ConnectionTrafficSecrets::Aes256Gcm { key, iv } = secrets else {
        panic!("another cipher suite");
    };
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).unwrap());
    let start = Instant::now();
    let mut tickets = TICKET.repeat(900);
    // The type of the content: a handshake (RFC 8446, section 5.2).
    tickets.push(22);
    while start.elapsed() < FLOOD {
        let [high, low] = u16::try_from(tickets.len() + 16).unwrap().to_be_bytes();
        let head = [23, 3, 3, high, low];
        let mut nonce = [0; 12];
        nonce.copy_from_slice(iv.as_ref());
        for (byte, number) in nonce[4..].iter_mut().zip(u64::to_be_bytes(sequence)) {
            *byte ^= number;
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        let mut record = tickets.clone();
        key.seal_in_place_append_tag(nonce, Aad::from(head), &mut record)
            .unwrap();
        record.splice(..0, head);
        if socket.write_all(&record).is_err() {
            break;
        }
        sequence += 1;
    }
    start.elapsed()
}

/// A server that floods its first connection: after its answer and once it is told to go, or in place of an answer.
fn serve(answers: bool) -> (String, HostOptions, Sender<()>, Receiver<Duration>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let (authorities_pem, config) = certificate();
    let (go, signal) = channel();
    let (sender, flooded) = channel();
    std::thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        let tls = Some(ServerConnection::new(config).unwrap());
        let mut wire = Wire { socket, tls };
        wire.read_until("x");
        if answers {
            wire.write(answer("first").as_bytes());
            signal.recv_timeout(PATIENCE).unwrap();
        }
        let _ = sender.send(flood(wire.tls.unwrap(), wire.socket));
    });
    let options = HostOptions {
        authorities_pem,
        ..HostOptions::default()
    };
    (authority, options, go, flooded)
}

async fn send(client: &Arc<Client>, authority: &str) -> Outcome {
    send_to(client, authority, true).await
}

/// The task that examines idle connections shares its thread, and the pool, with every send.
#[tokio::test]
async fn flood_on_idle_connection_holds_no_thread() {
    let (authority, options, go, flooded) = serve(true);
    let client = Client::for_tests(&options);
    assert_eq!(send(&client, &authority).await.0.unwrap(), "first");
    assert_eq!(client.pool().count(), 1, "it is kept");
    go.send(()).unwrap();
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert_eq!(client.pool().count(), 0, "it is closed");
    assert!(flooded.recv_timeout(PATIENCE).unwrap() < SOON);
}

#[tokio::test]
async fn flood_in_place_of_answer_ends_request() {
    let (authority, options, _go, flooded) = serve(false);
    let client = Client::for_tests(&options);
    let start = Instant::now();
    let (outcome, report) = send(&client, &authority).await;
    assert!(outcome.is_err(), "{outcome:?}");
    assert!(start.elapsed() < SOON, "{:?}: {report:?}", start.elapsed());
    drop(client);
    assert!(flooded.recv_timeout(PATIENCE).unwrap() < SOON);
}
