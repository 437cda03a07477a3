//! Verifications: a number, a usage and the keyed hash of a code.

use super::rows::all;
use super::writer::{Result, StoreError};
use rusqlite::{Connection, Row, params};

/// The state of a verification. Expiry is a matter of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for a code, or for another code to be made.
    Pending,
    /// A right code was given.
    Approved,
    /// Its caller or a restored backup ended it.
    Cancelled,
}

impl State {
    const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Cancelled];

    /// The name in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A verification.
#[derive(Clone)]
pub struct Verification {
    /// Its identifier.
    pub id: String,
    /// Its tenant.
    pub tenant: String,
    /// The number, encrypted.
    pub number: Vec<u8>,
    /// The keyed hash of the number.
    pub number_hash: Vec<u8>,
    /// The usage.
    pub usage: String,
    /// The person's languages, best first, separated by commas.
    pub locales: String,
    /// The number's country.
    pub country: String,
    /// The number's calling code, with `+`.
    pub prefix: String,
    /// The network of the person's address, where the caller passed it.
    pub network: Option<String>,
    /// The webhook that received its request.
    pub source: Option<String>,
    /// True if the number is a test number.
    pub is_test: bool,
    /// Its state.
    pub state: State,
    /// The keyed hash of the latest code.
    pub code: Vec<u8>,
    /// Wrong codes since the latest was made.
    pub attempts: u32,
    /// How often a code was made.
    pub sends: u32,
    /// When the latest was made.
    pub sent_at: i64,
    /// How long a code is valid, in milliseconds.
    pub lifetime_ms: i64,
    /// When the latest expires.
    pub expires_at: i64,
    /// When it began.
    pub created_at: i64,
}

const COLUMNS: &str = "id, tenant, number, number_hash, usage, locales, country, prefix, network, is_test, state, code,
    attempts, sends, sent_at, lifetime_ms, expires_at, created_at, source";

fn read(row: &Row<'_>) -> Result<Verification> {
    Ok(Verification {
        id: row.get(0)?,
        tenant: row.get(1)?,
        number: row.get(2)?,
        number_hash: row.get(3)?,
        usage: row.get(4)?,
        locales: row.get(5)?,
        country: row.get(6)?,
        prefix: row.get(7)?,
        network: row.get(8)?,
        is_test: row.get(9)?,
        state: State::parse(&row.get::<_, String>(10)?).ok_or(StoreError::Row("verifications"))?,
        code: row.get(11)?,
        attempts: row.get(12)?,
        sends: row.get(13)?,
        sent_at: row.get(14)?,
        lifetime_ms: row.get(15)?,
        expires_at: row.get(16)?,
        created_at: row.get(17)?,
        source: row.get(18)?,
    })
}

/// Stores a verification.
pub fn add(db: &Connection, v: &Verification) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO verifications (id, tenant, number, number_hash, usage, locales, country, prefix, network, is_test,
         state, code, attempts, sends, sent_at, lifetime_ms, expires_at, created_at, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    )?
    .execute(params![
        v.id,
        v.tenant,
        v.number,
        v.number_hash,
        v.usage,
        v.locales,
        v.country,
        v.prefix,
        v.network,
        v.is_test,
        v.state.as_str(),
        v.code,
        v.attempts,
        v.sends,
        v.sent_at,
        v.lifetime_ms,
        v.expires_at,
        v.created_at,
        v.source
    ])?;
    Ok(())
}

/// One verification of a tenant.
pub fn get(db: &Connection, tenant: &str, id: &str) -> Result<Option<Verification>> {
    let sql = format!("SELECT {COLUMNS} FROM verifications WHERE tenant = ?2 AND id = ?1");
    Ok(all(db, &sql, [id, tenant], read)?.pop())
}

/// A page of a tenant's verifications, the newest first, before one.
pub fn page(
    db: &Connection,
    tenant: &str,
    before: Option<&str>,
    most: u32,
) -> Result<Vec<Verification>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM verifications WHERE tenant = ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3"
    );
    all(db, &sql, params![tenant, before, most], read)
}

/// The newest verifications of a number; of one webhook where it is named. They are those of the messages to it.
pub fn of_number(
    db: &Connection,
    tenant: &str,
    number_hash: &[u8],
    source: Option<&str>,
    most: u32,
) -> Result<Vec<Verification>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM verifications WHERE tenant = ?1
         AND id IN (SELECT verification FROM messages WHERE tenant = ?1 AND number_hash = ?2)
         AND (?3 IS NULL OR source = ?3) ORDER BY id DESC LIMIT ?4"
    );
    all(db, &sql, params![tenant, number_hash, source, most], read)
}

/// Stores the changes of a check, a resend or a cancellation.
pub fn update(db: &Connection, v: &Verification) -> Result<()> {
    db.prepare_cached(
        "UPDATE verifications SET state = ?2, code = ?3, attempts = ?4, sends = ?5, sent_at = ?6, expires_at = ?7
         WHERE tenant = ?8 AND id = ?1",
    )?
    .execute(params![
        v.id,
        v.state.as_str(),
        v.code,
        v.attempts,
        v.sends,
        v.sent_at,
        v.expires_at,
        v.tenant
    ])?;
    Ok(())
}
