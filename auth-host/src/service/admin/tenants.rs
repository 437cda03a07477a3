//! Tenants, their flows, and the kill switches.

use super::{Actor, Entry, change, changed, check_name, connectors};
use crate::service::app::App;
use crate::service::crypt::digest;
use crate::service::merge_patch::merge;
use crate::service::number::is_country;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::registry::{self, Flow, Tenant, TenantSettings};
use crate::service::texts::{about, say};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

/// A tenant for display.
#[derive(Debug, Serialize)]
pub struct TenantView {
    /// Its identifier.
    pub id: String,
    /// Its settings.
    pub settings: TenantSettings,
}

/// All tenants.
pub fn list(app: &App) -> Vec<TenantView> {
    let catalog = app.catalog.load();
    let tenants = catalog.tenants.values().cloned();
    tenants
        .map(|Tenant { id, settings }| TenantView { id, settings })
        .collect()
}

/// A tenant's settings.
///
/// # Errors
///
/// [`Problem`] if there is no such tenant.
pub fn get(app: &App, tenant: &str) -> Result<TenantSettings, Problem> {
    let catalog = app.catalog.load();
    let found = catalog.tenants.get(tenant);
    let found = found.ok_or_else(|| Problem::not_found("tenant"))?;
    Ok(found.settings.clone())
}

/// A tenant's flows.
pub fn flows(app: &App, tenant: &str) -> Vec<Flow> {
    let catalog = app.catalog.load();
    catalog.flows.get(tenant).cloned().unwrap_or_default()
}

/// Creates a tenant, or changes the given settings.
///
/// # Errors
///
/// [`Problem`] that names the setting.
pub async fn put(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    patch: &Value,
) -> Result<TenantSettings, Problem> {
    check_name("/id", id)?;
    lay_over(app, actor, id, patch, Upon::Any).await
}

/// Changes the given settings of a tenant. Never creates one: an operator who mistypes the name of a tenant to stop
/// would believe it stopped.
///
/// # Errors
///
/// [`Problem`] if there is no such tenant, or one that names the setting.
pub async fn set(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    patch: &Value,
) -> Result<TenantSettings, Problem> {
    lay_over(app, actor, id, patch, Upon::Known).await
}

/// As [`set`], for a form that was made from settings of a [`revision`].
///
/// # Errors
///
/// As [`set`], and if another revision was edited.
pub async fn set_edited(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    patch: &Value,
    revision: &str,
) -> Result<TenantSettings, Problem> {
    lay_over(app, actor, id, patch, Upon::Revision(revision.to_owned())).await
}

/// Identifies a revision of settings, to detect changes meanwhile. The kill switch is not included: no form has it, and
/// turning it must not invalidate an open form.
pub fn revision(settings: &TenantSettings) -> String {
    let settings = TenantSettings {
        is_stopped: false,
        ..settings.clone()
    };
    let text = serde_json::to_vec(&settings).unwrap_or_default();
    hex::encode(digest(&[&text]))
}

/// Target of a patch.
enum Upon {
    /// Any tenant; it is created if there is none.
    Any,
    /// An existing tenant.
    Known,
    /// Settings of this revision.
    Revision(String),
}

async fn lay_over(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    patch: &Value,
    upon: Upon,
) -> Result<TenantSettings, Problem> {
    let entry = Entry::new(Some(id), actor, Action::TenantPut, id).detail(changes(patch));
    let (id, patch) = (id.to_owned(), patch.clone());
    change(app, entry, move |db| {
        // Reads the present settings: another program may have stopped the tenant since the catalog was read.
        let before = match registry::tenant(db, &id)? {
            Some(before) => before,
            None if matches!(upon, Upon::Any) => TenantSettings::default(),
            None => return Err(Problem::not_found("tenant")),
        };
        if matches!(&upon, Upon::Revision(edited) if *edited != revision(&before)) {
            return Err(changed("refusal-settings-changed"));
        }
        let settings = patched(&before, &patch)?;
        check(&settings)?;
        registry::put_tenant(db, &id, &settings)?;
        Ok(settings)
    })
    .await
}

/// The changes of a patch, for the audit log. No setting of a tenant is a secret.
fn changes(patch: &Value) -> String {
    let object = patch.as_object().into_iter().flatten();
    let each = object.map(|(name, value)| format!("{name}={value}"));
    each.collect::<Vec<_>>().join(", ")
}

