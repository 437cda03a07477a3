//! Addresses at which the provider reports what became of a connector's messages.

use super::super::page::time;
use super::state::State;
use crate::admin::{callbacks, connectors};

/// The addresses of a connector that is stored.
#[derive(Default)]
pub(super) struct Reports {
    /// Whether its plugin reads callbacks.
    pub(super) is_possible: bool,
    /// Identifiers of the addresses, and when they were made.
    pub(super) known: Vec<(String, String)>,
    /// A new one's path, which is shown once.
    pub(super) made: String,
}

impl State {
    /// Makes an address, or removes the one with an identifier.
    pub(super) async fn change_reports(&mut self, removed: Option<&str>) {
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let Some(id) = self.subject.id.clone() else {
            return;
        };
        let changed = match removed {
            Some(token) => callbacks::remove(app, &visit.actor(), tenant, token)
                .await
                .map(|()| String::new()),
            None => callbacks::add(app, &visit.actor(), tenant, &id)
                .await
                .map(|made| made.path.unwrap_or_default()),
        };
        match changed {
            Ok(path) => self.report_path = path,
            Err(problem) => self.refuse(&problem),
        }
    }

    /// What the page shows of them.
    pub(super) fn reports(&self) -> Reports {
        let visit = &self.subject.visit;
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let Some(id) = &self.subject.id else {
            return Reports::default();
        };
        let ready = connectors::find(app, tenant, id);
        let ready = ready.as_ref().and_then(|found| found.ready.as_ref().ok());
        let known = callbacks::list(app, tenant, id).unwrap_or_default();
        Reports {
            is_possible: ready.is_some_and(|ready| ready.plugin.description().has_receipts),
            known: known
                .into_iter()
                .map(|address| (address.id, time(address.created_at_ms)))
                .collect(),
            made: self.report_path.clone(),
        }
    }
}
