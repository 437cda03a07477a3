//! The connector that is edited, or the plugin of a new one.

use super::super::fault::Fault;
use super::super::visit::Visit;
use crate::service::admin::connectors::{self, Put};
use crate::service::problem::Problem;
use serde_json::{Value, json};

/// The connector that is edited, or a new one.
pub(super) struct Subject {
    pub(super) visit: Visit,
    pub(super) plugin: String,
    pub(super) name: String,
    pub(super) id: Option<String>,
    pub(super) revision: i64,
    pub(super) stored: Value,
    pub(super) secrets: Vec<String>,
    pub(super) confirmed: Vec<String>,
}

impl Subject {
    pub(super) fn new(visit: Visit, plugin: String) -> Result<Self, Fault> {
        if !visit
            .console
            .app
            .catalog
            .load()
            .plugins
            .contains_key(&plugin)
        {
            return Err(Problem::not_found("plugin").into());
        }
        Ok(Self {
            visit,
            plugin,
            name: String::new(),
            id: None,
            revision: 0,
            stored: json!({}),
            secrets: Vec::new(),
            confirmed: Vec::new(),
        })
    }

    pub(super) fn stored(visit: Visit, id: &str) -> Result<Self, Fault> {
        let found = connectors::get(&visit.console.app, &visit.tenant, id)?;
        Ok(Self {
            visit,
            plugin: found.plugin,
            name: found.name,
            id: Some(found.id),
            revision: found.revision,
            stored: found.config,
            secrets: found.secrets,
            confirmed: found.confirmed,
        })
    }

    /// The address of its editor, with a query.
    pub(super) fn path(&self, query: &str) -> String {
        let base = format!("/console/t/{}", self.visit.tenant);
        match &self.id {
            Some(id) => format!("{base}/connectors/{id}?{query}"),
            None => format!("{base}/connector?plugin={}&{query}", self.plugin),
        }
    }

    pub(super) fn put<'a>(&'a self, config: Value, locales: &'a [String]) -> Put<'a> {
        Put {
            tenant: &self.visit.tenant,
            name: self.id.as_deref().unwrap_or(&self.name),
            plugin: Some(&self.plugin),
            config,
            locales,
        }
    }
}
