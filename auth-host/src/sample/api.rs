//! The verification API as the sample calls it: over HTTP, with a key.

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;

/// How long an answer may take. The API's own limit is 10 s.
const WITHIN: Duration = Duration::from_secs(12);

/// The largest answer that is read.
const LARGEST: usize = 64 << 10;

/// Where the API is, and the key for it.
pub struct Api {
    /// Its address.
    pub address: SocketAddr,
    /// A key with the scope `verify`.
    pub key: String,
}

/// A code that was asked for.
pub struct Started {
    /// The verification's identifier.
    pub id: String,
    /// In how long another may be asked for, in milliseconds.
    pub resend_after_ms: Option<i64>,
    /// What to tell the person about the message, if something is to be told.
    pub told: Option<String>,
    /// Whether the message was certainly not sent.
    pub is_failed: bool,
}

/// What to tell a person instead of an answer.
pub struct Refused {
    /// A sentence in that person's language, if the API had one.
    pub told: Option<String>,
    /// When another attempt is sane, in seconds.
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
    /// Asks for a code.
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

    /// Asks for another code.
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

    /// Checks a code for a number. A wrong one is `Ok` with what to tell.
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
        Some((i64::try_from(ms).ok()? - crate::ids::now_ms()).max(0))
    });
    Ok(Started {
        id: text(answer, "id").ok_or_else(Refused::nothing)?,
        resend_after_ms: resend,
        told: text(&message, "user_message"),
        is_failed: text(&message, "state").as_deref() == Some("not_sent"),
    })
}
