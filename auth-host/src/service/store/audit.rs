//! The audit log: actor, action, subject and time of each change.

use super::rows::all;
use super::writer::Result;
use crate::service::ids;
use rusqlite::{Connection, params};
use serde::Serialize;

/// An entry.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Entry {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// The tenant concerned.
    pub tenant: Option<String>,
    /// The key that did it, or `command-line` and the user's name.
    pub actor: String,
    /// The action: `connector.put`.
    pub action: String,
    /// The subject of the action: an identifier, never a number.
    pub subject: String,
    /// More about it.
    pub detail: String,
}

/// Declares the actions, by their names.
macro_rules! actions {
    ($($action:ident = $name:literal,)+) => {
        /// An action that the audit log records. The console has a text for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Action {
            $(#[doc = concat!("`", $name, "`")] $action,)+
        }

        impl Action {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$action,)+];

            /// The name in the database and in answers.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    CallbackAdd = "callback.add",
    CallbackRemove = "callback.remove",
    ConnectorConfirm = "connector.confirm",
    ConnectorPut = "connector.put",
    ConnectorRemove = "connector.remove",
    ConnectorTrial = "connector.trial",
    ConnectorWithdraw = "connector.withdraw",
    EventsPut = "events.put",
    EventsRemove = "events.remove",
    FlowPut = "flow.put",
    HostGo = "host.go",
    HostRestore = "host.restore",
    HostStop = "host.stop",
    KeyAdd = "key.add",
    KeyRevoke = "key.revoke",
    MessageLookUp = "message.look-up",
    MessageSettle = "message.settle",
    NumberForget = "number.forget",
    NumberLocked = "number.locked",
    NumberSearch = "number.search",
    NumberUnlock = "number.unlock",
    PluginAdd = "plugin.add",
    PluginRemove = "plugin.remove",
    TenantPut = "tenant.put",
    TenantRemove = "tenant.remove",
    TestNumberAdd = "test-number.add",
    TestNumberRemove = "test-number.remove",
    UserPassword = "user.password",
    UserPut = "user.put",
    UserRemove = "user.remove",
    UserSetUp = "user.set-up",
    UserSignIn = "user.sign-in",
    WebhookPut = "webhook.put",
    WebhookRemove = "webhook.remove",
    WebhookSecretAdd = "webhook.secret.add",
    WebhookSecretDrop = "webhook.secret.drop",
    WebhookTrial = "webhook.trial",
}

/// Adds an entry.
pub fn add(
    db: &Connection,
    tenant: Option<&str>,
    actor: &str,
    action: Action,
    subject: &str,
    detail: &str,
) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO audit (id, at, tenant, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        ids::new("a"),
        ids::now_ms(),
        tenant,
        actor,
        action.as_str(),
        subject,
        detail
    ])?;
    Ok(())
}

/// The newest entries of a tenant, or of the whole host.
pub fn newest(db: &Connection, tenant: Option<&str>, most: u32) -> Result<Vec<Entry>> {
    let page = page(db, tenant, None, most)?;
    Ok(page.into_iter().map(|(_, entry)| entry).collect())
}

/// A page of the log, the newest first: a tenant's entries or all, before an entry. With the identifier of each.
pub fn page(
    db: &Connection,
    tenant: Option<&str>,
    before: Option<&str>,
    most: u32,
) -> Result<Vec<(String, Entry)>> {
    let sql = "SELECT at, tenant, actor, action, subject, detail, id FROM audit
               WHERE (?1 IS NULL OR tenant = ?1) AND id < ?2 ORDER BY id DESC LIMIT ?3";
    // Every identifier sorts before it.
    let before = before.unwrap_or("b");
    all(db, sql, params![tenant, before, most], |row| {
        let entry = Entry {
            at: row.get(0)?,
            tenant: row.get(1)?,
            actor: row.get(2)?,
            action: row.get(3)?,
            subject: row.get(4)?,
            detail: row.get(5)?,
        };
        Ok((row.get(6)?, entry))
    })
}

/// Counts a tenant's entries since a time for actions that reveal something about a typed number.
pub fn searches_since(db: &Connection, tenant: &str, since: i64) -> Result<u32> {
    let [search, unlock, forget] = [
        Action::NumberSearch,
        Action::NumberUnlock,
        Action::NumberForget,
    ]
    .map(Action::as_str);
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM audit WHERE tenant = ?1 AND action IN (?2, ?3, ?4) AND at > ?5",
        )?
        .query_row(params![tenant, search, unlock, forget, since], |row| {
            row.get(0)
        })?)
}
