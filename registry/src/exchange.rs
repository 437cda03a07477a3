//! Single request on a connection of its own, and a response with a bounded body.

use crate::RegistryError;
use crate::part;
use auth_connector_egress::Phrase;
use auth_connector_egress::{Origin, Outbound};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest head of a response.
const HEAD_BYTES: usize = 64 << 10;

/// The longest that one connection may take to come about.
const DIAL: Duration = Duration::from_secs(10);

/// The deadline of a pull or a publication, and the time that it had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    whole: Duration,
}

impl Deadline {
    pub(crate) fn after(whole: Duration) -> Self {
        // An `Instant` cannot represent every time that a caller may name.
        const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
        Self {
            end: Instant::now() + whole.min(LONGEST),
            whole,
        }
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    async fn within<T>(&self, future: impl Future<Output = T>) -> Result<T, RegistryError> {
        timeout(self.left(), future)
            .await
            .map_err(|_| RegistryError::Time(self.whole.as_secs()))
    }
}

/// A response. Dropping it closes its connection.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    deadline: Deadline,
    from: String,
    /// True if credentials were sent.
    is_credited: bool,
    _driver: Driver,
}

/// Error codes of a registry (OCI Distribution Specification 1.1, section "Error Codes").
const CODES: [&str; 19] = [
    "BLOB_UNKNOWN",
    "BLOB_UPLOAD_INVALID",
    "BLOB_UPLOAD_UNKNOWN",
    "DIGEST_INVALID",
    "MANIFEST_BLOB_UNKNOWN",
    "MANIFEST_INVALID",
    "MANIFEST_UNKNOWN",
    "NAME_INVALID",
    "NAME_UNKNOWN",
    "SIZE_INVALID",
    "UNAUTHORIZED",
    "DENIED",
    "UNSUPPORTED",
    "TOOMANYREQUESTS",
    // Additional codes of github.com/distribution/distribution.
    "MANIFEST_UNVERIFIED",
    "RANGE_INVALID",
    "TAG_INVALID",
    "UNAVAILABLE",
    "UNKNOWN",
];

/// The task that drives a connection.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends a request, whose URI is a path, to an origin.
pub(crate) async fn send(
    outbound: &Outbound,
    origin: &Origin,
    mut request: Request<Full<Bytes>>,
    deadline: Deadline,
) -> Result<Response, RegistryError> {
    let from = origin.to_string();
    let broken = |reason: String| RegistryError::Broken {
        origin: from.clone(),
        what: part::request(),
        reason,
    };
    let authority = from
        .split_once("://")
        .map_or(from.as_str(), |(_, rest)| rest);
    let host = HeaderValue::try_from(authority).map_err(|error| broken(error.to_string()))?;
    request.headers_mut().insert(HOST, host);
    let agent = concat!("auth-connector-registry/", env!("CARGO_PKG_VERSION"));
    request
        .headers_mut()
        .insert(USER_AGENT, HeaderValue::from_static(agent));
    let is_credited = request.headers().contains_key(AUTHORIZATION);
    let exchange = async {
        let stream = outbound.connect(origin, deadline.left().min(DIAL)).await;
        let stream = stream.map_err(|reason| RegistryError::Unreachable {
            origin: from.clone(),
            reason,
        })?;
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(error.to_string()))?;
        let driver = Driver(tokio::spawn(async move {
            // The response's reader gets the error of a connection.
            let _ = connection.await;
        }));
        let response = sender.send_request(request).await;
        let (head, body) = response
            .map_err(|error| broken(error.to_string()))?
            .into_parts();
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
            deadline,
            from: from.clone(),
            is_credited,
            _driver: driver,
        })
    };
    deadline.within(exchange).await?
}

impl Response {
    /// The body, if its `Content-Length` and its actual size are within the limit.
    pub(crate) async fn read(
        mut self,
        what: &Phrase,
        limit: u64,
    ) -> Result<Vec<u8>, RegistryError> {
        let too_large = |size| RegistryError::TooLarge {
            what: what.clone(),
            size,
            limit,
        };
        let said = self.headers.get(CONTENT_LENGTH);
        let said = said.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(said) = said.filter(|said| *said > limit) {
            return Err(too_large(said));
        }
        let mut bytes = Vec::new();
        while let Some(frame) = self.deadline.within(self.body.frame()).await? {
            let frame = frame.map_err(|error| RegistryError::Broken {
                origin: self.from.clone(),
                what: what.clone(),
                reason: error.to_string(),
            })?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let size = (bytes.len() + data.len()) as u64;
            if size > limit {
                return Err(too_large(size));
            }
            bytes.extend_from_slice(&data);
        }
        Ok(bytes)
    }

    /// Error for a response that is not a success, with a short text of its body. A text that came after credentials
    /// were sent may repeat them in any encoding, so then only a known code is used.
    pub(crate) async fn refusal(self, what: &Phrase) -> RegistryError {
        const ERROR_BYTES: u64 = 16 << 10;
        let status = self.status.as_u16();
        let is_credited = self.is_credited;
        let body = self.read(what, ERROR_BYTES).await.unwrap_or_default();
        let said = serde_json::from_slice::<serde_json::Value>(&body).ok();
        let said = said.and_then(|body| {
            let first = body.get("errors")?.get(0)?;
            let code = || first.get("code").and_then(|code| code.as_str());
            let text = if is_credited {
                code().filter(|code| CODES.contains(code))?
            } else {
                match first.get("message") {
                    Some(message) => message.as_str()?,
                    None => code()?,
                }
            };
            Some(format!(": {}", crate::error::legible(text)))
        });
        RegistryError::Status {
            what: what.clone(),
            status,
            said: said.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_time_is_a_deadline() {
        for whole in [Duration::MAX, Duration::from_secs(u64::MAX)] {
            assert!(Deadline::after(whole).left() > Duration::from_secs(1 << 20));
        }
    }
}
