//! Due messages: each connector's one after another, and the connectors concurrently, so that a slow provider delays
//! none of another's.

use super::beside::Beside;
use crate::service::app::App;
use crate::service::ids;
use crate::service::store::due::{self as rows, Due};
use crate::service::store::message::Message;
use crate::service::store::{self, StoreError};
use std::sync::Arc;

/// Handles the due messages of each connector, `most` of one in a round.
pub fn each<F>(
    app: &Arc<App>,
    beside: &Arc<Beside>,
    due: Due,
    most: usize,
    one: fn(Arc<App>, Message) -> F,
) where
    F: Future<Output = store::Result<()>> + Send + 'static,
{
    match app.store.read(|db| rows::connectors(db, due)) {
        Ok(connectors) => {
            for connector in connectors {
                let party = connector.clone();
                beside.begin(&party, each_of(app.clone(), due, connector, most, one));
            }
        }
        Err(error) => tracing::error!(%error, "what is due cannot be read"),
    }
}

async fn each_of<F: Future<Output = store::Result<()>>>(
    app: Arc<App>,
    due: Due,
    connector: String,
    most: usize,
    one: impl Fn(Arc<App>, Message) -> F,
) {
    for _ in 0..most {
        // Read one by one: a number may have been forgotten while the provider was asked about others.
        let found = app
            .store
            .read(|db| rows::due(db, due, &connector, ids::now_ms(), 1));
        let done = match found.map(|mut found| found.pop()) {
            Ok(Some(row)) => one(app.clone(), row).await,
            Ok(None) => return,
            Err(error) => Err::<(), StoreError>(error),
        };
        if let Err(error) = done {
            tracing::error!(%error, "what is due cannot be read or written down");
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::{TestApp, leave_open};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn forgotten_number_is_not_asked_for() {
        for (is_forgotten, asked) in [(false, 2), (true, 1)] {
            let test = TestApp::new().await;
            for id in ["m_1", "m_2"] {
                leave_open(&test.app, id, 1).await;
            }
            let due = test.app.store.write(|db| {
                db.execute(
                    "UPDATE messages SET state = 'unknown', next_lookup_at = 1",
                    [],
                )?;
                Ok::<_, StoreError>(())
            });
            due.await.unwrap();
            let count = AtomicU32::new(0);
            let one = |app: Arc<App>, row: Message| {
                count.fetch_add(1, Ordering::Relaxed);
                async move {
                    app.store
                        .write(move |db| {
                            match is_forgotten {
                                true => db.execute("DELETE FROM messages", [])?,
                                false => {
                                    db.execute("DELETE FROM messages WHERE id = ?1", [row.id])?
                                }
                            };
                            Ok(())
                        })
                        .await
                }
            };
            each_of(test.app.clone(), Due::LookUp, "c".to_owned(), 10, one).await;
            assert_eq!(count.into_inner(), asked, "{is_forgotten}");
        }
    }
}
