//! Background tasks: look-ups of unknown outcomes, messages of ended processes, deletion of old rows, changes by other
//! programs.

use super::beside::Beside;
use super::{events, lookups, reports};
use crate::service::admin::hiding;
use crate::service::app::App;
use crate::service::store::retention;
use crate::service::{ids, recovery};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often changes by other programs are checked.
const REFRESH: Duration = Duration::from_millis(500);

/// How often due look-ups are started.
const ROUND: Duration = Duration::from_secs(1);

/// The most connectors with concurrent look-ups, and the most with concurrent reports. Each uses one of the host's
/// permits for calls, and sends need most of those.
const PROVIDERS: usize = 16;

/// Tenants whose events are posted at once.
const ADDRESSES: usize = 64;

/// How often the samples of histograms are aggregated. Until then each is kept, even if the metrics are never read.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often old rows are deleted, and the database's log is emptied.
const SWEEP: Duration = Duration::from_secs(600);

/// How often messages that no process sends any more are looked for.
const ABANDONED: Duration = Duration::from_secs(60);

/// Runs a task again and again until the service stops.
async fn every<F: Future<Output = ()>>(
    pause: Duration,
    mut stop: watch::Receiver<bool>,
    mut task: impl FnMut() -> F,
) {
    loop {
        task().await;
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Starts all of them.
pub fn start(app: &Arc<App>, figures: Option<PrometheusHandle>, stop: &watch::Receiver<bool>) {
    if let Some(figures) = figures {
        tokio::spawn(every(UPKEEP, stop.clone(), move || {
            figures.run_upkeep();
            std::future::ready(())
        }));
    }
    let hidden = app.clone();
    tokio::spawn(async move { hiding::settle(&hidden).await });
    let refreshed = app.clone();
    tokio::spawn(every(REFRESH, stop.clone(), move || {
        refresh(refreshed.clone())
    }));
    for (pause, most, round) in [
        (
            ROUND,
            PROVIDERS,
            lookups::look_up as fn(&Arc<App>, &Arc<Beside>),
        ),
        (ROUND, PROVIDERS, reports::report),
        (REFRESH, ADDRESSES, events::deliver),
    ] {
        let (app, beside) = (app.clone(), Beside::new(most));
        tokio::spawn(every(pause, stop.clone(), move || {
            round(&app, &beside);
            std::future::ready(())
        }));
    }
    let left = app.clone();
    tokio::spawn(every(ABANDONED, stop.clone(), move || {
        recovery::settle_abandoned(left.clone())
    }));
    let swept = app.clone();
    tokio::spawn(every(SWEEP, stop.clone(), move || sweep(swept.clone())));
}

async fn refresh(app: Arc<App>) {
    let reading = app.clone();
    let refreshed = tokio::task::spawn_blocking(move || reading.refresh()).await;
    match refreshed {
        Ok(Ok(true)) => {
            let revision = &app.catalog.load().revision;
            tracing::info!(%revision, "changes by another program are in force");
        }
        Ok(Err(error)) => tracing::error!(%error, "changes cannot be read"),
        _ => {}
    }
}

async fn sweep(app: Arc<App>) {
    loop {
        let swept = app
            .store
            .write(|db| retention::sweep(db, ids::now_ms()))
            .await;
        match swept {
            Ok(0) => break,
            Ok(rows) => tracing::info!(rows, "old rows were deleted"),
            Err(error) => {
                tracing::error!(%error, "old rows cannot be deleted");
                return;
            }
        }
    }
    let emptied = tokio::task::spawn_blocking(move || app.store.empty_log()).await;
    if let Ok(Err(error)) = emptied {
        tracing::info!(%error, "what was deleted stays in the database's log until the next sweep");
    }
}