/// Settings with a JSON merge patch (RFC 7396) laid over them.
fn patched(before: &TenantSettings, patch: &Value) -> Result<TenantSettings, Problem> {
    let unusable = |error: String| Problem::invalid("", about("refusal-settings", error));
    let mut document = serde_json::to_value(before).map_err(|e| unusable(e.to_string()))?;
    if !patch.is_object() {
        return Err(Problem::invalid("", say("refusal-settings-object")));
    }
    merge(&mut document, patch);
    serde_path_to_error::deserialize(&document).map_err(|error| {
        let name = error.path().to_string();
        let known = serde_json::to_value(TenantSettings::default()).unwrap_or_default();
        let known: Vec<_> = known
            .as_object()
            .map(|object| object.keys().cloned().collect())
            .unwrap_or_default();
        Problem::invalid(
            &format!("/{name}"),
            about("refusal-setting", known.join(", ")),
        )
    })
}

fn check(settings: &TenantSettings) -> Result<(), Problem> {
    let countries = settings
        .home_countries
        .iter()
        .chain(&settings.default_country);
    if let Some(code) = countries.into_iter().find(|code| !is_country(code)) {
        let place = if settings.default_country.as_ref() == Some(code) {
            "/default_country"
        } else {
            "/home_countries"
        };
        return Err(Problem::invalid(place, say("refusal-country")));
    }
    // Unknown outcomes are looked up for three days.
    if !(4..=3650).contains(&settings.retention_days) {
        return Err(Problem::invalid(
            "/retention_days",
            say("refusal-retention"),
        ));
    }
    Ok(())
}

/// Sets a flow: the connectors for a usage and a country, in order. Without connectors the flow is removed.
///
/// # Errors
///
/// [`Problem`] if the usage or the country is not valid, or if a connector does not exist or is named twice.
pub async fn put_flow(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    mut flow: Flow,
) -> Result<Flow, Problem> {
    let catalog = app.catalog.load_full();
    if !catalog.tenants.contains_key(tenant) {
        return Err(Problem::not_found("tenant"));
    }
    if flow.usage != "*" {
        check_name("/usage", &flow.usage)?;
    }
    if flow.country != "*" && !is_country(&flow.country) {
        return Err(Problem::invalid("/country", say("refusal-country-any")));
    }
    for (index, wanted) in flow.connectors.iter_mut().enumerate() {
        let found = connectors::find_in(&catalog, tenant, wanted);
        let connector = found.ok_or_else(|| no_connector(index))?;
        *wanted = connector.row.id.clone();
    }
    let mut named: Vec<_> = flow.connectors.iter().collect();
    named.sort();
    named.dedup();
    if named.len() < flow.connectors.len() {
        return Err(Problem::invalid(
            "/connectors",
            say("refusal-connector-twice"),
        ));
    }
    let subject = format!("{}/{}", flow.usage, flow.country);
    let entry = Entry::new(Some(tenant), actor, Action::FlowPut, &subject)
        .detail(flow.connectors.join(", "));
    let (tenant, kept) = (tenant.to_owned(), flow.clone());
    change(app, entry, move |db| {
        for (index, id) in kept.connectors.iter().enumerate() {
            // The catalog may be older than a removal by another program.
            if !registry::has_connector(db, &tenant, id)? {
                return Err(no_connector(index));
            }
        }
        Ok(registry::put_flow(db, &tenant, &kept)?)
    })
    .await?;
    Ok(flow)
}

fn no_connector(index: usize) -> Problem {
    Problem::invalid(&format!("/connectors/{index}"), say("refusal-no-connector"))
}

/// Turns the kill switch of the whole host.
///
/// # Errors
///
/// [`Problem`] if it cannot be stored.
pub async fn stop_all(app: &Arc<App>, actor: &Actor, is_stopped: bool) -> Result<(), Problem> {
    let action = if is_stopped {
        Action::HostStop
    } else {
        Action::HostGo
    };
    let entry = Entry::new(None, actor, action, "host");
    change(app, entry, move |db| {
        registry::put_setting(db, "is_stopped", if is_stopped { "1" } else { "0" })?;
        Ok(registry::touch(db)?)
    })
    .await
}
