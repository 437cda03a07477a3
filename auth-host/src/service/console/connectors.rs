//! List of a tenant's connectors.

use super::fault::Fault;
use super::page::{Page, render};
use super::state::Console;
use super::visit::Visit;
use askama::Template;
use auth_connector_host::Manifest;
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/t/{tenant}/connectors", get(list))
}

#[derive(Template)]
#[template(path = "connectors.html")]
struct List {
    page: Page,
    connectors: Vec<Entry>,
    plugins: Vec<(String, String)>,
}

struct Entry {
    id: String,
    name: String,
    plugin: String,
    problem: String,
    flows: usize,
}

/// A plugin's display name, from its manifest.
pub fn plugin_name(row: &crate::service::store::registry::Plugin) -> String {
    let manifest = row
        .manifest
        .as_deref()
        .and_then(|m| Manifest::parse(m).ok());
    let name = manifest.and_then(|manifest| manifest.name);
    super::form::shown(name.as_deref().unwrap_or(&row.id), 80)
}

async fn list(visit: Visit) -> Result<Html<String>, Fault> {
    let catalog = visit.console.app.catalog.load();
    let flows = catalog.flows.get(&visit.tenant);
    let flows = flows.map(Vec::as_slice).unwrap_or_default();
    let own = catalog.connectors.values();
    let own = own.filter(|c| c.row.tenant == visit.tenant);
    let entry = |c: &Arc<crate::service::catalog::Connector>| Entry {
        id: c.row.id.clone(),
        name: c.row.name.clone(),
        plugin: catalog
            .plugins
            .get(&c.row.plugin)
            .map_or_else(|| c.row.plugin.clone(), plugin_name),
        problem: c
            .ready
            .as_ref()
            .err()
            .map(|why| visit.t.phrase(why))
            .unwrap_or_default(),
        flows: flows
            .iter()
            .filter(|f| f.connectors.contains(&c.row.id))
            .count(),
    };
    let plugins = catalog.plugins.values();
    Ok(render(&List {
        page: visit.page("connectors", visit.t.say("connectors")),
        connectors: own.map(entry).collect(),
        plugins: plugins
            .map(|row| (row.id.clone(), plugin_name(row)))
            .collect(),
    }))
}
