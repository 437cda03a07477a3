//! Rows of an operator's configuration: tenants, plugins, connectors, flows, keys, test numbers, settings.

use super::writer::{Result, StoreError};
use auth_connector_registry::Facts;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// The settings and limits of a tenant. Stored as JSON, so that a new key needs no migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSettings {
    /// Its name for people.
    pub name: String,
    /// The countries (ISO 3166, two letters) to which [`TenantSettings::prefix_a_day`] does not apply.
    pub home_countries: Vec<String>,
    /// The country of numbers without a calling code. None, the default: such numbers are refused.
    pub default_country: Option<String>,
    /// True if its kill switch is on: nothing is sent.
    pub is_stopped: bool,
    /// Messages to one number in 24 hours.
    pub number_a_day: u32,
    /// Messages to one number in 10 minutes.
    pub number_in_ten_minutes: u32,
    /// Messages to one calling code outside the home countries in 24 hours.
    pub prefix_a_day: u32,
    /// Messages from one network of end users (/24 or /64) in 24 hours, where the caller passes their address.
    pub network_a_day: u32,
    /// Segments in 24 hours.
    pub segments_a_day: u32,
    /// The effect when too many codes of a country or network are never used.
    pub unverified: Unverified,
    /// How long messages and verifications are kept, in days.
    pub retention_days: u32,
    /// True if used codes are reported to providers that count them, where the connector can. It costs a request for
    /// every code that is used, after the response to the caller.
    pub report_used_codes: bool,
}

/// The effect of the rule about unverified sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unverified {
    /// It counts what it would have refused.
    RecordOnly,
    /// It refuses.
    Enforce,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            home_countries: Vec::new(),
            default_country: None,
            is_stopped: false,
            number_a_day: 10,
            number_in_ten_minutes: 5,
            prefix_a_day: 50,
            network_a_day: 100,
            segments_a_day: 1000,
            unverified: Unverified::RecordOnly,
            retention_days: 30,
            report_used_codes: true,
        }
    }
}

/// A tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its identifier.
    pub id: String,
    /// Its settings.
    pub settings: TenantSettings,
}

/// An installed plugin, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// The name that connectors refer to.
    pub id: String,
    /// SHA-256 of its component, 64 hexadecimal digits.
    pub digest: String,
    /// The manifest of its package, as it was signed.
    pub manifest: Option<Vec<u8>>,
    /// The manifest's signature.
    pub signature: Option<Vec<u8>>,
    /// The origins that an administrator granted.
    pub origins: Vec<String>,
    /// Origins that it was granted although its manifest does not list them.
    pub beyond: Vec<String>,
    /// The limits that an administrator granted, by their keys in a manifest; the host's own for the others.
    pub limits: BTreeMap<String, u64>,
    /// Facts recorded when it was added.
    pub facts: Facts,
    /// When it was added.
    pub added_at: i64,
}

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

/// An API key, of which only a hash is stored.
#[derive(Clone)]
pub struct Key {
    /// Its identifier, the part of the key that is not a secret.
    pub id: String,
    /// The tenant that it acts for; none for a host administrator.
    pub tenant: Option<String>,
    /// Its name for people.
    pub name: String,
    /// SHA-256 of the whole key.
    pub hash: Vec<u8>,
    /// The scopes that it is granted.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
}

/// A number that is never sent to and whose code is fixed.
#[derive(Clone)]
pub struct TestNumber {
    /// Its tenant.
    pub tenant: String,
    /// The keyed hash of the number.
    pub number_hash: Vec<u8>,
    /// The number, encrypted.
    pub number: Vec<u8>,
    /// The code, encrypted.
    pub code: Vec<u8>,
    /// When it ends.
    pub expires_at: i64,
}

fn json<T: DeserializeOwned>(text: &str, table: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|_| StoreError::Row(table))
}

fn text<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

