//! Client of the verification API: HTTP, with a key.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// Timeout of a request. The API's own limit is 10 s.
const WITHIN: Duration = Duration::from_secs(12);

/// The largest response body that is read, in bytes.
const LARGEST: usize = 64 << 10;

/// Address of the API, and the key for it.
pub struct Api {
    /// Its address.
    pub address: SocketAddr,
    /// A key with the scope `verify`.
    pub key: String,
}

/// A code that was requested.
pub struct Started {
    /// The verification's identifier.
    pub id: String,
    /// Milliseconds until another code may be requested.
    pub resend_after_ms: Option<i64>,
    /// A sentence about the message for the person, if the API returned one.
    pub told: Option<String>,
    /// True if the message was certainly not sent.
    pub is_failed: bool,
}

/// A request that the API refused or did not answer.
pub struct Refused {
    /// A sentence in that person's language, if the API returned one.
    pub told: Option<String>,
    /// Seconds until another attempt may succeed, if the API returned them.
    pub retry_after_s: Option<i64>,
}

impl Refused {
    fn nothing() -> Self {
        Self {
            told: None,
            retry_after_s: None,
        }
    }
}

impl Api {
    /// Requests a code.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn start(
        &self,
        number: &str,
        usage: &str,
        language: &str,
        suppress: bool,
    ) -> Result<Started, Refused> {
        let body =
            json!({"to": number, "usage": usage, "locales": [language], "suppress": suppress});
        started(&self.post("/v1/verifications", &body).await?)
    }

    /// Requests another code.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn resend(&self, id: &str) -> Result<Started, Refused> {
        started(
            &self
                .post(&format!("/v1/verifications/{id}/resend"), &json!({}))
                .await?,
        )
    }

    /// Checks a code for a number. A wrong code is `Ok` with a sentence for the person.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub async fn check(
        &self,
        id: &str,
        number: &str,
        code: &str,
    ) -> Result<Option<String>, Refused> {
        let body = json!({"code": code, "to": number});
        let answer = self
            .post(&format!("/v1/verifications/{id}/check"), &body)
            .await?;
        if answer.get("valid") == Some(&Value::Bool(true)) {
            return Ok(None);
        }
        Ok(Some(text(&answer, "user_message").unwrap_or_default()))
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        let answer = tokio::time::timeout(WITHIN, self.exchange(path, body)).await;
        let Ok(Some((is_fine, answer))) = answer else {
            tracing::warn!("the sample had no answer of the API");
            return Err(Refused::nothing());
        };
        if is_fine {
            return Ok(answer);
        }
        Err(Refused {
            told: text(&answer, "user_message"),
            retry_after_s: answer.get("retry_after").and_then(Value::as_i64),
        })
    }

    async fn exchange(&self, path: &str, body: &Value) -> Option<(bool, Value)> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
        let connection = tokio::spawn(connection);
        let request = Request::post(path)
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .ok()?;
        let response = sender.send_request(request).await.ok()?;
        let is_fine = response.status().is_success();
        let bytes = Limited::new(response.into_body(), LARGEST)
            .collect()
            .await
            .ok()?;
        connection.abort();
        let answer = serde_json::from_slice(&bytes.to_bytes()).ok()?;
        Some((is_fine, answer))
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn started(answer: &Value) -> Result<Started, Refused> {
    let message = answer.get("message").cloned().unwrap_or_default();
    let resend = text(answer, "resend_after").and_then(|at| {
        let format = &time::format_description::well_known::Rfc3339;
        let at = time::OffsetDateTime::parse(&at, format).ok()?;
        let ms = at.unix_timestamp_nanos() / 1_000_000;
        Some((i64::try_from(ms).ok()? - crate::service::ids::now_ms()).max(0))
    });
    Ok(Started {
        id: text(answer, "id").ok_or_else(Refused::nothing)?,
        resend_after_ms: resend,
        told: text(&message, "user_message"),
        is_failed: text(&message, "state").as_deref() == Some("not_sent"),
    })
}
