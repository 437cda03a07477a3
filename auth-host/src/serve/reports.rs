//! Reports of used codes to providers, which some count towards the quality of their routes.

use super::beside::Beside;
use crate::app::App;
use crate::ids;
use crate::store::StoreError;
use crate::store::callbacks as rows;
use crate::store::due::{self, Due};
use crate::store::message::Message;
use auth_connector_host::{CallError, Conversion, FailureKind, HostFault};
use std::sync::Arc;

/// The most reports of one connector in a round.
const PER_ROUND: u32 = 50;

/// How long one report may take.
const REPORT_MS: u32 = 8_000;

/// Pause before a report is tried again, and how old a used code may be until its report is given up, in milliseconds.
const PAUSE_MS: i64 = 60_000;
const GIVEN_UP_MS: i64 = 600_000;

/// Reports the used codes that were not reported: each connector's one after another, and the connectors beside each
/// other.
pub fn report(app: &Arc<App>, beside: &Arc<Beside>) {
    match app.store.read(|db| due::connectors(db, Due::Report)) {
        Ok(connectors) => {
            for connector in connectors {
                beside.begin(&connector, report_each(app.clone(), connector.clone()));
            }
        }
        Err(error) => tracing::error!(%error, "used codes cannot be read"),
    }
}

/// Reports some of one connector.
async fn report_each(app: Arc<App>, connector: String) {
    let due = app.store.read(|db| {
        let now = ids::now_ms();
        due::due(db, Due::Report, &connector, now, PER_ROUND)
    });
    let rows = match due {
        Ok(rows) if rows.is_empty() => return,
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!(%error, "used codes cannot be read");
            return;
        }
    };
    let mut done = Vec::with_capacity(rows.len());
    for row in rows {
        let now = ids::now_ms();
        let is_reported = report_one(&app, &row, now).await;
        let used_at = row.verified_at.unwrap_or(now);
        let next = (!is_reported && now < used_at + GIVEN_UP_MS).then_some(now + PAUSE_MS);
        done.push((row, next));
    }
    // One transaction for all. A crash before it repeats them, which the contract calls harmless.
    let written = app.store.write(move |db| {
        done.iter()
            .try_for_each(|(row, next)| rows::report_at(db, row, *next))
    });
    if let Err::<(), StoreError>(error) = written.await {
        tracing::error!(%error, "reports cannot be written down");
    }
}

/// Reports one. Returns whether nothing is left to do.
async fn report_one(app: &App, row: &Message, now: i64) -> bool {
    let catalog = app.catalog.load_full();
    let connector = catalog.connectors.get(&row.connector);
    let ready = connector.and_then(|connector| connector.ready.as_ref().ok());
    let (Some(ready), Some(message_id)) = (ready, &row.provider_message) else {
        return true;
    };
    let age_s = (now - row.verified_at.unwrap_or(now)) / 1000;
    let conversion = Conversion {
        message_id: message_id.clone(),
        to: app.open_number(&row.tenant, &row.number).ok(),
        age_s: u32::try_from(age_s).unwrap_or_default(),
    };
    let reported = ready
        .plugin
        .report_conversion(&ready.config, &conversion, Some(REPORT_MS))
        .await;
    let outcome = match &reported {
        Ok(()) => "reported",
        Err(CallError::Host(HostFault::Unsupported(_))) => "unsupported",
        Err(error) if error.kind() == FailureKind::Unsupported => "unsupported",
        Err(_) => "failed",
    };
    metrics::counter!("auth_host_reports_total", "connector" => row.connector.clone(), "outcome" => outcome)
        .increment(1);
    outcome != "failed"
}
