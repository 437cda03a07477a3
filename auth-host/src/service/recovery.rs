//! Recovery of messages that no process sends any more: they become *unknown*, to be looked up, and their tenants get
//! events.
//!
//! The age of a message is not used here. This process has a list of its sends (`leases`). A command that sends beside
//! the service holds a lock of the folder, which the system releases when it ends.

use crate::service::app::{App, AppError};
use crate::service::ids;
use crate::service::store;
use crate::service::store::message::{self, Message, State};
use crate::service::store::messages;
use auth_connector_host::FailureKind;
use rusqlite::Connection;
use std::sync::Arc;

/// Settles messages that an ended process left open, and tasks of this one that ended without an outcome, unless a
/// command sends beside this service. Returns how many messages there were. Blocks its thread.
///
/// # Errors
///
/// [`AppError`] when the folder cannot be locked, or the database fails.
pub fn settle_ended(app: &Arc<App>) -> Result<usize, AppError> {
    // Locked until they are settled: a command that begins meanwhile waits before it stores its message.
    let Some(_alone) = app.files.alone()? else {
        return Ok(0);
    };
    if app.store.read(|db| left(app, db))?.is_empty() {
        return Ok(0);
    }
    let told = app.clone();
    Ok(app.store.write_blocking(move |db| settle(&told, db))?)
}

/// Settles messages that this process is not sending, of every tenant. Returns how many messages there were. For a
/// database that no other process sends from.
pub fn settle(app: &App, db: &Connection) -> store::Result<usize> {
    let left = left(app, db)?;
    for row in &left {
        let now = ids::now_ms();
        let row = Message {
            state: State::Unknown,
            kind: Some(FailureKind::Other),
            turn: Some("host".to_owned()),
            reason: Some(message::INTERRUPTED.to_owned()),
            settled_at: Some(now),
            next_lookup_at: Some(now),
            ..row.clone()
        };
        messages::settle(db, &row)?;
        crate::service::events::message(app, db, &row)?;
    }
    Ok(left.len())
}

fn left(app: &App, db: &Connection) -> store::Result<Vec<Message>> {
    let mut sending = messages::sending(db)?;
    sending.retain(|row| !app.leases.has(row.subject()));
    Ok(sending)
}

/// The same for a service that runs.
pub async fn settle_abandoned(app: Arc<App>) {
    match tokio::task::spawn_blocking(move || settle_ended(&app)).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(count)) => {
            tracing::warn!(count, "messages that nobody sends any more are unknown now")
        }
        Ok(Err(error)) => tracing::error!(%error, "open messages cannot be settled"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::store::StoreError;
    use crate::service::store::events::waiting;
    use crate::service::test_app::{TestApp, leave_open, tenant_with_events};

    /// One message that this process sends, one that it does not, both older than any send.
    #[tokio::test]
    async fn message_that_nobody_sends_becomes_unknown() {
        let host = TestApp::new().await;
        let app = &host.app;
        tenant_with_events(app).await;
        leave_open(app, "m_ended", 0).await;
        leave_open(app, "m_own", 0).await;
        let lease = app.leases.take("m_own");
        for _ in 0..2 {
            settle_abandoned(app.clone()).await;
        }
        let read = app.store.read(|db| {
            let ended = messages::get(db, "t", "m_ended")?.unwrap();
            let own = messages::get(db, "t", "m_own")?.unwrap();
            Ok::<_, StoreError>((ended, own.state, waiting(db, "t")?))
        });
        let (ended, own, told) = read.unwrap();
        assert_eq!(
            (ended.state, own, told),
            (State::Unknown, State::Sending, 1)
        );
        assert_eq!(ended.reason.as_deref(), Some("interrupted"));
        assert!(ended.next_lookup_at.is_some());
        drop(lease);
        assert_eq!(settle_ended(app).unwrap(), 1);
    }

    #[tokio::test]
    async fn nothing_is_settled_while_a_command_sends() {
        let host = TestApp::new().await;
        let app = &host.app;
        leave_open(app, "m_command", 0).await;
        let command = app.files.send_beside().unwrap();
        assert_eq!(settle_ended(app).unwrap(), 0);
        drop(command);
        assert_eq!(settle_ended(app).unwrap(), 1);
    }
}
