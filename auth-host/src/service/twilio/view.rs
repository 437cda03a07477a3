//! Verifications in Twilio's form.

use crate::service::app::App;
use crate::service::ids::{self, rfc3339_seconds};
use crate::service::store::message::Message;
use crate::service::store::verifications::{State, Verification};
use crate::service::verification::{Answer, TRIES, is_live};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A verification in Twilio's form.
pub struct Shown(Value);

/// The service that shows a verification, and its caller.
pub struct Viewer<'a> {
    /// The service, `VA…`.
    pub service: &'a str,
    /// Its account, `AC…`.
    pub account: &'a str,
    /// The number, if the caller named it. It is masked for others.
    pub to: Option<&'a str>,
}

/// A verification as it is now, with its messages.
pub fn current(app: &App, v: &Verification, sent: &[Message], viewer: &Viewer<'_>) -> Shown {
    let is_live = is_live(v, ids::now_ms());
    let status = match v.state {
        State::Cancelled => "canceled",
        State::Pending if !is_live => "expired",
        State::Pending if v.attempts >= TRIES => "max_attempts_reached",
        State::Pending => "pending",
        State::Approved => "approved",
    };
    let attempts = sent.iter().map(|row| {
        json!({
            "attempt_sid": format!("VL{}", uuid(&row.id)), "channel": "sms", "time": rfc3339_seconds(row.created_at),
            "state": row.state,
        })
    });
    let attempts: Vec<Value> = attempts.collect();
    let url = format!(
        "/v2/Services/{}/Verifications/VE{}",
        viewer.service,
        uuid(&v.id)
    );
    let own = json!({"lookup": {}, "send_code_attempts": attempts, "sna": null, "url": url});
    shown(app, v, viewer, status, own)
}

/// The response to a check. Its status is that of the transaction that compared the code: another check may have
/// approved the verification since.
pub fn checked(app: &App, v: &Verification, answer: &Answer, viewer: &Viewer<'_>) -> Shown {
    let checked: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let member = |name| checked.get(name).cloned().unwrap_or_default();
    let status = match (member("valid").as_bool(), member("attempts_left").as_u64()) {
        (Some(true), _) => "approved",
        (_, Some(0)) => "max_attempts_reached",
        _ => "pending",
    };
    shown(
        app,
        v,
        viewer,
        status,
        json!({"sna_attempts_error_codes": []}),
    )
}

/// The members that all responses have, with `own` members of one.
fn shown(app: &App, v: &Verification, viewer: &Viewer<'_>, status: &str, own: Value) -> Shown {
    let masked = || app.masked(&v.tenant, &v.number);
    let to = viewer.to.map_or_else(masked, str::to_owned);
    let mut shown = json!({
        "sid": format!("VE{}", uuid(&v.id)), "service_sid": viewer.service, "account_sid": viewer.account, "to": to,
        "channel": "sms", "status": status, "valid": status == "approved", "amount": null, "payee": null,
        "date_created": rfc3339_seconds(v.created_at), "date_updated": rfc3339_seconds(v.sent_at),
    });
    if let (Value::Object(shown), Value::Object(own)) = (&mut shown, own) {
        shown.extend(own);
    }
    Shown(shown)
}

fn uuid(id: &str) -> &str {
    id.split_once('_').map_or("", |(_, uuid)| uuid)
}

impl Shown {
    /// The response with an HTTP status.
    pub fn response(self, status: u16) -> Response {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        let content = (header::CONTENT_TYPE, "application/json");
        (status, [content], self.0.to_string()).into_response()
    }
}
