//! Confirms an origin that a connector's config asks for, or withdraws the confirmation.

use super::change::keep;
use super::find::find;
use super::view::{ConnectorView, get};
use crate::service::admin::destinations::check_not_own;
use crate::service::admin::{Actor, Entry, change};
use crate::service::app::App;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::registry;
use crate::service::texts::say;
use std::sync::Arc;

/// Confirms that a connector's config may reach an origin that it asks for. For host administrators.
///
/// # Errors
///
/// [`Problem`] if the config does not ask for it, or if the service itself listens there.
pub async fn confirm(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    origin: &str,
) -> Result<ConnectorView, Problem> {
    let connector = find(app, tenant, name)?;
    let mut next = connector.row.clone();
    if !next.wanted.iter().any(|wanted| wanted == origin) {
        return Err(Problem::invalid("/origin", say("refusal-origin")));
    }
    check_not_own(app, "/origin", origin).await?;
    if !next.confirmed.iter().any(|confirmed| confirmed == origin) {
        next.confirmed.push(origin.to_owned());
    }
    decide(app, actor, (Action::ConnectorConfirm, origin), next).await
}

/// Withdraws the confirmation of an origin: the connector is not ready until it is confirmed again. For host
/// administrators.
///
/// # Errors
///
/// [`Problem`] if the origin is not confirmed.
pub async fn withdraw(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
    origin: &str,
) -> Result<ConnectorView, Problem> {
    let connector = find(app, tenant, name)?;
    let mut next = connector.row.clone();
    next.confirmed.retain(|confirmed| confirmed != origin);
    if next.confirmed == connector.row.confirmed {
        return Err(Problem::invalid(
            "/origin",
            say("refusal-origin-unconfirmed"),
        ));
    }
    decide(app, actor, (Action::ConnectorWithdraw, origin), next).await
}

/// Stores a decision about an origin.
async fn decide(
    app: &Arc<App>,
    actor: &Actor,
    (action, origin): (Action, &str),
    mut next: registry::Connector,
) -> Result<ConnectorView, Problem> {
    next.revision += 1;
    next.updated_at = ids::now_ms();
    let (tenant, id) = (next.tenant.clone(), next.id.clone());
    let entry = Entry::new(Some(&tenant), actor, action, &id).detail(origin);
    change(app, entry, move |db| keep(db, &next)).await?;
    get(app, &tenant, &id)
}