/// All values of a column, each found by an index: `sql` selects the least value above its parameter.
pub(super) fn distinct(db: &Connection, sql: &str) -> Result<Vec<String>> {
    let mut next = db.prepare_cached(sql)?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let last = found.last().map_or("", String::as_str);
        match next.query_row([last], |row| row.get(0))? {
            Some(value) => found.push(value),
            None => return Ok(found),
        }
    }
}

/// Reads all rows of a query.
pub(super) fn all<T>(
    db: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// A setting of the whole host.
pub fn setting(db: &Connection, key: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Sets a setting of the whole host.
pub fn put_setting(db: &Connection, key: &str, value: &str) -> Result<()> {
    db.prepare_cached("INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")?
        .execute([key, value])?;
    Ok(())
}

/// Marks the configuration as changed, so that a running service reads it again.
pub fn touch(db: &Connection) -> Result<()> {
    put_setting(db, "revision", &crate::service::ids::new("r"))
}

/// All tenants.
pub fn tenants(db: &Connection) -> Result<Vec<Tenant>> {
    all(
        db,
        "SELECT id, settings FROM tenants ORDER BY id",
        [],
        |row| {
            Ok(Tenant {
                id: row.get(0)?,
                settings: json(&row.get::<_, String>(1)?, "tenants")?,
            })
        },
    )
}

/// A tenant's settings.
pub fn tenant(db: &Connection, id: &str) -> Result<Option<TenantSettings>> {
    let found = all(
        db,
        "SELECT settings FROM tenants WHERE id = ?1",
        [id],
        |row| json(&row.get::<_, String>(0)?, "tenants"),
    )?;
    Ok(found.into_iter().next())
}

/// Makes a tenant, or changes its settings.
pub fn put_tenant(db: &Connection, id: &str, settings: &TenantSettings) -> Result<()> {
    db.execute(
        "INSERT INTO tenants (id, settings, created_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET settings = ?2",
        params![id, text(settings)?, crate::service::ids::now_ms()],
    )?;
    touch(db)
}

/// All plugins, without their bytes.
pub fn plugins(db: &Connection) -> Result<Vec<Plugin>> {
    let sql = "SELECT id, digest, manifest, signature, origins, beyond, limits, facts, added_at FROM plugins ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Plugin {
            id: row.get(0)?,
            digest: row.get(1)?,
            manifest: row.get(2)?,
            signature: row.get(3)?,
            origins: json(&row.get::<_, String>(4)?, "plugins")?,
            beyond: json(&row.get::<_, String>(5)?, "plugins")?,
            limits: json(&row.get::<_, String>(6)?, "plugins")?,
            facts: json(&row.get::<_, String>(7)?, "plugins")?,
            added_at: row.get(8)?,
        })
    })
}

/// The bytes of a plugin's component.
pub fn component(db: &Connection, id: &str) -> Result<Option<Vec<u8>>> {
    Ok(db
        .query_row("SELECT component FROM plugins WHERE id = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?)
}

/// Installs a plugin, or replaces one.
pub fn put_plugin(db: &Connection, plugin: &Plugin, component: &[u8]) -> Result<()> {
    db.execute(
        "INSERT INTO plugins (id, digest, component, manifest, signature, origins, beyond, limits, facts, added_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET digest = ?2, component = ?3,
         manifest = ?4, signature = ?5, origins = ?6, beyond = ?7, limits = ?8, facts = ?9, added_at = ?10",
        params![
            plugin.id,
            plugin.digest,
            component,
            plugin.manifest,
            plugin.signature,
            text(&plugin.origins)?,
            text(&plugin.beyond)?,
            text(&plugin.limits)?,
            text(&plugin.facts)?,
            plugin.added_at
        ],
    )?;
    touch(db)
}

/// Returns true if a connector uses a plugin.
pub fn has_connectors(db: &Connection, id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM connectors WHERE plugin = ?1)";
    Ok(db.query_row(sql, [id], |row| row.get(0))?)
}

/// Removes a plugin that no connector uses. Returns true if there was one.
pub fn delete_plugin(db: &Connection, id: &str) -> Result<bool> {
    let removed = db.execute("DELETE FROM plugins WHERE id = ?1", [id])?;
    touch(db)?;
    Ok(removed > 0)
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
    let changed = db.execute(
        "INSERT INTO connectors (id, tenant, name, plugin, config, secrets, wanted, confirmed, revision, created_at, updated_at)
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
        ],
    )?;
    touch(db)?;
    Ok(changed > 0)
}

