//! Outcomes of sends, stored together with their consequences.
//!
//! While a connector is called, its message may change on the disk: a receipt settles it, or its number is forgotten.
//! The events and the next step follow from the row as it is then.

use crate::service::app::App;
use crate::service::store::figures;
use crate::service::store::limits::{Counter, SENT};
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::{self, StoreError};
use crate::service::{events, ids};
use auth_connector_host::FailureKind;
use rusqlite::Connection;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long storing an outcome is tried when the database fails.
const WRITING: Duration = Duration::from_secs(600);

/// Runs in the transaction that stores the last outcome.
pub type Finish = Arc<dyn Fn(&Connection, &Message) -> Result<(), StoreError> + Send + Sync>;

/// An attempt whose outcome is on the disk.
pub struct Written {
    /// The attempt as it is there.
    pub row: Message,
    /// True if the next attempt is on the disk as well, to be made.
    pub is_followed: bool,
}

/// Stores an outcome, and the next attempt or the caller's addition, in one transaction. Tries again while the database
/// fails.
///
/// # Errors
///
/// [`StoreError`] when it failed for ten minutes.
pub async fn write_down(
    app: &Arc<App>,
    row: &Message,
    next: Option<&Message>,
    finish: &Finish,
) -> Result<Written, StoreError> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        let (row, next, finish, told) = (row.clone(), next.cloned(), finish.clone(), app.clone());
        let written = app
            .store
            .write(move |db| write(&told, db, row, next.as_ref(), &finish));
        match written.await {
            Err(error) if begun.elapsed() < WRITING => {
                tracing::error!(%error, "an outcome cannot be written down; trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            Err(error) => return Err(error),
            Ok(written) => {
                count_attempt(&written.row);
                return Ok(written);
            }
        }
    }
}

fn write(
    app: &App,
    db: &Connection,
    row: Message,
    next: Option<&Message>,
    finish: &Finish,
) -> store::Result<Written> {
    let Some(found) = messages::get(db, &row.tenant, &row.id)? else {
        // Its number was forgotten. Only the figures have it, twice if a receipt came first, and nothing more is sent
        // to it.
        figures::tally(db, &row, 1)?;
        count_segments(db, &row)?;
        let is_followed = false;
        return Ok(Written { row, is_followed });
    };
    let (before, row) = (found.state, settled(db, found, row)?);
    count_segments(db, &row)?;
    // If it was settled meanwhile, it is known to have been sent, or another code was allowed in its place.
    if let Some(next) = next.filter(|_| before == State::Sending) {
        messages::add(db, next)?;
        let is_followed = true;
        return Ok(Written { row, is_followed });
    }
    if row.state != before {
        events::message(app, db, &row)?;
    }
    finish(db, &row)?;
    let is_followed = false;
    Ok(Written { row, is_followed })
}

/// Settles the row that was found, unless it was settled meanwhile: then its state stays. Returns the present row.
fn settled(db: &Connection, found: Message, row: Message) -> store::Result<Message> {
    if found.is_open() {
        messages::settle(db, &row)?;
        if found.state != State::Sending {
            figures::tally(db, &found, -1)?;
        }
        return Ok(row);
    }
    messages::complete(db, &row)?;
    Ok(Message {
        provider_message: found.provider_message.or(row.provider_message),
        request_id: found.request_id.or(row.request_id),
        segments: row.segments,
        ..found
    })
}

/// Counts segments for the limit of a day. The first one was counted before the message was sent.
fn count_segments(db: &Connection, row: &Message) -> store::Result<()> {
    if row.segments <= 1 {
        return Ok(());
    }
    let sent = Counter::new(&row.tenant, SENT, "");
    sent.add(db, ids::now_ms(), row.segments - 1)
}

