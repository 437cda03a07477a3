//! Addresses for the provider's delivery reports on a connector's messages.

use super::super::page::time;
use super::state::State;
use crate::service::admin::once::Once;
use crate::service::admin::{callbacks, connectors};

/// The addresses of a stored connector.
#[derive(Default)]
pub(super) struct Reports {
    /// True if the connector's plugin reads callbacks.
    pub(super) is_possible: bool,
    /// Identifiers of the addresses, and their creation times.
    pub(super) known: Vec<(String, String)>,
    /// The path of a new address, which is shown once.
    pub(super) made: String,
}

impl State {
    /// Creates an address, once for a form.
    pub(super) async fn add_report(&mut self, once: Once) {
        let visit = self.subject.visit.clone();
        let app = &visit.console.app;
        let Some(id) = self.subject.id.clone() else {
            return;
        };
        let made = match once.claim(app).await {
            Ok(()) => callbacks::add(app, &visit.actor(), &visit.tenant, &id).await,
            Err(problem) => Err(problem),
        };
        match made {
            Ok(made) => self.report_path = made.path.unwrap_or_default(),
            Err(problem) => self.refuse(&problem),
        }
    }

    /// Removes the address with an identifier.
    pub(super) async fn drop_report(&mut self, address: &str) {
        let visit = self.subject.visit.clone();
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        if let Err(problem) = callbacks::remove(app, &visit.actor(), tenant, address).await {
            self.refuse(&problem);
        }
    }

    /// The addresses for the page.
    pub(super) fn reports(&self) -> Reports {
        let visit = &self.subject.visit;
        let (app, tenant) = (&visit.console.app, &visit.tenant);
        let Some(id) = &self.subject.id else {
            return Reports::default();
        };
        let ready = connectors::find(app, tenant, id);
        let ready = ready
            .as_ref()
            .ok()
            .and_then(|found| found.ready.as_ref().ok());
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
