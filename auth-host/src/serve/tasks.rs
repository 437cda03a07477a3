//! Background tasks: look-ups of unknown outcomes, messages of ended processes, deletion of old rows, changes by other
//! programs.

use super::beside::Beside;
use super::{events, reports};
use crate::app::App;
use crate::store::messages::{self, Due, Message, State};
use crate::store::receipts::{self, Report, Source};
use crate::store::{StoreError, retention};
use crate::{ids, recovery};
use auth_connector_host::{DeliveryQuery, DeliveryState};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often changes by other programs are looked for.
const REFRESH: Duration = Duration::from_millis(500);

/// How often due look-ups are begun.
const ROUND: Duration = Duration::from_secs(1);

/// Look-ups of one connector in a round: at most ten a second.
const PER_CONNECTOR: u32 = 10;

/// Connectors of which look-ups go on at once, and of which reports do. Each takes one of the host's places for calls,
/// of which sends need most.
const PROVIDERS: usize = 16;

/// Tenants whose events are posted at once.
const ADDRESSES: usize = 64;

/// How long an unknown outcome is looked up: providers keep records for three days.
const CLOSED_AFTER_MS: i64 = 72 * 3_600_000;

/// How long one look-up may take.
const LOOKUP_MS: u32 = 8_000;

/// The longest pause between two look-ups of one message.
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// How often the samples of histograms are summed up. Until then each is kept, whether or not somebody asks for the
/// figures.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often old rows are deleted.
const SWEEP: Duration = Duration::from_secs(600);

/// How often messages are looked for whose process ended.
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
    let refreshed = app.clone();
    tokio::spawn(every(REFRESH, stop.clone(), move || {
        refresh(refreshed.clone())
    }));
    for (pause, most, round) in [
        (ROUND, PROVIDERS, look_up as fn(&Arc<App>, &Arc<Beside>)),
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
    let refreshed = tokio::task::spawn_blocking(move || app.refresh()).await;
    if let Ok(Err(error)) = refreshed {
        tracing::error!(%error, "changes cannot be read");
    }
}

async fn sweep(app: Arc<App>) {
    loop {
        let swept = app
            .store
            .write(|db| retention::sweep(db, ids::now_ms()))
            .await;
        match swept {
            Ok(0) => return,
            Ok(rows) => tracing::info!(rows, "old rows were deleted"),
            Err(error) => {
                tracing::error!(%error, "old rows cannot be deleted");
                return;
            }
        }
    }
}

/// Looks up the messages that are due: each connector's one after another, at most ten in a round, and the connectors
/// beside each other, so that a slow provider holds up none of another's.
fn look_up(app: &Arc<App>, beside: &Arc<Beside>) {
    match app.store.read(|db| messages::connectors(db, Due::LookUp)) {
        Ok(connectors) => {
            for connector in connectors {
                beside.begin(&connector, look_up_each(app.clone(), connector.clone()));
            }
        }
        Err(error) => tracing::error!(%error, "unknown outcomes cannot be read"),
    }
}

async fn look_up_each(app: Arc<App>, connector: String) {
    let due = app.store.read(|db| {
        let now = ids::now_ms();
        messages::due(db, Due::LookUp, &connector, now, PER_CONNECTOR)
    });
    match due {
        Ok(due) => {
            for row in due {
                look_up_one(&app, row).await;
            }
        }
        Err(error) => tracing::error!(%error, "unknown outcomes cannot be read"),
    }
}

async fn look_up_one(app: &Arc<App>, row: Message) {
    let now = ids::now_ms();
    let next = next_look_up(&row, now);
    let found = ask(app, &row, now).await;
    let told = app.clone();
    let written = app.store.write(move |db| {
        if let Some(found) = &found {
            let report = Report {
                source: Source::LookUp,
                state: found.state,
                code: found.code.clone(),
                at: ids::now_ms(),
            };
            receipts::add(db, &row, &report)?;
        }
        let found = found.as_ref().map(|found| {
            (
                found.state,
                Some(found.serial.as_str()).filter(|s| !s.is_empty()),
            )
        });
        // A report of the carrier is the end of it; an acceptance may be followed by one.
        let next = match found {
            Some((State::Delivered | State::Undelivered, _)) => None,
            _ => next,
        };
        messages::looked_up(db, &row, found, ids::now_ms(), next)?;
        match found {
            Some((state, _)) if state != row.state => {
                let row = Message { state, ..row };
                crate::events::message(&told, db, &row)
            }
            Some(_) | None => Ok(()),
        }
    });
    if let Err::<(), StoreError>(error) = written.await {
        tracing::error!(%error, "a look-up cannot be written down");
    }
}

/// When a message is looked up again: after twice the pause, and never once it is three days old.
fn next_look_up(row: &Message, now: i64) -> Option<i64> {
    let pause = 5_000_i64
        .saturating_mul(1 << row.lookups.min(20))
        .min(LONGEST_PAUSE_MS);
    let next = now + pause;
    (next < row.created_at + CLOSED_AFTER_MS).then_some(next)
}

/// What a provider knows of a message.
struct Found {
    state: State,
    serial: String,
    code: String,
}

/// Asks the provider. Only what it knows of this very message counts: absence proves nothing.
async fn ask(app: &App, row: &Message, now: i64) -> Option<Found> {
    let catalog = app.catalog.load_full();
    let ready = catalog
        .connectors
        .get(&row.connector)?
        .ready
        .as_ref()
        .ok()?;
    let to = app.open_number(&row.tenant, &row.number).ok()?;
    let age_s = (now - row.created_at) / 1000 + 60;
    let query = DeliveryQuery {
        to,
        max_age_s: u32::try_from(age_s).unwrap_or(u32::MAX),
        correlation_id: Some(row.id.clone()),
        message_id: row.provider_message.clone(),
    };
    let found = ready
        .plugin
        .find_deliveries(&ready.config, &query, Some(LOOKUP_MS))
        .await
        .ok()?;
    let own = found.found.iter().find(|delivery| {
        auth_connector_host::contract::attribute(&delivery.attributes, "correlation-id")
            == Some(row.id.as_str())
    })?;
    let state = match own.state {
        DeliveryState::Delivered => State::Delivered,
        DeliveryState::Undelivered => State::Undelivered,
        DeliveryState::Pending | DeliveryState::Other => State::Accepted,
    };
    Some(Found {
        state,
        serial: own.message_id.clone(),
        code: receipts::code(&own.attributes),
    })
}
