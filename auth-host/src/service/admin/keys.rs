//! API keys: shown once, stored as a hash.

use super::{Actor, Entry, change, change_shown_once, check_name, require};
use crate::service::access::{Host, SCOPES, Scope as _, key_hash};
use crate::service::app::App;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::registry::{self, Key};
use crate::service::texts::say;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::sync::Arc;

/// A key for display. Its secret is shown once.
#[derive(Debug, Serialize)]
pub struct KeyView {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tenant; none for the whole host.
    pub tenant: Option<String>,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// Creation time, in milliseconds since 1970.
    pub created_at: i64,
    /// Time of its revocation.
    pub revoked_at: Option<i64>,
    /// The key itself; only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// Creates a key.
///
/// # Errors
///
/// [`Problem`] if the tenant does not exist, or if the name or a scope is not valid.
pub async fn add(
    app: &Arc<App>,
    actor: &Actor,
    tenant: Option<&str>,
    name: &str,
    scopes: &[String],
) -> Result<KeyView, Problem> {
    check_name("/name", name)?;
    if let Some(tenant) = tenant
        && !app.catalog.load().tenants.contains_key(tenant)
    {
        return Err(Problem::not_found("tenant"));
    }
    let is_known = |scope: &String| {
        SCOPES.contains(&scope.as_str()) && (scope == Host::NAME) == tenant.is_none()
    };
    if scopes.is_empty() || !scopes.iter().all(is_known) {
        return Err(Problem::invalid("/scopes", say("refusal-scopes")));
    }
    let secret: [u8; 32] = ids::random()?;
    let id = ids::new("k");
    let text = format!("{id}.{}", URL_SAFE_NO_PAD.encode(secret));
    let key = Key {
        id: id.clone(),
        tenant: tenant.map(str::to_owned),
        name: name.to_owned(),
        hash: key_hash(&text),
        scopes: scopes.to_vec(),
        created_at: ids::now_ms(),
        revoked_at: None,
    };
    let entry = Entry::new(tenant, actor, Action::KeyAdd, &id).detail(scopes.join(", "));
    let kept = key.clone();
    change_shown_once(app, entry, move |db| Ok(registry::add_key(db, &kept)?)).await?;
    Ok(KeyView {
        key: Some(text),
        ..view(&key)
    })
}

/// The keys of a tenant, or all.
pub fn list(app: &App, tenant: Option<&str>) -> Vec<KeyView> {
    let catalog = app.catalog.load();
    let keys = catalog.keys.values();
    let mut found: Vec<_> = keys
        .filter(|key| tenant.is_none() || key.tenant.as_deref() == tenant)
        .map(view)
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

fn view(key: &Key) -> KeyView {
    KeyView {
        id: key.id.clone(),
        name: key.name.clone(),
        tenant: key.tenant.clone(),
        scopes: key.scopes.clone(),
        created_at: key.created_at,
        revoked_at: key.revoked_at,
        key: None,
    }
}

/// Revokes a key, of one tenant if one is given. It stops working within a second everywhere.
///
/// # Errors
///
/// [`Problem`] if there is no such valid key.
pub async fn revoke(
    app: &Arc<App>,
    actor: &Actor,
    tenant: Option<&str>,
    id: &str,
) -> Result<(), Problem> {
    let catalog = app.catalog.load_full();
    let key = catalog.keys.get(id);
    let key = key.filter(|key| tenant.is_none() || key.tenant.as_deref() == tenant);
    let Some(key) = key else {
        return Err(Problem::not_found("key"));
    };
    // The entry is in the log of the key's own tenant, whoever revoked it.
    let entry = Entry::new(key.tenant.as_deref(), actor, Action::KeyRevoke, id);
    let id = id.to_owned();
    change(app, entry, move |db| {
        require(registry::revoke_key(db, &id)?, "key")
    })
    .await
}
