//! Verifications in Twilio's form.

use super::error::{Error, NOT_FOUND};
use crate::app::App;
use crate::ids::{self, rfc3339};
use crate::store::messages;
use crate::verification::{TRIES, is_live};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A verification in Twilio's form.
pub struct Shown(Value);

/// Reads a verification. The number is shown in full to a caller that named it, and masked to others.
///
/// # Errors
///
/// [`NOT_FOUND`], or that the database failed.
pub fn shown(
    app: &App,
    tenant: &str,
    id: &str,
    to: Option<&str>,
    service: &str,
    account: &str,
) -> Result<Shown, Error> {
    let found = app
        .store
        .read(|db| messages::with_verification(db, tenant, id))?;
    let (v, sent) = found.ok_or(NOT_FOUND)?;
    let is_live = is_live(&v, ids::now_ms());
    let status = match v.state.as_str() {
        "cancelled" => "canceled",
        "pending" if !is_live => "expired",
        "pending" if v.attempts >= TRIES => "max_attempts_reached",
        state => state,
    };
    let uuid = |id: &str| id.split_once('_').map_or("", |(_, uuid)| uuid).to_owned();
    let attempts = sent.iter().map(|row| {
        json!({
            "attempt_sid": format!("VL{}", uuid(&row.id)), "channel": "sms", "time": rfc3339(row.created_at),
            "state": row.state,
        })
    });
    let attempts: Vec<Value> = attempts.collect();
    let sid = format!("VE{}", uuid(&v.id));
    let to = to.map_or_else(|| app.masked(tenant, &v.number), str::to_owned);
    Ok(Shown(json!({
        "sid": sid, "service_sid": service, "account_sid": account, "to": to, "channel": "sms", "status": status,
        "valid": status == "approved", "lookup": {}, "amount": null, "payee": null, "send_code_attempts": attempts,
        "sna": null, "date_created": rfc3339(v.created_at), "date_updated": rfc3339(v.sent_at),
        "url": format!("/v2/Services/{service}/Verifications/{sid}"),
    })))
}

impl Shown {
    /// The answer to a start, a reading or a change.
    pub fn response(self, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let content = (header::CONTENT_TYPE, "application/json");
        (status, [content], self.0.to_string()).into_response()
    }

    /// The answer to a check, which has other members.
    pub fn check(mut self) -> Response {
        if let Some(object) = self.0.as_object_mut() {
            for name in ["lookup", "send_code_attempts", "sna", "url"] {
                object.remove(name);
            }
            object.insert("sna_attempts_error_codes".to_owned(), json!([]));
        }
        self.response(200)
    }
}
