//! Creates, changes and removes connectors.

use super::decisions::decisions;
use super::find::find;
use super::prepare::{Edit, Put, prepare};
use super::view::{ConnectorView, get};
use crate::service::admin::destinations::check_none_own;
use crate::service::admin::{
    Actor, Entry, change, check_name, require, require_current, undeclared,
};
use crate::service::app::App;
use crate::service::crypt::Purpose;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::audit::{self, Action};
use crate::service::store::registry::{self, Flow};
use crate::service::texts::{about, say};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;

/// Creates or changes a connector.
///
/// # Errors
///
/// [`Problem`] with every finding if the config cannot work; nothing is changed then.
pub async fn put(app: &Arc<App>, actor: &Actor, put: Put<'_>) -> Result<ConnectorView, Problem> {
    put_edited(app, actor, put, &Edit::default()).await
}

/// As [`put`], for an editor that identifies entries of lists.
///
/// # Errors
///
/// As [`put`], and if another revision was edited.
pub async fn put_edited(
    app: &Arc<App>,
    actor: &Actor,
    put: Put<'_>,
    edit: &Edit,
) -> Result<ConnectorView, Problem> {
    check_name("/name", put.name)?;
    let (tenant, name) = (put.tenant.to_owned(), put.name.to_owned());
    let prepared = prepare(app, put, edit).await?;
    let findings = prepared.findings;
    if findings.iter().any(|f| f.severity == "error") {
        let mut problem = Problem::invalid("/config", say("refusal-config"));
        problem.findings = findings;
        return Err(problem);
    }
    let (before, now) = (prepared.before, ids::now_ms());
    let id = before
        .as_ref()
        .map_or_else(|| ids::new("c"), |c| c.row.id.clone());
    let text = prepared.config.to_string();
    let hidden = undeclared::hidden(prepared.guard, &prepared.config);
    let next = registry::Connector {
        tenant: tenant.clone(),
        name: before.as_ref().map_or(name, |c| c.row.name.clone()),
        plugin: prepared.row.id,
        config: app
            .keys
            .encrypt(&tenant, Purpose::Configs, &id, text.as_bytes())?,
        secrets: hidden,
        confirmed: prepared.confirmed,
        wanted: prepared.wanted,
        revision: before.as_ref().map_or(1, |c| c.row.revision + 1),
        created_at: before.as_ref().map_or(now, |c| c.row.created_at),
        updated_at: now,
        id: id.clone(),
    };
    let entry =
        Entry::new(Some(&tenant), actor, Action::ConnectorPut, &id).detail(next.name.as_str());
    let decisions = match &edit.confirmed {
        Some(_) => decisions(before.as_ref().map(|c| &c.row), &next),
        None => Vec::new(),
    };
    let confirmed = decisions.iter();
    let confirmed = confirmed.filter(|(action, _)| *action == Action::ConnectorConfirm);
    let confirmed: Vec<String> = confirmed.map(|(_, origin)| origin.clone()).collect();
    check_none_own(app, "/origin", &confirmed).await?;
    let by = actor.0.clone();
    change(app, entry, move |db| {
        keep(db, &next)?;
        for (action, origin) in decisions {
            audit::add(db, Some(&next.tenant), &by, action, &next.id, &origin)?;
        }
        Ok(())
    })
    .await?;
    let mut shown = get(app, &tenant, &id)?;
    shown.findings = findings;
    Ok(shown)
}

/// Stores a connector, unless it was changed meanwhile.
pub fn keep(db: &Connection, next: &registry::Connector) -> Result<(), Problem> {
    let is_kept = registry::put_connector(db, next)?;
    require_current(is_kept, "refusal-connector-changed")
}

/// Removes a connector that no flow names.
///
/// # Errors
///
/// [`Problem`] if there is none, or if a flow names it.
pub async fn remove(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    name: &str,
) -> Result<(), Problem> {
    let connector = find(app, tenant, name)?;
    let id = connector.row.id.clone();
    let entry = Entry::new(Some(tenant), actor, Action::ConnectorRemove, &id);
    let tenant = tenant.to_owned();
    change(app, entry, move |db| {
        let mut flows = registry::flows(db)?.into_iter();
        let names_it = |(of, flow): &(String, Flow)| *of == tenant && flow.connectors.contains(&id);
        if let Some((_, flow)) = flows.find(names_it) {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "in-use",
                "The connector is in use",
                about(
                    "refusal-connector-in-use",
                    format!("{}/{}", flow.usage, flow.country),
                ),
            ));
        }
        require(registry::delete_connector(db, &tenant, &id)?, "connector")
    })
    .await
}
