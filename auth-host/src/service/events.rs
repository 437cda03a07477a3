//! Events of a tenant: states of messages and verifications, without a code, and with the number masked.
//!
//! An event is stored in the transaction of the change that it reports. It is posted afterwards to the address that a
//! host administrator set for the tenant, signed by Standard Webhooks, with the same identifier at each attempt.

use crate::service::app::App;
use crate::service::ids::{self, rfc3339};
use crate::service::store::message::Message;
use crate::service::store::verifications::Verification;
use crate::service::store::{self, events as rows};
use auth_connector_host::FailureKind;
use rusqlite::Connection;
use serde_json::{Value, json};

/// Adds an event with the state of a message, if the tenant has an address for events.
pub fn message(app: &App, db: &Connection, row: &Message) -> store::Result<()> {
    add(app, db, &row.tenant, || {
        let catalog = app.catalog.load();
        let connector = catalog.connectors.get(&row.connector);
        let data = json!({
            "message_id": row.id, "verification_id": row.verification, "state": row.state, "kind": row.kind.map(FailureKind::as_str),
            "turn": row.turn, "reason": row.reason, "to": app.masked(&row.tenant, &row.number), "usage": row.usage,
            "country": row.country, "connector": connector.map(|c| c.row.name.clone()), "webhook_id": row.source,
            "provider_message": row.provider_message, "provider_code": row.provider_code,
        });
        (format!("message.{}", row.state.as_str()), data)
    })
}

/// Adds an event with the state of a verification: `started`, `approved` or `cancelled`.
pub fn verification(
    app: &App,
    db: &Connection,
    v: &Verification,
    state: &str,
) -> store::Result<()> {
    add(app, db, &v.tenant, || {
        let data = json!({
            "verification_id": v.id, "status": v.state.as_str(), "to": app.masked(&v.tenant, &v.number), "usage": v.usage,
            "country": v.country, "test": v.is_test,
        });
        (format!("verification.{state}"), data)
    })
}

fn add(
    app: &App,
    db: &Connection,
    tenant: &str,
    event: impl FnOnce() -> (String, Value),
) -> store::Result<()> {
    if !app.catalog.load().event_targets.contains_key(tenant) {
        return Ok(());
    }
    let (kind, data) = event();
    let now = ids::now_ms();
    let body = json!({"type": kind, "timestamp": rfc3339(now), "data": data});
    rows::add(db, &ids::new("e"), tenant, &body.to_string(), now)
}
