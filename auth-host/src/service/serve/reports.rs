//! Reports of used codes to providers, which some count towards the quality of their routes.

use super::beside::Beside;
use super::due;
use crate::service::app::App;
use crate::service::ids;
use crate::service::store;
use crate::service::store::callbacks as rows;
use crate::service::store::due::Due;
use crate::service::store::message::Message;
use auth_connector_host::{CallError, Conversion, FailureKind, HostFault};
use std::sync::Arc;

/// The most reports of one connector in a round.
const PER_ROUND: usize = 50;

/// How long one report may take.
const REPORT_MS: u32 = 8_000;

/// Pause before a report is tried again, and how old a used code may be until its report is given up, in milliseconds.
const PAUSE_MS: i64 = 60_000;
const GIVEN_UP_MS: i64 = 600_000;

/// Reports the used codes that were not reported.
pub fn report(app: &Arc<App>, beside: &Arc<Beside>) {
    due::each(app, beside, Due::Report, PER_ROUND, report_one);
}

/// Reports one. A crash before that is stored repeats it, which the contract calls harmless.
async fn report_one(app: Arc<App>, row: Message) -> store::Result<()> {
    let now = ids::now_ms();
    let is_over = tell(&app, &row, now).await;
    let used_at = row.verified_at.unwrap_or(now);
    let next = (!is_over && now < used_at + GIVEN_UP_MS).then_some(now + PAUSE_MS);
    app.store
        .write(move |db| rows::report_at(db, &row, next))
        .await
}

/// Reports to the provider. Returns true if nothing is left to do; an operator may have switched reports off.
async fn tell(app: &App, row: &Message, now: i64) -> bool {
    let catalog = app.catalog.load_full();
    let connector = catalog.connectors.get(&row.connector);
    let ready = connector.and_then(|connector| connector.ready.as_ref().ok());
    let (Some(ready), Some(message_id)) = (ready, &row.provider_message) else {
        return true;
    };
    if !catalog.reports(&row.tenant, &row.connector) {
        return true;
    }
    let age_s = (now - row.verified_at.unwrap_or(now)) / 1000;
    let conversion = Conversion {
        message_id: message_id.clone(),
        to: app.decrypt_number(&row.tenant, &row.number).ok(),
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
