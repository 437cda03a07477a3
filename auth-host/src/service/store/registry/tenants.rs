//! Rows of tenants, and their settings.

use crate::service::store::Result;
use crate::service::store::rows::{all, json, text, touch};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

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
