//! Messages that an ended process left open: *unknown* from then on, to be looked up, and their tenants are told.

use crate::app::App;
use crate::ids;
use crate::store::messages::{self, Message, State};
use crate::store::{self, StoreError};
use rusqlite::Connection;
use std::sync::Arc;

/// How long a message may be being sent. Its process answers within 11 s and tries for ten minutes to write the outcome
/// down (`send::send`), so what is open for twice that is of a process that ended: a command that was killed beside a
/// service, whose next start may be far.
const ABANDONED_AFTER_MS: i64 = 20 * 60_000;

/// Settles what was being sent at a time, of every tenant. Returns how many messages there were.
pub fn settle(app: &App, db: &Connection, until: i64) -> store::Result<usize> {
    let open = open(db, until)?;
    for row in &open {
        let now = ids::now_ms();
        let row = Message {
            state: State::Unknown,
            kind: Some("other".to_owned()),
            turn: Some("host".to_owned()),
            reason: Some("interrupted".to_owned()),
            settled_at: Some(now),
            next_lookup_at: Some(now),
            ..row.clone()
        };
        messages::settle(db, &row)?;
        crate::events::message(app, db, &row)?;
    }
    Ok(open.len())
}

fn open(db: &Connection, until: i64) -> store::Result<Vec<Message>> {
    let mut open = messages::sending(db)?;
    open.retain(|row| row.created_at <= until);
    Ok(open)
}

/// Settles what a command left open that was killed while the service runs.
pub async fn settle_abandoned(app: Arc<App>) {
    let until = ids::now_ms() - ABANDONED_AFTER_MS;
    let settled = match app.store.read(|db| open(db, until)) {
        Ok(found) if found.is_empty() => return,
        Ok(_) => {
            let told = app.clone();
            app.store.write(move |db| settle(&told, db, until)).await
        }
        Err(error) => Err(error),
    };
    match settled {
        Ok(count) => tracing::warn!(count, "messages whose process ended are unknown now"),
        Err::<_, StoreError>(error) => tracing::error!(%error, "open messages cannot be settled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::events::waiting;
    use crate::test_app::{TestApp, leave_open, tenant_with_events};

    /// One message as old as an abandoned one, one half a minute younger.
    #[tokio::test]
    async fn message_of_an_ended_process_becomes_unknown() {
        let host = TestApp::new().await;
        let app = &host.app;
        tenant_with_events(app).await;
        let abandoned = ids::now_ms() - ABANDONED_AFTER_MS;
        leave_open(app, "m_old", abandoned).await;
        leave_open(app, "m_new", abandoned + 30_000).await;
        for _ in 0..2 {
            settle_abandoned(app.clone()).await;
        }
        let read = app.store.read(|db| {
            let old = messages::get(db, "t", "m_old")?.unwrap();
            let new = messages::get(db, "t", "m_new")?.unwrap();
            Ok::<_, StoreError>((old, new.state, waiting(db, "t")?))
        });
        let (old, new, told) = read.unwrap();
        assert_eq!((old.state, new, told), (State::Unknown, State::Sending, 1));
        assert_eq!(old.reason.as_deref(), Some("interrupted"));
        assert!(old.next_lookup_at.is_some());
    }
}
