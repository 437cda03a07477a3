//! Look-ups of messages whose outcome is unknown, and of accepted messages that once were unknown.

use super::beside::Beside;
use super::due;
use crate::service::app::App;
use crate::service::store;
use crate::service::store::due::{self as rows, Due};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::receipts::{self, Report, Source};
use crate::service::{events, ids};
use auth_connector_host::{DeliveryQuery, DeliveryState};
use rusqlite::Connection;
use std::sync::Arc;

/// Look-ups of one connector in a round: at most ten a second.
const PER_CONNECTOR: usize = 10;

/// How long an unknown outcome is looked up: providers keep records for three days.
const CLOSED_AFTER_MS: i64 = 72 * 3_600_000;

/// How long one look-up may take.
const LOOKUP_MS: u32 = 8_000;

/// The longest pause between two look-ups of one message.
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// Looks up the messages that are due.
pub fn look_up(app: &Arc<App>, beside: &Arc<Beside>) {
    due::each(app, beside, Due::LookUp, PER_CONNECTOR, look_up_one);
}

async fn look_up_one(app: Arc<App>, row: Message) -> store::Result<()> {
    let now = ids::now_ms();
    let next = next_look_up(&row, now);
    let found = ask(&app, &row, now).await;
    let own = app.clone();
    app.store
        .write(move |db| write_down(&own, db, &row, found.as_ref(), next))
        .await
}

