//! A provider on loopback that behaves as told, over plain HTTP, on a thread of its own.

use crate::work::{Result, accepted, number, told};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

/// How it treats connections.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Answers each request after a while, and keeps the connection.
    Answers(Duration),
    /// Answers the first request, and closes the connection after a while.
    ClosesAfter(Duration),
    /// Answers the first request, and closes the connection when a byte of the second arrives.
    ClosesAtTheSecond,
    /// Accepts no connection for a while. Its queue holds one, which the caller has to fill.
    AcceptsAfter(Duration),
}

/// The provider; it ends when it is dropped.
pub struct Provider {
    pub url: String,
    pub address: std::net::SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Provider {
    /// Starts one.
    pub fn start(manner: Manner) -> Result<Self> {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, address) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = match super::one_thread() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async {
                match listen(manner) {
                    Ok((listener, address)) => {
                        let _ = ready.send(Ok(address));
                        tokio::select! {
                            () = serve(listener, manner) => {}
                            _ = stopped => {}
                        }
                    }
                    Err(error) => drop(ready.send(Err(told(error)))),
                }
            });
        });
        let address = address.recv().map_err(told)??;
        Ok(Self {
            url: format!("http://{address}"),
            address,
            _stop: stop,
        })
    }
}

fn listen(manner: Manner) -> std::io::Result<(TcpListener, std::net::SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(std::net::SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let queue = if matches!(manner, Manner::AcceptsAfter(_)) {
        0
    } else {
        1_024
    };
    let listener = socket.listen(queue)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn serve(listener: TcpListener, manner: Manner) {
    if let Manner::AcceptsAfter(pause) = manner {
        tokio::time::sleep(pause).await;
    }
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(treat(stream, manner));
    }
}

/// One connection, until either side leaves.
async fn treat(mut stream: TcpStream, manner: Manner) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let body = accepted(&number(1));
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut text = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.ok()?;
        text.extend_from_slice(buffer.get(..read).filter(|read| !read.is_empty())?);
        if !is_whole(&text) {
            continue;
        }
        text.clear();
        if let Manner::Answers(delay) = manner {
            tokio::time::sleep(delay).await;
        }
        stream.write_all(answer.as_bytes()).await.ok()?;
        match manner {
            Manner::ClosesAfter(pause) => {
                tokio::time::sleep(pause).await;
                return None;
            }
            Manner::ClosesAtTheSecond => {
                let _ = stream.readable().await;
                return None;
            }
            Manner::Answers(_) | Manner::AcceptsAfter(_) => {}
        }
    }
}

/// Whether the head and as many bytes as it announces are there.
fn is_whole(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let named = name.eq_ignore_ascii_case("content-length");
        named.then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_none_or(|length| body.len() >= length)
}
