//! Delivery of events to the tenants' addresses.

use super::beside::Beside;
use crate::app::App;
use crate::event_target;
use crate::ids;
use crate::platforms::auth::sign;
use crate::post::{Address, post};
use crate::store::events::{self as rows, Event, KEPT_MS};
use std::sync::Arc;

/// The most events of one tenant in a round.
const PER_ROUND: u32 = 50;

/// Pauses before each further attempt, in milliseconds; the last one is repeated until the event is three days old.
const PAUSES_MS: [i64; 7] = [
    5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 43_200_000,
];

/// Posts the events that are due: each tenant's in their order, and the tenants beside each other. An event that was not
/// taken does not hold up those after it.
pub fn deliver(app: &Arc<App>, beside: &Arc<Beside>) {
    match app.store.read(rows::tenants) {
        Ok(tenants) => {
            for tenant in tenants {
                beside.begin(&tenant, deliver_to(app.clone(), tenant.clone()));
            }
        }
        Err(error) => tracing::error!(%error, "events cannot be read"),
    }
}

/// Posts a tenant's events that are due, until one is not taken.
async fn deliver_to(app: Arc<App>, tenant: String) {
    for _ in 0..PER_ROUND {
        // Read one by one: while others were posted, a number may have been forgotten.
        let due = app
            .store
            .read(|db| rows::due(db, &tenant, ids::now_ms(), 1));
        let event = match due.map(|mut due| due.pop()) {
            Ok(Some(event)) => event,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "events cannot be read");
                return;
            }
        };
        let id = event.id.clone();
        let taken = post_one(&app, &tenant, &event).await;
        let outcome = match &taken {
            Ok(()) => "taken",
            Err(why) => {
                tracing::warn!(%tenant, event = %id, %why, "an event was not taken");
                "refused"
            }
        };
        metrics::counter!("auth_host_events_total", "outcome" => outcome).increment(1);
        let (is_taken, next) = (taken.is_ok(), next_at(&event, ids::now_ms()));
        let written = app.store.write(move |db| match next {
            Some(at) if !is_taken => rows::postpone(db, &id, at),
            Some(_) | None => rows::remove(db, &id),
        });
        if let Err(error) = written.await {
            tracing::error!(%error, "the delivery of an event cannot be written down");
            return;
        }
        if !is_taken {
            return;
        }
    }
}

async fn post_one(app: &App, tenant: &str, event: &Event) -> Result<(), String> {
    let catalog = app.catalog.load_full();
    let target = catalog.event_targets.get(tenant);
    let target = target.ok_or("the tenant has no address for events")?;
    let opened = event_target::open(&app.keys, target).map_err(|error| error.to_string())?;
    let time_s = ids::now_ms() / 1000;
    let signature = sign(&opened.secret, &event.id, time_s, event.body.as_bytes())
        .ok_or("the secret of events has another form")?;
    let address = Address::parse(&opened.url).map_err(|why| why.to_string())?;
    let headers = [
        ("webhook-id", event.id.clone()),
        ("webhook-timestamp", time_s.to_string()),
        ("webhook-signature", signature),
    ];
    match post(&app.outbound, &address, &headers, event.body.clone()).await? {
        200..=299 => Ok(()),
        status => Err(format!("it was answered with {status}")),
    }
}

/// When an event that was not taken is posted again; none once it is three days old.
fn next_at(event: &Event, now: i64) -> Option<i64> {
    let nth = usize::try_from(event.attempts).unwrap_or(usize::MAX);
    let last = PAUSES_MS.last().copied().unwrap_or(KEPT_MS);
    let next = now + PAUSES_MS.get(nth).copied().unwrap_or(last);
    (next < event.created_at + KEPT_MS).then_some(next)
}