/// Stores the result of a look-up, and when the next one is. A receipt or an operator may have settled the message
/// meanwhile. Then the report is stored, and nothing is left to look up.
fn write_down(
    app: &App,
    db: &Connection,
    asked: &Message,
    found: Option<&Found>,
    next: Option<i64>,
) -> store::Result<()> {
    let Some(row) = messages::get(db, &asked.tenant, &asked.id)? else {
        return Ok(());
    };
    if let Some(found) = found {
        let report = Report {
            source: Source::LookUp,
            state: found.state,
            code: found.code.clone(),
            at: ids::now_ms(),
        };
        receipts::add(db, &row, &report)?;
    }
    let now = ids::now_ms();
    match (row.state, found) {
        (State::Unknown | State::Accepted, Some(found)) => {
            // A report of the carrier is final; an acceptance may be followed by one.
            let next = next.filter(|_| found.state == State::Accepted);
            let serial = Some(found.serial.as_str()).filter(|serial| !serial.is_empty());
            rows::found(db, &row, (found.state, serial), now, next)?;
            if found.state == row.state {
                return Ok(());
            }
            let serial = serial.map(str::to_owned);
            let mut row = row.reported(found.state, &found.code);
            row.provider_message = row.provider_message.or(serial);
            events::message(app, db, &row)
        }
        (State::Unknown | State::Accepted, None) => rows::not_found(db, &row, next),
        _ => Ok(()),
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

/// A provider's record of a message.
struct Found {
    state: State,
    serial: String,
    code: String,
}

/// Asks the provider. Only a record of this very message counts: absence proves nothing.
async fn ask(app: &App, row: &Message, now: i64) -> Option<Found> {
    let catalog = app.catalog.load_full();
    let ready = catalog
        .connectors
        .get(&row.connector)?
        .ready
        .as_ref()
        .ok()?;
    let to = app.decrypt_number(&row.tenant, &row.number).ok()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::StoreError;
    use crate::service::store::callbacks;
    use crate::service::store::events::waiting;
    use crate::service::test_app::{TestApp, leave_open, tenant_with_events};
    use auth_connector_host::FailureKind;

    async fn unknown(app: &Arc<App>, id: &'static str) -> Message {
        leave_open(app, id, ids::now_ms()).await;
        let settled = app.store.write(move |db| {
            let row = messages::get(db, "t", id)?.unwrap();
            let row = Message {
                state: State::Unknown,
                kind: Some(FailureKind::Unreachable),
                turn: Some("provider".to_owned()),
                reason: Some("unreachable".to_owned()),
                provider_code: Some("stale".to_owned()),
                next_lookup_at: Some(1),
                ..row
            };
            messages::settle(db, &row).map(|_| row)
        });
        settled.await.unwrap()
    }

    fn found(state: State) -> Found {
        Found {
            state,
            serial: "serial".to_owned(),
            code: String::new(),
        }
    }

    /// Returns the message after a look-up with this result, and how many events wait.
    async fn after(
        app: &Arc<App>,
        asked: Message,
        found: Option<Found>,
        next: i64,
    ) -> (Message, i64) {
        let told = app.clone();
        let written = app.store.write(move |db| {
            write_down(&told, db, &asked, found.as_ref(), Some(next))?;
            let row = messages::get(db, "t", &asked.id)?.unwrap();
            Ok::<_, StoreError>((row, waiting(db, "t")?))
        });
        written.await.unwrap()
    }

    #[tokio::test]
    async fn what_is_found_settles_and_what_is_not_is_looked_up_again() {
        let host = TestApp::new().await;
        tenant_with_events(&host.app).await;
        let asked = unknown(&host.app, "m").await;
        let (row, told) = after(&host.app, asked, None, 7).await;
        assert_eq!(
            (row.state, row.next_lookup_at, told),
            (State::Unknown, Some(7), 0)
        );
        let (row, told) = after(&host.app, row, Some(found(State::Accepted)), 8).await;
        assert_eq!(
            (row.state, row.next_lookup_at, told),
            (State::Accepted, Some(8), 1)
        );
        assert_eq!(row.provider_message.as_deref(), Some("serial"));
        // A platform's repeated request is recognised from the time at which its message's state was set.
        let backdated = host.app.store.write(|db| {
            db.execute("UPDATE messages SET settled_at = 5", [])?;
            Ok::<_, StoreError>(())
        });
        backdated.await.unwrap();
        let (row, told) = after(&host.app, row, Some(found(State::Accepted)), 9).await;
        assert_eq!(
            (row.state, row.next_lookup_at, told),
            (State::Accepted, Some(9), 1)
        );
        assert_eq!(row.settled_at, Some(5));
        let (row, told) = after(&host.app, row, Some(found(State::Undelivered)), 10).await;
        assert_eq!(
            (row.state, row.next_lookup_at, told),
            (State::Undelivered, None, 2)
        );
        assert_ne!(row.settled_at, Some(5));
        assert_eq!(row.lookups, 4);
    }

    /// A consumer counts failures by `kind`. A message that was unknown and arrived is not a failure.
    #[tokio::test]
    async fn event_after_unknown_has_no_failure_of_before() {
        for (state, code) in [
            (State::Accepted, ""),
            (State::Delivered, "DELIVRD"),
            (State::Undelivered, "UNDELIV"),
        ] {
            let host = TestApp::new().await;
            tenant_with_events(&host.app).await;
            let asked = unknown(&host.app, "m").await;
            let found = Found {
                code: code.to_owned(),
                ..found(state)
            };
            let (row, _) = after(&host.app, asked, Some(found), 7).await;
            let due = |db: &Connection| store::events::due(db, "t", ids::now_ms(), 2);
            let event = host.app.store.read(due).unwrap().remove(0);
            let event: serde_json::Value = serde_json::from_str(&event.body).unwrap();
            let data = &event["data"];
            assert_eq!(data["state"], state.as_str());
            for member in ["kind", "turn", "reason"] {
                assert!(data[member].is_null(), "{event}");
            }
            assert_eq!(data["provider_code"].as_str().unwrap_or_default(), code);
            assert_eq!(data["provider_message"], "serial");
            let shown = crate::service::verification::message_view(&host.app, &row);
            assert_eq!((shown.kind, shown.turn, shown.reason), (None, None, None));
            // The table keeps it for the operator.
            assert_eq!(row.kind, Some(FailureKind::Unreachable));
        }
    }

    /// A receipt arrived while the provider was asked.
    #[tokio::test]
    async fn message_that_was_settled_meanwhile_is_not_looked_up_again() {
        for said in [None, Some(State::Accepted), Some(State::Undelivered)] {
            let host = TestApp::new().await;
            tenant_with_events(&host.app).await;
            let asked = unknown(&host.app, "m").await;
            let receipt = asked.clone();
            let settled = host.app.store.write(move |db| {
                callbacks::settle(db, &receipt, State::Delivered, "serial", ids::now_ms())
            });
            settled.await.unwrap();
            let (row, told) = after(&host.app, asked, said.map(found), 7).await;
            assert_eq!(
                (row.state, row.next_lookup_at, told),
                (State::Delivered, None, 0)
            );
        }
    }

    #[tokio::test]
    async fn look_ups_pause_longer_until_three_days() {
        let test = TestApp::new().await;
        tenant_with_events(&test.app).await;
        let mut row = unknown(&test.app, "m_1").await;
        row.created_at = 0;
        for (lookups, pause_s) in [
            (0, 5),
            (1, 10),
            (2, 20),
            (9, 2_560),
            (10, 3_600),
            (99, 3_600),
        ] {
            row.lookups = lookups;
            assert_eq!(next_look_up(&row, 7), Some(7 + pause_s * 1000), "{lookups}");
        }
        let last = 72 * 3_600_000 - 3_600_000;
        assert!(next_look_up(&row, last - 1).is_some());
        assert_eq!(next_look_up(&row, last), None);
    }
}
