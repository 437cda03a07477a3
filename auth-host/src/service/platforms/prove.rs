//! Proofs of origin as platforms make them, for trials of a webhook.

use super::auth::{Auth, mac, sign};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl Auth {
    /// Returns the headers that prove a request's origin, as its platform makes them.
    pub fn prove(&self, secret: &str, id: &str, time_s: i64, body: &[u8]) -> HeaderMap {
        let time = time_s.to_string();
        let signed = |prefix: &str| {
            let signature = sign(secret, id, time_s, body).unwrap_or_default();
            vec![
                (format!("{prefix}-id"), id.to_owned()),
                (format!("{prefix}-timestamp"), time.clone()),
                (format!("{prefix}-signature"), signature),
            ]
        };
        let hex_of = |parts: &[&[u8]]| hex::encode(mac(secret.as_bytes(), parts));
        let pairs = match self {
            Self::StandardWebhooks => signed("webhook"),
            Self::Svix => signed("svix"),
            Self::Zitadel => {
                let mac = hex_of(&[time.as_bytes(), b".", body]);
                vec![("zitadel-signature".to_owned(), format!("t={time},v1={mac}"))]
            }
            Self::Hmac(name) => vec![(name.clone(), hex_of(&[body]))],
            Self::Authorization => vec![("authorization".to_owned(), secret.to_owned())],
            Self::Bearer => vec![("authorization".to_owned(), format!("Bearer {secret}"))],
            Self::Basic(user) => {
                let pair = STANDARD.encode(format!("{user}:{secret}"));
                vec![("authorization".to_owned(), format!("Basic {pair}"))]
            }
            Self::Header(name) => vec![(name.clone(), secret.to_owned())],
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::try_from(name);
            if let (Ok(name), Ok(mut value)) = (name, HeaderValue::try_from(value)) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        headers
    }
}
