//! Tunnel through an HTTP proxy (RFC 9110, section 9.3.6).
//!
//! The errors of hyper-util's tunnel leave out the proxy's status, which an operator needs.

use crate::error::DialError;
use http::HeaderValue;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest answer to `CONNECT` that is read.
const HEAD: usize = 8 << 10;

/// Requests a tunnel to `authority`, which is host and port. All bytes that follow on the stream are the target's.
pub(crate) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    authority: &str,
    authorization: Option<&HeaderValue>,
) -> Result<(), DialError> {
    let mut request = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n").into_bytes();
    if let Some(authorization) = authorization {
        request.extend_from_slice(b"proxy-authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    stream
        .write_all(&request)
        .await
        .map_err(DialError::Connect)?;
    let status = status(stream).await?;
    if (200..300).contains(&status) {
        Ok(())
    } else {
        Err(DialError::ProxyRefused(status))
    }
}

/// Reads up to the end of the head and not a byte further: what follows belongs to the target.
async fn status<S: AsyncRead + Unpin>(stream: &mut S) -> Result<u16, DialError> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD {
            return Err(DialError::NoProxy);
        }
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(DialError::NoProxy);
            }
            Err(error) => return Err(DialError::Connect(error)),
        }
    }
    let line = String::from_utf8_lossy(&head);
    let mut words = line.split(' ');
    let version = words.next().unwrap_or_default();
    let status = words
        .next()
        .and_then(|status| status.get(..3)?.parse().ok());
    match status {
        Some(status) if version.starts_with("HTTP/1.") => Ok(status),
        _ => Err(DialError::NoProxy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `CONNECT` to a proxy that answers so; returns the result, the request, and the bytes left to read.
    async fn asked(answer: &'static [u8]) -> (Result<(), DialError>, String, String) {
        let (mut ours, mut theirs) = tokio::io::duplex(64 << 10);
        theirs.write_all(answer).await.unwrap();
        let authorization = HeaderValue::from_static("Basic eDp5");
        let opened = open(&mut ours, "sms.example.com:443", Some(&authorization)).await;
        let mut request = vec![0; 1024];
        let length = theirs.read(&mut request).await.unwrap();
        drop(theirs);
        let mut rest = String::new();
        ours.read_to_string(&mut rest).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        (opened, request, rest)
    }

    #[tokio::test]
    async fn tunnel_begins_right_after_proxy_head() {
        let answer = b"HTTP/1.1 200 Connection established\r\nx: y\r\n\r\nhello";
        let (opened, request, rest) = asked(answer).await;
        assert!(opened.is_ok());
        assert_eq!(rest, "hello");
        assert_eq!(
            request,
            "CONNECT sms.example.com:443 HTTP/1.1\r\nhost: sms.example.com:443\r\nproxy-authorization: Basic eDp5\r\n\r\n"
        );
    }

    /// A response that is not HTTP is reported as no proxy.
    #[tokio::test]
    async fn proxy_refusal_has_status_else_no_proxy() {
        let (refused, ..) = asked(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
        assert!(matches!(refused, Err(DialError::ProxyRefused(407))));
        for answer in [
            &b"SSH-2.0-x\r\n\r\n"[..],
            b"HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 2x0 \r\n\r\n",
            &[b'x'; 10_000],
        ] {
            let (opened, ..) = asked(answer).await;
            assert!(matches!(opened, Err(DialError::NoProxy)));
        }
    }
}
