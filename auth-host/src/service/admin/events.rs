//! Address of a tenant's events. A host administrator sets it, because it is a destination.

use super::destinations::check_not_own;
use super::{Actor, Entry, change, change_shown_once, require};
use crate::service::app::App;
use crate::service::event_target::{self, Opened};
use crate::service::ids;
use crate::service::platforms::auth::Auth;
use crate::service::post::Address;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::events::{self as rows, Target};
use crate::service::texts::about;
use serde::Serialize;
use std::sync::Arc;
use zeroize::Zeroizing;

/// An address for events, for display.
#[derive(Debug, Serialize)]
pub struct EventsView {
    /// The tenant.
    pub tenant: String,
    /// The address, without its query.
    pub url: String,
    /// Number of events that wait for delivery.
    pub waiting: i64,
    /// The secret that signs them; only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Sets the address that a tenant's events are posted to, with a new secret.
///
/// # Errors
///
/// [`Problem`] if there is no such tenant, or if the address cannot be used.
pub async fn put(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    url: &str,
) -> Result<EventsView, Problem> {
    if !app.catalog.load().tenants.contains_key(tenant) {
        return Err(Problem::not_found("tenant"));
    }
    let address = Address::parse(url);
    let address = address.map_err(|why| Problem::invalid("/url", about("refusal-address", why)))?;
    check_not_own(app, "/url", &address.origin()).await?;
    let secret = Auth::Svix.new_secret()?;
    let opened = Opened {
        secret: Zeroizing::new(secret.clone()),
        url: Zeroizing::new(url.to_owned()),
    };
    let target = event_target::encrypt(&app.keys, tenant, &opened)?;
    let entry = Entry::new(Some(tenant), actor, Action::EventsPut, tenant).detail(address.origin());
    let kept = target.clone();
    let waiting = change_shown_once(app, entry, move |db| {
        rows::put_target(db, &kept, ids::now_ms())?;
        Ok(rows::waiting(db, &kept.tenant)?)
    })
    .await?;
    Ok(EventsView {
        secret: Some(secret),
        ..view(&target, waiting)
    })
}

/// Returns the address that a tenant's events are posted to, for display.
///
/// # Errors
///
/// [`Problem`] if no address is set.
pub fn get(app: &App, tenant: &str) -> Result<EventsView, Problem> {
    let catalog = app.catalog.load();
    let found = catalog.event_targets.get(tenant);
    let found = found.ok_or_else(|| Problem::not_found("address for events"))?;
    let waiting = app.store.read(|db| rows::waiting(db, tenant))?;
    Ok(view(found, waiting))
}

fn view(target: &Target, waiting: i64) -> EventsView {
    EventsView {
        tenant: target.tenant.clone(),
        url: event_target::shown(&target.url).to_owned(),
        waiting,
        secret: None,
    }
}

/// Removes the address of a tenant's events. Waiting events are deleted.
///
/// # Errors
///
/// [`Problem`] if no address is set.
pub async fn remove(app: &Arc<App>, actor: &Actor, tenant: &str) -> Result<(), Problem> {
    let entry = Entry::new(Some(tenant), actor, Action::EventsRemove, tenant);
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        require(rows::delete_target(db, &tenant)?, "address for events")
    })
    .await
}