fn count_attempt(row: &Message) {
    metrics::counter!(
        "auth_host_messages_total",
        "connector" => row.connector.clone(), "state" => row.state.as_str(), "kind" => row.kind.map_or("", FailureKind::as_str),
    )
    .increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::events::waiting;
    use crate::service::store::{callbacks, due};
    use crate::service::test_app::{TestApp, leave_open, tenant_with_events};
    use std::sync::Mutex;

    /// An attempt that is being sent.
    async fn sending(host: &TestApp) -> Message {
        tenant_with_events(&host.app).await;
        leave_open(&host.app, "m_1", 1).await;
        let read = host.app.store.read(|db| messages::get(db, "t", "m_1"));
        read.unwrap().unwrap()
    }

    fn next(row: &Message) -> Message {
        Message {
            id: "m_2".to_owned(),
            is_first: false,
            ..row.clone()
        }
    }

    fn outcome(row: &Message, state: State) -> Message {
        Message {
            state,
            request_id: Some("request".to_owned()),
            segments: 2,
            ..row.clone()
        }
    }

    struct After {
        written: Written,
        /// The states on the disk of both attempts.
        states: Vec<State>,
        /// How many events wait.
        told: i64,
        /// The state that the caller's response was stored with.
        kept: Option<State>,
    }

    async fn after(host: &TestApp, row: &Message, next: Option<&Message>) -> After {
        let kept: Arc<Mutex<Option<State>>> = Arc::default();
        let keeps = kept.clone();
        let finish: Finish = Arc::new(move |_, row| {
            *keeps.lock().unwrap() = Some(row.state);
            Ok(())
        });
        let written = write_down(&host.app, row, next, &finish).await.unwrap();
        let read = host.app.store.read(|db| {
            let attempts = messages::attempts(db, "t", "m_1")?;
            Ok::<_, StoreError>((attempts, waiting(db, "t")?))
        });
        let (attempts, told) = read.unwrap();
        let kept = *kept.lock().unwrap();
        After {
            written,
            states: attempts.iter().map(|row| row.state).collect(),
            told,
            kept,
        }
    }

    #[tokio::test]
    async fn last_outcome_is_told_and_kept() {
        let host = TestApp::new().await;
        let row = sending(&host).await;
        let after = after(&host, &outcome(&row, State::Accepted), None).await;
        assert_eq!(after.states, [State::Accepted]);
        assert_eq!((after.told, after.kept), (1, Some(State::Accepted)));
    }

    #[tokio::test]
    async fn next_attempt_is_written_with_the_outcome_before() {
        let host = TestApp::new().await;
        let row = sending(&host).await;
        let refused = outcome(&row, State::NotSent);
        let after = after(&host, &refused, Some(&next(&row))).await;
        assert!(after.written.is_followed);
        assert_eq!(after.states, [State::NotSent, State::Sending]);
        assert_eq!((after.told, after.kept), (0, None));
    }

    /// The receipt arrived before the response to the send, whatever that is: its state stays, and was reported
    /// already.
    #[tokio::test]
    async fn message_that_a_receipt_settled_keeps_its_state() {
        for said in [State::Accepted, State::Unknown, State::NotSent] {
            let host = TestApp::new().await;
            let row = sending(&host).await;
            let receipt = row.clone();
            let settled = host.app.store.write(move |db| {
                callbacks::settle(db, &receipt, State::Delivered, "serial", ids::now_ms())
            });
            settled.await.unwrap();
            let after = after(&host, &outcome(&row, said), Some(&next(&row))).await;
            assert!(!after.written.is_followed, "{said:?}");
            assert_eq!(after.states, [State::Delivered], "{said:?}");
            assert_eq!((after.told, after.kept), (0, Some(State::Delivered)));
            let row = after.written.row;
            assert_eq!(row.state, State::Delivered);
            assert_eq!(row.provider_message.as_deref(), Some("serial"));
            assert_eq!(row.request_id.as_deref(), Some("request"));
            assert_eq!(row.segments, 2);
        }
    }

    /// Another code may have been sent since it became unknown, so no other connector is tried.
    #[tokio::test]
    async fn sender_that_was_taken_for_ended_has_the_last_word() {
        for (said, told) in [
            (State::Accepted, 2),
            (State::NotSent, 2),
            (State::Unknown, 1),
        ] {
            let host = TestApp::new().await;
            let row = sending(&host).await;
            assert_eq!(
                crate::service::recovery::settle_ended(&host.app).unwrap(),
                1
            );
            let after = after(&host, &outcome(&row, said), Some(&next(&row))).await;
            assert!(!after.written.is_followed, "{said:?}");
            assert_eq!(after.states, [said]);
            assert_eq!((after.told, after.kept), (told, Some(said)));
        }
    }

    #[tokio::test]
    async fn nothing_is_written_of_a_message_that_was_forgotten() {
        let host = TestApp::new().await;
        let row = sending(&host).await;
        let forgotten = host.app.store.write(|db| {
            db.execute("DELETE FROM messages", [])?;
            Ok::<_, StoreError>(())
        });
        forgotten.await.unwrap();
        let refused = outcome(&row, State::NotSent);
        let after = after(&host, &refused, Some(&next(&row))).await;
        assert!(!after.written.is_followed);
        assert!(after.states.is_empty());
        assert_eq!((after.told, after.kept), (0, None));
    }

    /// Every change of a message's state moves it in the figures, once.
    #[tokio::test]
    async fn message_is_counted_in_the_state_that_it_is_in() {
        let host = TestApp::new().await;
        let app = &host.app;
        let row = sending(&host).await;
        let counted = |row: &Message| {
            let created_at = row.created_at;
            let counts = app
                .store
                .read(|db| figures::count_by_state(db, "t", created_at, 24));
            counts.unwrap()
        };
        assert_eq!(counted(&row), [(State::Sending, 1)]);
        assert_eq!(crate::service::recovery::settle_ended(app).unwrap(), 1);
        assert_eq!(counted(&row), [(State::Unknown, 1)]);
        // The sender's own outcome replaces what recovery wrote.
        after(&host, &outcome(&row, State::Accepted), None).await;
        assert_eq!(counted(&row), [(State::Accepted, 1)]);
        let receipt = row.clone();
        let settled = app.store.write(move |db| {
            let row = messages::get(db, "t", &receipt.id)?.unwrap_or(receipt);
            callbacks::settle(db, &row, State::Undelivered, "s", ids::now_ms())?;
            let row = messages::get(db, "t", &row.id)?.unwrap_or(row);
            due::found(db, &row, (State::Delivered, None), ids::now_ms(), None)
        });
        settled.await.unwrap();
        assert_eq!(counted(&row), [(State::Delivered, 1)]);
    }
}
