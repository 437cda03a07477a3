//! Addresses for callbacks of providers. Their tokens are shown once and stored as hashes.

use super::connectors::find;
use super::{Actor, Entry, change, change_shown_once, require};
use crate::service::access::key_hash;
use crate::service::app::App;
use crate::service::ids::{self, rfc3339};
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::callbacks::{self as rows, Token};
use crate::service::texts::say;
use axum::http::StatusCode;
use rusqlite::Connection;
use serde::Serialize;
use std::sync::Arc;

/// The most tokens of one connector: an old and a new one, and a few by mistake.
const TOKENS: usize = 8;

/// A callback's address for display.
#[derive(Debug, Serialize)]
pub struct CallbackView {
    /// The token's identifier, which a removal names.
    pub id: String,
    /// Creation time (RFC 3339).
    pub created_at: String,
    /// The same for pages, in milliseconds since 1970.
    #[serde(skip)]
    pub created_at_ms: i64,
    /// The path to enter at the provider, below the public address; only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// Creates an address for a connector's callbacks. Earlier ones stay valid.
///
/// # Errors
///
/// [`Problem`] if there is no such connector, if its plugin reads no callbacks, or if it has too many addresses.
pub async fn add(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<CallbackView, Problem> {
    let connector = find(app, tenant, name)?;
    let reads = connector.ready.as_ref();
    if !reads.is_ok_and(|ready| ready.plugin.description().has_receipts) {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "no-receipts",
            "The connector reads no callbacks",
            say("refusal-no-receipts"),
        ));
    }
    let random: [u8; 16] = ids::random()?;
    let secret = hex::encode(random);
    let token = Token {
        id: ids::new("t"),
        tenant: tenant.to_owned(),
        connector: connector.row.id.clone(),
        hash: key_hash(&secret),
        created_at: ids::now_ms(),
    };
    let shown = CallbackView {
        path: Some(format!("/callbacks/{}/{secret}", connector.row.id)),
        ..view(&token)
    };
    let entry = Entry::new(Some(tenant), actor, Action::CallbackAdd, &connector.row.id);
    change_shown_once(app, entry, move |db| put(db, &token)).await?;
    Ok(shown)
}

/// Stores a token, unless its connector has the most.
fn put(db: &Connection, token: &Token) -> Result<(), Problem> {
    let tokens = rows::tokens(db)?;
    let own = tokens.iter().filter(|t| t.connector == token.connector);
    if own.count() >= TOKENS {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "tokens",
            "Too many addresses",
            say("refusal-tokens"),
        ));
    }
    Ok(rows::add(db, token)?)
}

fn own(app: &App, connector: &str) -> Vec<Token> {
    let catalog = app.catalog.load();
    let tokens = catalog.callback_tokens.iter();
    tokens
        .filter(|token| token.connector == connector)
        .cloned()
        .collect()
}

fn view(token: &Token) -> CallbackView {
    CallbackView {
        id: token.id.clone(),
        created_at: rfc3339(token.created_at),
        created_at_ms: token.created_at,
        path: None,
    }
}

/// The addresses of a connector's callbacks, without their tokens.
///
/// # Errors
///
/// [`Problem`] if there is no such connector.
pub fn list(app: &App, tenant: &str, name: &str) -> Result<Vec<CallbackView>, Problem> {
    let connector = find(app, tenant, name)?;
    Ok(own(app, &connector.row.id).iter().map(view).collect())
}

/// Removes an address. Callbacks to it get 404 from then on.
///
/// # Errors
///
/// [`Problem`] if the tenant has none with this identifier.
pub async fn remove(app: &Arc<App>, actor: &Actor, tenant: &str, id: &str) -> Result<(), Problem> {
    let entry = Entry::new(Some(tenant), actor, Action::CallbackRemove, id);
    let (tenant, id) = (tenant.to_owned(), id.to_owned());
    change(app, entry, move |db| {
        require(rows::delete(db, &tenant, &id)?, "callback")
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;

    /// The transaction counts: requests at one time have read the same catalog.
    #[tokio::test]
    async fn ninth_token_of_a_connector_is_refused() {
        let test = TestApp::new().await;
        let add = |connector: &str| {
            let token = Token {
                id: ids::new("t"),
                tenant: "default".to_owned(),
                connector: connector.to_owned(),
                hash: Vec::new(),
                created_at: 1,
            };
            test.app.store.write(move |db| put(db, &token))
        };
        for _ in 0..TOKENS {
            add("c_1").await.unwrap();
        }
        let refused = add("c_1").await.unwrap_err();
        assert_eq!((refused.status, refused.kind), (409, "tokens"));
        add("c_2").await.unwrap();
    }
}
