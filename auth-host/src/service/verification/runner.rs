//! Runner of a message: its lease, the transaction that stores its row, and a task that outlasts its request.

use crate::service::app::{App, Point};
use crate::service::store;
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// How long storing an outcome may take before the caller gets a problem.
pub(crate) const WRITING: Duration = Duration::from_secs(1);

/// The result of a message's task.
pub(crate) enum Carried<I, T> {
    /// Nothing was to be sent.
    Instead(I),
    /// It was sent, or certainly not; the outcome is on the disk.
    Done(T),
    /// It may have been sent; its outcome is not on the disk.
    Late,
}

/// Runs `write` in a transaction, and `send` with the rows that it stored. Both are in a task that continues even if the
/// caller leaves, so that a disconnect loses nothing; a stop of the service waits for it too. The task holds the lease of
/// the message's subject from before the rows are on the disk.
///
/// # Errors
///
/// [`store::StoreError`] of the transaction: nothing was stored, and nothing sent.
pub(crate) async fn carry_out<W, I, T, F>(
    app: &Arc<App>,
    subject: &str,
    patience: Duration,
    write: impl FnOnce(&Connection) -> store::Result<ControlFlow<I, W>> + Send + 'static,
    send: impl FnOnce(Arc<App>, W) -> F + Send + 'static,
) -> store::Result<Carried<I, T>>
where
    W: Send + 'static,
    I: Send + 'static,
    T: Send + 'static,
    F: Future<Output = store::Result<T>> + Send + 'static,
{
    app.at(Point::BeforeIntent);
    let lease = app.leases.take(subject);
    let own = app.clone();
    let task = app.under_way.spawn(async move {
        let _lease = lease;
        let written = match own.store.write(write).await? {
            ControlFlow::Break(instead) => return Ok(Carried::Instead(instead)),
            ControlFlow::Continue(written) => written,
        };
        let sent = send(own.clone(), written).await;
        own.at(Point::BeforeAnswer);
        Ok(sent.map_or(Carried::Late, Carried::Done))
    });
    match tokio::time::timeout(patience, task).await {
        Ok(Ok(carried)) => carried,
        // It took too long, or ended without an outcome.
        Ok(Err(_)) | Err(_) => Ok(Carried::Late),
    }
}
