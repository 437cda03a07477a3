//! Rows of connectors, and of the flows that name them.

use crate::service::store::Result;
use crate::service::store::rows::{all, changed, json, text, touch};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A connector: a plugin with a tenant's config.
#[derive(Clone)]
pub struct Connector {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// Its name, unique within the tenant.
    pub name: String,
    /// Its plugin.
    pub plugin: String,
    /// The config, encrypted.
    pub config: Vec<u8>,
    /// The hidden values of the config, as JSON Pointers: its secrets, and values that its plugin does not declare.
    pub secrets: Vec<String>,
    /// The origins that its config names.
    pub wanted: Vec<String>,
    /// Those of them that a host administrator confirmed.
    pub confirmed: Vec<String>,
    /// The number of its changes.
    pub revision: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed.
    pub updated_at: i64,
}

/// A flow: the connectors that serve a usage and a country, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Flow {
    /// The usage, or `*` for every other.
    pub usage: String,
    /// The country (ISO 3166, two letters), or `*` for every other.
    pub country: String,
    /// Identifiers of connectors, in the order in which they are tried.
    pub connectors: Vec<String>,
}

/// All connectors.
pub fn connectors(db: &Connection) -> Result<Vec<Connector>> {
    let sql = "SELECT id, tenant, name, plugin, config, secrets, wanted, confirmed, revision, created_at, updated_at
               FROM connectors ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Connector {
            id: row.get(0)?,
            tenant: row.get(1)?,
            name: row.get(2)?,
            plugin: row.get(3)?,
            config: row.get(4)?,
            secrets: json(&row.get::<_, String>(5)?, "connectors")?,
            wanted: json(&row.get::<_, String>(6)?, "connectors")?,
            confirmed: json(&row.get::<_, String>(7)?, "connectors")?,
            revision: row.get(8)?,
            created_at: row.get(9)?,
            updated_at: row.get(10)?,
        })
    })
}

/// Makes a connector, or changes it if it still has the revision that the change was made for. Returns false if another
/// change came first, or the connector was removed.
pub fn put_connector(db: &Connection, connector: &Connector) -> Result<bool> {
    changed(db, "INSERT INTO connectors (id, tenant, name, plugin, config, secrets, wanted, confirmed, revision, created_at, updated_at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         WHERE ?9 = 1 OR EXISTS (SELECT 1 FROM connectors WHERE id = ?1)
         ON CONFLICT (id) DO UPDATE SET name = ?3, plugin = ?4,
         config = ?5, secrets = ?6, wanted = ?7, confirmed = ?8, revision = ?9, updated_at = ?11
         WHERE revision = ?9 - 1 AND tenant = ?2 ON CONFLICT DO NOTHING",
        params![
            connector.id,
            connector.tenant,
            connector.name,
            connector.plugin,
            connector.config,
            text(&connector.secrets)?,
            text(&connector.wanted)?,
            text(&connector.confirmed)?,
            connector.revision,
            connector.created_at,
            connector.updated_at
        ],)
}

/// Stores which values of a connector's config are never shown. Returns false if the connector changed meanwhile.
pub fn put_hidden(db: &Connection, id: &str, revision: i64, hidden: &[String]) -> Result<bool> {
    changed(
        db,
        "UPDATE connectors SET secrets = ?3 WHERE id = ?1 AND revision = ?2",
        params![id, revision, text(&hidden)?],
    )
}

/// Returns true if a tenant has a connector.
pub fn has_connector(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM connectors WHERE id = ?1 AND tenant = ?2)";
    Ok(db.query_row(sql, [id, tenant], |row| row.get(0))?)
}

/// Removes a connector. Returns true if there was one.
pub fn delete_connector(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    changed(
        db,
        "DELETE FROM connectors WHERE id = ?1 AND tenant = ?2",
        [id, tenant],
    )
}

/// The identifiers of all connectors.
pub fn connector_ids(db: &Connection) -> Result<HashSet<String>> {
    let ids = all(db, "SELECT id FROM connectors", [], |row| Ok(row.get(0)?))?;
    Ok(ids.into_iter().collect())
}

/// All flows, each with its tenant.
pub fn flows(db: &Connection) -> Result<Vec<(String, Flow)>> {
    let sql =
        "SELECT tenant, usage, country, connectors FROM flows ORDER BY tenant, usage, country";
    all(db, sql, [], |row| {
        let flow = Flow {
            usage: row.get(1)?,
            country: row.get(2)?,
            connectors: json(&row.get::<_, String>(3)?, "flows")?,
        };
        Ok((row.get(0)?, flow))
    })
}

/// Sets a flow; without connectors it is removed.
pub fn put_flow(db: &Connection, tenant: &str, flow: &Flow) -> Result<()> {
    let (usage, country) = (&flow.usage, &flow.country);
    if flow.connectors.is_empty() {
        db.execute(
            "DELETE FROM flows WHERE tenant = ?1 AND usage = ?2 AND country = ?3",
            [tenant, usage, country],
        )?;
    } else {
        db.execute(
            "INSERT INTO flows (tenant, usage, country, connectors, revision) VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT (tenant, usage, country) DO UPDATE SET connectors = ?4, revision = revision + 1",
            params![tenant, usage, country, text(&flow.connectors)?],
        )?;
    }
    touch(db)
}
