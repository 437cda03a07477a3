//! POSTs to an address that an operator set, by the egress rules for plugins. They follow no redirect.

use auth_connector_host::{Origin, Outbound};
use auth_connector_host::{Phrase, phrase};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The longest time for opening a connection.
const DIAL: Duration = Duration::from_secs(5);

/// The longest time for the whole exchange.
const WHOLE: Duration = Duration::from_secs(10);

/// The longest time for the rest of a response, for its connection to be used again.
const REST: Duration = Duration::from_secs(1);

/// The longest head of a response, and the longest body after which its connection is used again.
const MOST_BYTES: usize = 64 << 10;

/// A parsed address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    origin: Origin,
    path: String,
}

impl Address {
    /// Its scheme, host and port. The rest may contain a token.
    pub fn origin(&self) -> String {
        self.origin.to_string()
    }

    /// Parses an `https` address, or an `http` one of loopback.
    ///
    /// # Errors
    ///
    /// The expected form.
    pub fn parse(text: &str) -> Result<Self, Phrase> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| phrase!("address-scheme", "an address begins with https://"))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(phrase!(
                "address-user",
                "an address has no user and no password"
            ));
        }
        let is_path = path.bytes().all(|b| {
            b.is_ascii_graphic() && !matches!(b, b'#' | b'"' | b'<' | b'>' | b'\\' | b'`')
        });
        if !is_path || path.len() > 2048 {
            return Err(phrase!(
                "address-path",
                "the path has visible ASCII characters, no fragment, and at most 2048 of them"
            ));
        }
        let origin =
            Origin::parse(&format!("{scheme}://{authority}")).map_err(|error| error.phrase())?;
        if scheme.eq_ignore_ascii_case("http") && !origin.is_loopback() {
            return Err(phrase!(
                "address-plain",
                "http can be read on its way: use https, or an address of loopback"
            ));
        }
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        Ok(Self { origin, path })
    }
}

/// A connection that is kept for another request.
pub struct Open {
    origin: Origin,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<hyper::Result<()>>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Open {
    async fn dial(outbound: &Outbound, origin: &Origin) -> Result<Self, String> {
        let stream = outbound.connect(origin, DIAL).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MOST_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            origin: origin.clone(),
            sender,
            driver: tokio::spawn(connection),
        })
    }

    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sender.ready().await?;
        self.sender.send_request(request).await
    }

    /// Returns the connection, once the rest of a response is read. The body is not used.
    async fn after(self, response: Response<Incoming>) -> Option<Self> {
        let rest = Limited::new(response.into_body(), MOST_BYTES).collect();
        let is_read = matches!(tokio::time::timeout(REST, rest).await, Ok(Ok(_)));
        (is_read && !self.sender.is_closed()).then_some(self)
    }
}

/// Posts JSON with these headers, on the kept connection if that is one to this address. Returns the status, and the
/// connection if it can be used again.
///
/// # Errors
///
/// One line with the reason.
pub async fn post(
    outbound: &Outbound,
    kept: Option<Open>,
    address: &Address,
    headers: &[(&str, String)],
    body: String,
) -> Result<(u16, Option<Open>), String> {
    let origin = address.origin.to_string();
    let authority = origin.split_once("://").map_or("", |(_, rest)| rest);
    let mut request = Request::post(&address.path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .header(USER_AGENT, concat!("auth-host/", env!("CARGO_PKG_VERSION")));
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| error.to_string())?;
    let kept = kept.filter(|open| open.origin == address.origin);
    match tokio::time::timeout(WHOLE, exchange(outbound, kept, &address.origin, request)).await {
        Ok(Ok((open, response))) => {
            let status = response.status().as_u16();
            Ok((status, open.after(response).await))
        }
        Ok(Err(why)) => Err(why),
        Err(_) => Err("no answer came within ten seconds".to_owned()),
    }
}

async fn exchange(
    outbound: &Outbound,
    kept: Option<Open>,
    origin: &Origin,
    request: Request<Full<Bytes>>,
) -> Result<(Open, Response<Incoming>), String> {
    // A server may end a connection just when it is used again. It is then unknown whether it read the request, which
    // has an identifier for that.
    if let Some(mut open) = kept
        && let Ok(response) = open.send(request.clone()).await
    {
        return Ok((open, response));
    }
    let mut open = Open::dial(outbound, origin).await?;
    let response = open.send(request).await;
    response
        .map(|response| (open, response))
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_https_or_loopback() {
        for (text, path) in [
            ("https://app.example.com", Some("/")),
            ("https://app.example.com/hooks?a=b", Some("/hooks?a=b")),
            ("https://app.example.com?a=b", Some("/?a=b")),
            ("http://127.0.0.1:3000/x", Some("/x")),
            ("http://app.example.com/", None),
            ("https://user:word@app.example.com/", None),
            ("https://app.example.com/a b", None),
            ("https://app.example.com/#a", None),
            ("ftp://app.example.com/", None),
            ("app.example.com", None),
        ] {
            let found = Address::parse(text).ok().map(|address| address.path);
            assert_eq!(found.as_deref(), path, "{text}");
        }
    }
}
