//! Removal of a tenant with everything that it has.

use super::writer::Result;
use rusqlite::{Connection, params};

/// Tables of a tenant's configuration. Its callers, operators and webhooks are deleted with these rows, so that nothing
/// new arrives afterwards. Tables that refer to others come first.
const SET_UP: [&str; 8] = [
    "keys",
    "users",
    "webhooks",
    "callback_tokens",
    "event_targets",
    "test_numbers",
    "flows",
    "connectors",
];

/// Tables of the rows that its use left. Receipts are deleted with their messages.
const LEFT: [&str; 7] = [
    "verifications",
    "messages",
    "events",
    "webhook_keys",
    "idempotency",
    "buckets",
    "counters",
];

/// The most rows of a table that one transaction deletes, so that no other tenant's send waits long.
const ROWS: i64 = 5_000;

/// Returns true if a message of a tenant is being sent.
pub fn is_sending(db: &Connection, tenant: &str) -> Result<bool> {
    // The sign keeps SQLite from indexes of the tenant, which has many more messages than are being sent.
    let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE state = 'sending' AND +tenant = ?1)";
    Ok(db.query_row(sql, [tenant], |row| row.get(0))?)
}

/// Deletes a tenant's configuration, but not the tenant itself: its limits and its kill switch apply until the end.
pub fn delete_set_up(db: &Connection, tenant: &str) -> Result<()> {
    for table in SET_UP {
        db.execute(&format!("DELETE FROM {table} WHERE tenant = ?1"), [tenant])?;
    }
    Ok(())
}

/// Deletes some of the rows that a tenant's use left, except messages that are being sent. Returns how many rows were
/// deleted; call again until it returns 0.
pub fn delete_some(db: &Connection, tenant: &str) -> Result<usize> {
    let mut removed = 0;
    for table in LEFT {
        // Every one of these tables has a primary key that begins with the tenant, except events.
        let key = match table {
            "verifications" | "messages" => "tenant, id",
            "events" => "id",
            "webhook_keys" | "idempotency" => "tenant, key",
            "buckets" => "tenant, scope, subject",
            _ => "tenant, scope, subject, hour",
        };
        let but = match table {
            "messages" => "AND state <> 'sending'",
            _ => "",
        };
        removed += db.execute(
            &format!(
                "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE tenant = ?1 {but} LIMIT ?2)"
            ),
            params![tenant, ROWS],
        )?;
    }
    Ok(removed)
}

/// Deletes a tenant of which nothing else is left. Returns true if it existed.
pub fn delete_tenant(db: &Connection, tenant: &str) -> Result<bool> {
    Ok(db.execute("DELETE FROM tenants WHERE id = ?1", [tenant])? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::test_app::TestApp;
    use std::collections::BTreeSet;

    /// A table that is added later is not forgotten.
    #[tokio::test]
    async fn every_table_with_tenant_is_named() {
        let test = TestApp::new().await;
        let names = |db: &Connection| {
            let sql = "SELECT DISTINCT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
                       WHERE m.type = 'table' AND c.name = 'tenant'";
            crate::service::store::rows::all(db, sql, [], |row| Ok(row.get::<_, String>(0)?))
        };
        let found: BTreeSet<String> = test.app.store.read(names).unwrap().into_iter().collect();
        // Receipts go with messages, and the audit log stays.
        let named = SET_UP.into_iter().chain(LEFT).chain(["receipts", "audit"]);
        assert_eq!(found, named.map(str::to_owned).collect());
    }
}
