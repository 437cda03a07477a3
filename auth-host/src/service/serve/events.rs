//! Delivery of events to the tenants' addresses.

use super::beside::Beside;
use crate::service::app::App;
use crate::service::event_target;
use crate::service::ids;
use crate::service::platforms::auth::sign;
use crate::service::post::{Address, Open, post};
use crate::service::store::events::{self as rows, Event, KEPT_MS};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The most events of one tenant that are posted at once.
const AT_ONCE: usize = 8;

/// How long a round continues while there is work. Then tenants that wait for a permit get one.
const ROUND: Duration = Duration::from_secs(10);

/// Pauses before each further attempt, in milliseconds; the last one is repeated until the event is three days old.
const PAUSES_MS: [i64; 7] = [
    5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000, 43_200_000,
];

/// Posts the events that are due, concurrently for each tenant.
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

/// Posts a tenant's due events, until none is left or one was not accepted. They start in their order: first one alone,
/// and with each response more at once, so that a server that does not respond holds one connection.
async fn deliver_to(app: Arc<App>, tenant: String) {
    let begun = Instant::now();
    let (mut posts, mut under_way) = (JoinSet::new(), HashSet::new());
    let (mut idle, mut at_once, mut is_on) = (Vec::new(), 1, true);
    loop {
        while is_on && posts.len() < at_once && (posts.is_empty() || app.outbound.has_plenty()) {
            let Some(event) = next(&app, &tenant, &under_way) else {
                break;
            };
            under_way.insert(event.id.clone());
            posts.spawn(deliver_one(app.clone(), tenant.clone(), event, idle.pop()));
        }
        let Some(Ok(done)) = posts.join_next().await else {
            return;
        };
        under_way.remove(&done.id);
        idle.extend(done.open);
        is_on &= done.is_taken && begun.elapsed() < ROUND;
        at_once = AT_ONCE.min(at_once + 1);
    }
}

/// The next event that is due and not under way. Events are read one by one: while others were posted, a number may have
/// been forgotten.
fn next(app: &App, tenant: &str, under_way: &HashSet<String>) -> Option<Event> {
    let most = u32::try_from(under_way.len() + 1).unwrap_or(u32::MAX);
    match app
        .store
        .read(|db| rows::due(db, tenant, ids::now_ms(), most))
    {
        Ok(due) => due.into_iter().find(|event| !under_way.contains(&event.id)),
        Err(error) => {
            tracing::error!(%error, "events cannot be read");
            None
        }
    }
}

/// The result of posting an event.
struct Done {
    id: String,
    is_taken: bool,
    /// Its connection, for the next one.
    open: Option<Open>,
}

/// Posts an event and stores the result.
async fn deliver_one(app: Arc<App>, tenant: String, event: Event, open: Option<Open>) -> Done {
    let id = event.id.clone();
    let (mut is_taken, open) = match post_one(&app, &tenant, &event, open).await {
        Ok(open) => (true, open),
        Err(why) => {
            tracing::warn!(%tenant, event = %id, %why, "an event was not taken");
            (false, None)
        }
    };
    let outcome = if is_taken { "taken" } else { "refused" };
    metrics::counter!("auth_host_events_total", "outcome" => outcome).increment(1);
    let (written_id, next) = (id.clone(), next_at(&event, ids::now_ms()));
    let written = app.store.write(move |db| match next {
        Some(at) if !is_taken => rows::postpone(db, &written_id, at),
        Some(_) | None => rows::remove(db, &written_id),
    });
    if let Err(error) = written.await {
        tracing::error!(%error, "the delivery of an event cannot be written down");
        is_taken = false;
    }
    Done { id, is_taken, open }
}

async fn post_one(
    app: &App,
    tenant: &str,
    event: &Event,
    open: Option<Open>,
) -> Result<Option<Open>, String> {
    let catalog = app.catalog.load_full();
    let target = catalog.event_targets.get(tenant);
    let target = target.ok_or("the tenant has no address for events")?;
    let opened = event_target::decrypt(&app.keys, target).map_err(|error| error.to_string())?;
    let time_s = ids::now_ms() / 1000;
    let signature = sign(&opened.secret, &event.id, time_s, event.body.as_bytes())
        .ok_or("the secret of events has another form")?;
    let address = Address::parse(&opened.url).map_err(|why| why.to_string())?;
    let headers = [
        ("webhook-id", event.id.clone()),
        ("webhook-timestamp", time_s.to_string()),
        ("webhook-signature", signature),
    ];
    match post(&app.outbound, open, &address, &headers, event.body.clone()).await? {
        (200..=299, open) => Ok(open),
        (status, _) => Err(format!("it was answered with {status}")),
    }
}

/// When an event that was not accepted is posted again; none once it is three days old.
fn next_at(event: &Event, now: i64) -> Option<i64> {
    let nth = usize::try_from(event.attempts).unwrap_or(usize::MAX);
    let last = PAUSES_MS.last().copied().unwrap_or(KEPT_MS);
    let next = now + PAUSES_MS.get(nth).copied().unwrap_or(last);
    (next < event.created_at + KEPT_MS).then_some(next)
}

#[cfg(test)]
mod tests;