/// Stores which values of a connector's config are never shown. Returns false if the connector changed meanwhile.
pub fn put_hidden(db: &Connection, id: &str, revision: i64, hidden: &[String]) -> Result<bool> {
    let changed = db.execute(
        "UPDATE connectors SET secrets = ?3 WHERE id = ?1 AND revision = ?2",
        params![id, revision, text(&hidden)?],
    )?;
    touch(db)?;
    Ok(changed > 0)
}

/// Returns true if a tenant has a connector.
pub fn has_connector(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM connectors WHERE id = ?1 AND tenant = ?2)";
    Ok(db.query_row(sql, [id, tenant], |row| row.get(0))?)
}

/// Removes a connector. Returns true if there was one.
pub fn delete_connector(db: &Connection, tenant: &str, id: &str) -> Result<bool> {
    let removed = db.execute(
        "DELETE FROM connectors WHERE id = ?1 AND tenant = ?2",
        [id, tenant],
    )?;
    touch(db)?;
    Ok(removed > 0)
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

/// All keys, revoked ones included.
pub fn keys(db: &Connection) -> Result<Vec<Key>> {
    let sql = "SELECT id, tenant, name, hash, scopes, created_at, revoked_at FROM keys ORDER BY id";
    all(db, sql, [], |row| {
        Ok(Key {
            id: row.get(0)?,
            tenant: row.get(1)?,
            name: row.get(2)?,
            hash: row.get(3)?,
            scopes: json(&row.get::<_, String>(4)?, "keys")?,
            created_at: row.get(5)?,
            revoked_at: row.get(6)?,
        })
    })
}

/// Stores a key.
pub fn add_key(db: &Connection, key: &Key) -> Result<()> {
    db.execute(
        "INSERT INTO keys (id, tenant, name, hash, scopes, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![key.id, key.tenant, key.name, key.hash, text(&key.scopes)?, key.created_at],
    )?;
    touch(db)
}

/// Revokes a key. Returns true if there was one that was not revoked.
pub fn revoke_key(db: &Connection, id: &str) -> Result<bool> {
    let revoked = db.execute(
        "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![id, crate::service::ids::now_ms()],
    )?;
    touch(db)?;
    Ok(revoked > 0)
}

/// All test numbers.
pub fn test_numbers(db: &Connection) -> Result<Vec<TestNumber>> {
    let sql = "SELECT tenant, number_hash, number, code, expires_at FROM test_numbers ORDER BY created_at";
    all(db, sql, [], |row| {
        Ok(TestNumber {
            tenant: row.get(0)?,
            number_hash: row.get(1)?,
            number: row.get(2)?,
            code: row.get(3)?,
            expires_at: row.get(4)?,
        })
    })
}

/// Adds a test number, or changes it.
pub fn put_test_number(db: &Connection, number: &TestNumber) -> Result<()> {
    db.execute(
        "INSERT INTO test_numbers (tenant, number_hash, number, code, expires_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, number_hash) DO UPDATE SET code = ?4, expires_at = ?5",
        params![
            number.tenant,
            number.number_hash,
            number.number,
            number.code,
            number.expires_at,
            crate::service::ids::now_ms()
        ],
    )?;
    touch(db)
}

/// Removes a test number. Returns true if there was one.
pub fn delete_test_number(db: &Connection, tenant: &str, number_hash: &[u8]) -> Result<bool> {
    let removed = db.execute(
        "DELETE FROM test_numbers WHERE tenant = ?1 AND number_hash = ?2",
        params![tenant, number_hash],
    )?;
    touch(db)?;
    Ok(removed > 0)
}
