//! Removal of a tenant, for an administrator of the host.

use super::{Actor, Entry, change, reload};
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::{registry, removal};
use crate::service::texts::{Sentence, say};
use axum::http::StatusCode;
use std::sync::Arc;

/// Removes a tenant with its connectors, flows, keys, users, webhooks, verifications, messages and figures. Its entries
/// in the audit log stay, and plugins belong to the host. Only a stopped tenant is removed, so that no message is under
/// way. If the process ends before the removal is complete, the same call completes it.
///
/// # Errors
///
/// [`Problem`] if there is no such tenant, if it is not stopped, or while one of its messages is being sent.
pub async fn remove(app: &Arc<App>, actor: &Actor, id: &str) -> Result<(), Problem> {
    let entry = Entry::new(Some(id), actor, Action::TenantRemove, id);
    let own = id.to_owned();
    change(app, entry, move |db| {
        let Some(settings) = registry::tenant(db, &own)? else {
            return Err(Problem::not_found("tenant"));
        };
        if !settings.is_stopped {
            return Err(in_use(say("refusal-tenant-not-stopped")));
        }
        if removal::is_sending(db, &own)? {
            return Err(in_use(say("refusal-tenant-sending")));
        }
        removal::delete_set_up(db, &own)?;
        registry::touch(db)?;
        Ok(())
    })
    .await?;
    loop {
        let own = id.to_owned();
        let removed = app.store.write(move |db| {
            let removed = removal::delete_some(db, &own)?;
            if removed == 0 {
                if removal::is_sending(db, &own)? {
                    return Err(in_use(say("refusal-tenant-sending")));
                }
                removal::delete_tenant(db, &own)?;
                registry::touch(db)?;
            }
            Ok::<_, Problem>(removed)
        });
        if removed.await? == 0 {
            return reload(app).await;
        }
    }
}

fn in_use(why: Sentence) -> Problem {
    Problem::new(StatusCode::CONFLICT, "in-use", "The tenant is in use", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::admin::{keys, tenants};
    use crate::service::ids;
    use crate::service::store::StoreError;
    use crate::service::test_app::{TestApp, add_message, leave_open, tenant_with_events};
    use rusqlite::Connection;
    use serde_json::json;

    /// Numbers of a tenant's keys, targets of events and messages.
    fn rows(app: &App, tenant: &'static str) -> [i64; 3] {
        ["keys", "event_targets", "messages"].map(|table| {
            let sql = format!("SELECT count(*) FROM {table} WHERE tenant = ?1");
            let count = |db: &Connection| Ok(db.query_row(&sql, [tenant], |row| row.get(0))?);
            app.store.read::<_, StoreError>(count).unwrap()
        })
    }

    async fn set(app: &Arc<App>, is_stopped: bool) {
        let settings = json!({"is_stopped": is_stopped});
        let set = tenants::set(app, &TestApp::actor(), "t", &settings).await;
        set.unwrap();
    }

    #[tokio::test]
    async fn stopped_tenant_is_removed_with_all_that_it_has() {
        let test = TestApp::new().await;
        let (app, actor) = (&test.app, TestApp::actor());
        tenant_with_events(app).await;
        for tenant in ["t", "default"] {
            let key = keys::add(
                app,
                &actor,
                Some(tenant),
                "back-end",
                &["verify".to_owned()],
            )
            .await;
            key.unwrap();
            let settled = app.store.write(move |db| {
                add_message(db, tenant, b"n", ids::now_ms())?;
                db.execute("UPDATE messages SET state = 'accepted'", [])?;
                Ok::<_, StoreError>(())
            });
            settled.await.unwrap();
        }
        let refused = remove(app, &actor, "t").await.unwrap_err();
        assert_eq!((refused.status, rows(app, "t")), (409, [1, 1, 1]));
        set(app, true).await;
        remove(app, &actor, "t").await.unwrap();
        assert_eq!((rows(app, "t"), rows(app, "default")), ([0; 3], [1, 0, 1]));
        assert!(!app.catalog.load().tenants.contains_key("t"));
        let again = remove(app, &actor, "t").await.unwrap_err();
        assert_eq!(again.status, 404);
    }

    #[tokio::test]
    async fn tenant_whose_message_is_being_sent_stays() {
        let test = TestApp::new().await;
        tenant_with_events(&test.app).await;
        set(&test.app, true).await;
        leave_open(&test.app, "m_1", ids::now_ms()).await;
        let refused = remove(&test.app, &TestApp::actor(), "t").await.unwrap_err();
        assert_eq!((refused.status, rows(&test.app, "t")), (409, [0, 1, 1]));
    }
}
