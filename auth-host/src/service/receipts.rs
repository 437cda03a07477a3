//! Delivery receipts: a provider's callback, read by its connector, and the changes of messages by it.
//!
//! A receipt about an unknown serial number changes nothing. One settles *unknown* only through the correlation id, which
//! the provider has from the message itself. None makes a message *not sent*, and none sends anything.

use crate::clean::clean;
use crate::service::access::key_hash;
use crate::service::app::App;
use crate::service::catalog::Connector;
use crate::service::store::callbacks as rows;
use crate::service::store::message::{Message, State};
use crate::service::store::receipts::{self as reports, Report, Source};
use crate::service::store::{self, StoreError};
use crate::service::{events, ids};
use auth_connector_host::{
    Callback, CallbackContent, CallbackError, CallbackRefusalKind, DeliveryReceipt, ReceiptState,
};
use rusqlite::Connection;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The reason for which a callback is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// No token of this connector.
    Token,
    /// The provider's signature is missing or wrong.
    Unauthenticated,
    /// Not a callback of this provider.
    Malformed,
    /// Too large.
    TooLarge,
    /// The connector cannot read it now.
    Unavailable,
}

/// The connector whose callbacks have this token.
///
/// # Errors
///
/// [`NotTaken::Token`].
pub fn connector(app: &App, id: &str, token: &str) -> Result<Arc<Connector>, NotTaken> {
    let catalog = app.catalog.load();
    let given = key_hash(token);
    // Every token is compared, so that the time reveals nothing.
    let is_known = catalog.callback_tokens.iter().fold(false, |found, known| {
        let is_same: bool = known.hash.ct_eq(&given).into();
        found | (is_same && known.connector == id)
    });
    let found = catalog.connectors.get(id).filter(|_| is_known);
    found.cloned().ok_or(NotTaken::Token)
}

/// Reads a callback and stores its receipts. Returns the response to the provider. The reason of a refusal is logged,
/// without the token of the address.
///
/// # Errors
///
/// [`NotTaken`]. Nothing of the callback counts then, and the provider may call again.
pub async fn take(
    app: &Arc<App>,
    connector: &Connector,
    token: &str,
    callback: Callback,
) -> Result<CallbackContent, NotTaken> {
    let ready = connector
        .ready
        .as_ref()
        .map_err(|_| NotTaken::Unavailable)?;
    let read = ready.plugin.read_callback(&ready.config, &callback).await;
    let id = connector.row.id.as_str();
    let content = read.map_err(|error| match error {
        CallbackError::Refused(refusal) => {
            let (kind, why) = (refusal.kind, said(&refusal.message, token));
            tracing::warn!(connector = %id, kind = kind.as_str(), %why, "a callback was refused");
            metrics::counter!("auth_host_callbacks_refused_total", "connector" => id.to_owned(), "kind" => kind.as_str())
                .increment(1);
            not_taken(kind)
        }
        CallbackError::Failed(error) => {
            let why = said(&error.to_string(), token);
            tracing::error!(connector = %id, %why, "a callback cannot be read");
            NotTaken::Unavailable
        }
    })?;
    let (stored, receipts) = (app.clone(), content.receipts.clone());
    let (tenant, id) = (connector.row.tenant.clone(), connector.row.id.clone());
    let stored = app.store.write(move |db| {
        for receipt in &receipts {
            store_one(&stored, db, &tenant, &id, receipt)?;
        }
        Ok::<_, StoreError>(())
    });
    stored.await.map_err(|error| {
        tracing::error!(%error, "receipts cannot be stored");
        NotTaken::Unavailable
    })?;
    Ok(content)
}

const fn not_taken(kind: CallbackRefusalKind) -> NotTaken {
    match kind {
        CallbackRefusalKind::Unauthenticated => NotTaken::Unauthenticated,
        CallbackRefusalKind::TooLarge => NotTaken::TooLarge,
        CallbackRefusalKind::InvalidConfig => NotTaken::Unavailable,
        CallbackRefusalKind::Malformed | CallbackRefusalKind::Other => NotTaken::Malformed,
    }
}

/// A plugin's text for the log. The host removed secrets and numbers from it; the address has a secret of its own.
fn said(text: &str, token: &str) -> String {
    clean(text).replace(token, "****")
}

fn store_one(
    app: &App,
    db: &Connection,
    tenant: &str,
    connector: &str,
    receipt: &DeliveryReceipt,
) -> store::Result<()> {
    let reported = match receipt.state {
        ReceiptState::Delivered => State::Delivered,
        ReceiptState::Undelivered => State::Undelivered,
        ReceiptState::Other => return Ok(()),
    };
    let id = receipt.correlation_id.as_deref();
    let found = rows::find(db, tenant, connector, id, &receipt.message_id)?;
    let now = ids::now_ms();
    let report = Report {
        source: Source::Callback,
        state: reported,
        code: reports::code(&receipt.attributes),
        at: now,
    };
    if let Some(row) = &found {
        reports::add(db, row, &report)?;
    }
    let outcome = match found {
        None => "no-message",
        Some(row) if !may_settle(&row, reported, id) => "unchanged",
        Some(row) => {
            rows::settle(db, &row, reported, &receipt.message_id, now)?;
            let mut row = row.reported(reported, &report.code);
            row.provider_message
                .get_or_insert_with(|| receipt.message_id.clone());
            events::message(app, db, &row)?;
            reported.as_str()
        }
    };
    metrics::counter!("auth_host_receipts_total", "connector" => connector.to_owned(), "outcome" => outcome)
        .increment(1);
    Ok(())
}

/// Returns true if a receipt changes the state of a message. Carriers correct *undelivered*, and never *delivered*.
fn may_settle(row: &Message, reported: State, correlation_id: Option<&str>) -> bool {
    match row.state {
        State::Accepted => true,
        // The serial number of a message whose outcome is unknown has no verified source.
        State::Unknown | State::Sending => correlation_id == Some(row.id.as_str()),
        State::Undelivered => reported == State::Delivered,
        State::Delivered | State::NotSent | State::Suppressed => false,
    }
}
