//! Messages for display; settling and look-up of those whose outcome is unknown.

use super::{Actor, Entry, change};
use crate::service::app::App;
use crate::service::problem::Problem;
use crate::service::store::audit::Action;
use crate::service::store::due;
use crate::service::store::message::{self, Message, State};
use crate::service::store::messages::{self, Filter};
use crate::service::store::receipts::{self, Report, Source};
use crate::service::texts::say;
use crate::service::verification::{MessageView, message_view};
use crate::service::{events, ids};
use axum::http::StatusCode;
use std::sync::Arc;

/// A page of a tenant's messages for display, the newest first.
///
/// # Errors
///
/// [`Problem`] if they cannot be read.
pub fn list(
    app: &App,
    tenant: &str,
    filter: &Filter<'_>,
    most: u32,
) -> Result<Vec<MessageView>, Problem> {
    let rows = app
        .store
        .read(|db| messages::page(db, tenant, filter, most))?;
    Ok(rows.iter().map(|row| message_view(app, row)).collect())
}

/// A message for display.
///
/// # Errors
///
/// [`Problem`] if the tenant has no such message.
pub fn get(app: &App, tenant: &str, id: &str) -> Result<MessageView, Problem> {
    let row = app.store.read(|db| messages::get(db, tenant, id))?;
    let row = row.ok_or_else(|| Problem::not_found("message"))?;
    Ok(message_view(app, &row))
}

/// Settles an unknown outcome after the operator found out whether the message arrived.
///
/// # Errors
///
/// [`Problem`] if the tenant has no such message, or if it is not unknown.
pub async fn settle(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    id: &str,
    has_arrived: bool,
) -> Result<(), Problem> {
    let state = if has_arrived {
        State::Delivered
    } else {
        State::Undelivered
    };
    let told = app.clone();
    unknown(
        app,
        actor,
        tenant,
        id,
        Action::MessageSettle,
        state.as_str(),
        move |db, row| {
            let at = ids::now_ms();
            let report = Report {
                source: Source::Operator,
                state,
                code: String::new(),
                at,
            };
            receipts::add(db, row, &report)?;
            messages::settle_unknown(db, row, state, at)?;
            let row = Message {
                reason: Some(message::BY_OPERATOR.to_owned()),
                ..row.clone().reported(state, "")
            };
            events::message(&told, db, &row)
        },
    )
    .await
}

/// Schedules the look-up of an unknown outcome for now.
///
/// # Errors
///
/// As [`settle`].
pub async fn look_up(app: &Arc<App>, actor: &Actor, tenant: &str, id: &str) -> Result<(), Problem> {
    unknown(
        app,
        actor,
        tenant,
        id,
        Action::MessageLookUp,
        "",
        |db, row| due::look_up_at(db, row, ids::now_ms()),
    )
    .await
}

async fn unknown(
    app: &Arc<App>,
    actor: &Actor,
    tenant: &str,
    id: &str,
    action: Action,
    detail: &str,
    then: impl FnOnce(&rusqlite::Connection, &Message) -> crate::service::store::Result<()>
    + Send
    + 'static,
) -> Result<(), Problem> {
    let entry = Entry::new(Some(tenant), actor, action, id).detail(detail);
    let (tenant, id) = (tenant.to_owned(), id.to_owned());
    change(app, entry, move |db| {
        let row = messages::get(db, &tenant, &id)?;
        let row = row.ok_or_else(|| Problem::not_found("message"))?;
        if row.state != State::Unknown {
            return Err(Problem::new(
                StatusCode::CONFLICT,
                "conflict",
                "Changed meanwhile",
                say("refusal-not-unknown"),
            ));
        }
        Ok(then(db, &row)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::recovery;
    use crate::service::store::StoreError;
    use crate::service::store::events::{self as rows, waiting};
    use crate::service::test_app::{TestApp, leave_open, tenant_with_events};

    #[tokio::test]
    async fn settled_outcome_is_told_once() {
        let host = TestApp::new().await;
        let app = &host.app;
        tenant_with_events(app).await;
        leave_open(app, "m_1", 1).await;
        recovery::settle_ended(app).unwrap();
        let actor = TestApp::actor();
        let settled = settle(app, &actor, "t", "m_1", false).await;
        settled.unwrap();
        let again = settle(app, &actor, "t", "m_1", true).await;
        assert!(again.is_err());
        let read = app.store.read(|db| {
            let row = messages::get(db, "t", "m_1")?.unwrap();
            Ok::<_, StoreError>((row, waiting(db, "t")?))
        });
        let (row, told) = read.unwrap();
        assert_eq!((row.state, told), (State::Undelivered, 2));
        let due = app
            .store
            .read(|db| rows::due(db, "t", ids::now_ms(), 8))
            .unwrap();
        let of_settling: serde_json::Value = serde_json::from_str(&due[1].body).unwrap();
        assert_eq!(of_settling["type"], "message.undelivered");
        assert_eq!(of_settling["data"]["reason"], "settled-by-operator");
        assert_eq!(
            row.reason.as_deref(),
            Some("interrupted"),
            "what was known before stays"
        );
    }
}
