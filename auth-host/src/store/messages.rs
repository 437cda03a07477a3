//! Messages: one row for each attempt of one connector.

use super::limits::Counter;
use super::registry::{all, distinct};
use super::verifications::{self, Verification};
use super::writer::Result;
use crate::ids;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What became of a message.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its connector was called, or is about to be.
    Sending,
    /// The provider took it.
    Accepted,
    /// The carrier reported delivery.
    Delivered,
    /// The carrier reported that it could not deliver.
    Undelivered,
    /// It was certainly not sent.
    NotSent,
    /// Nobody can tell.
    Unknown,
    /// It was not to be sent: the caller said that nobody is there, or the number is a test number.
    Suppressed,
}

impl State {
    /// The name in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Suppressed => "suppressed",
        }
    }

    /// All of them.
    const ALL: [Self; 7] = [
        Self::Sending,
        Self::Accepted,
        Self::Delivered,
        Self::Undelivered,
        Self::NotSent,
        Self::Unknown,
        Self::Suppressed,
    ];

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|state| state.as_str() == name)
    }
}

/// The reason of a message that became *unknown* because nobody was sending it any more.
pub const INTERRUPTED: &str = "interrupted";

/// The reason of a message that an operator settled.
pub const BY_OPERATOR: &str = "settled-by-operator";

/// The reason of a message that a kill switch kept from being sent.
pub const STOPPED: &str = "stopped";

/// A message.
#[derive(Clone)]
pub struct Message {
    /// Its identifier, which is the correlation id.
    pub id: String,
    /// Whose it is.
    pub tenant: String,
    /// The verification that it carries a code of.
    pub verification: Option<String>,
    /// The connector that sends it.
    pub connector: String,
    /// The number, sealed.
    pub number: Vec<u8>,
    /// The keyed hash of the number.
    pub number_hash: Vec<u8>,
    /// The usage.
    pub usage: String,
    /// The number's country.
    pub country: String,
    /// The number's calling code, with `+`.
    pub prefix: String,
    /// The webhook that it came by.
    pub source: Option<String>,
    /// Whether it is the first attempt, which limits count.
    pub is_first: bool,
    /// The first attempt at the same message: its own identifier, or that of an earlier connector's.
    pub first: String,
    /// What became of it.
    pub state: State,
    /// The class of the failure.
    pub kind: Option<String>,
    /// Whose turn it is.
    pub turn: Option<String>,
    /// A stable word for what happened.
    pub reason: Option<String>,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's serial number.
    pub provider_message: Option<String>,
    /// The provider's request id.
    pub request_id: Option<String>,
    /// The plugin's words about a failure, without secrets and numbers.
    pub hint: Option<String>,
    /// When it was written down.
    pub created_at: i64,
    /// When its state became what it is.
    pub settled_at: Option<i64>,
    /// When its code was reported as used.
    pub verified_at: Option<i64>,
    /// How often it was looked up.
    pub lookups: u32,
    /// When it is looked up next.
    pub next_lookup_at: Option<i64>,
    /// How many segments it had.
    pub segments: i64,
}

impl Message {
    /// What it is about: its verification, or else its first attempt.
    pub fn subject(&self) -> &str {
        self.verification.as_deref().unwrap_or(&self.first)
    }

    /// Whether the outcome of its send is still to be written down. A message that was interrupted belongs to a process
    /// that was taken for ended: its own word is worth more.
    pub fn is_open(&self) -> bool {
        let is_interrupted = self.reason.as_deref() == Some(INTERRUPTED);
        self.state == State::Sending || self.state == State::Unknown && is_interrupted
    }
}

const COLUMNS: &str = "id, tenant, verification, connector, number, number_hash, usage, country, prefix, is_first,
    first, state, kind, turn, reason, provider_code, provider_message, request_id, created_at, settled_at, verified_at, lookups,
    next_lookup_at, segments, source, hint";

fn read(row: &Row<'_>) -> Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        tenant: row.get(1)?,
        verification: row.get(2)?,
        connector: row.get(3)?,
        number: row.get(4)?,
        number_hash: row.get(5)?,
        usage: row.get(6)?,
        country: row.get(7)?,
        prefix: row.get(8)?,
        is_first: row.get(9)?,
        first: row.get(10)?,
        state: State::parse(&row.get::<_, String>(11)?)
            .ok_or(super::writer::StoreError::Row("messages"))?,
        kind: row.get(12)?,
        turn: row.get(13)?,
        reason: row.get(14)?,
        provider_code: row.get(15)?,
        provider_message: row.get(16)?,
        request_id: row.get(17)?,
        created_at: row.get(18)?,
        settled_at: row.get(19)?,
        verified_at: row.get(20)?,
        lookups: row.get(21)?,
        next_lookup_at: row.get(22)?,
        segments: row.get(23)?,
        source: row.get(24)?,
        hint: row.get(25)?,
    })
}

/// Writes a message down.
pub fn add(db: &Connection, message: &Message) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO messages (id, tenant, verification, connector, number, number_hash, usage, country, prefix, is_first,
         first, state, created_at, settled_at, source)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        message.id,
        message.tenant,
        message.verification,
        message.connector,
        message.number,
        message.number_hash,
        message.usage,
        message.country,
        message.prefix,
        message.is_first,
        message.first,
        message.state.as_str(),
        message.created_at,
        message.settled_at,
        message.source
    ])?;
    count(db, message, message.state, 1)
}

/// Writes down what became of a message that is open.
pub fn settle(db: &Connection, message: &Message) -> Result<()> {
    let settled = db.prepare_cached(
        "UPDATE messages SET state = ?2, kind = ?3, turn = ?4, reason = ?5, provider_code = ?6, provider_message = ?7,
         request_id = ?8, settled_at = ?9, next_lookup_at = ?10,
         segments = ?11, hint = ?12 WHERE tenant = ?13 AND id = ?1
         AND (state = 'sending' OR state = 'unknown' AND reason = 'interrupted')",
    )?
    .execute(params![
        message.id,
        message.state.as_str(),
        message.kind,
        message.turn,
        message.reason,
        message.provider_code,
        message.provider_message,
        message.request_id,
        message.settled_at,
        message.next_lookup_at,
        message.segments,
        message.hint,
        message.tenant
    ])?;
    // A receipt may have settled it before its connector answered.
    if settled == 0 {
        return Ok(());
    }
    count(db, message, message.state, 1)
}

/// Adds to a message that was settled meanwhile what its connector's answer says beside the outcome.
pub fn complete(db: &Connection, message: &Message) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET provider_message = coalesce(provider_message, ?3), request_id = coalesce(request_id, ?4),
         segments = ?5 WHERE tenant = ?1 AND id = ?2",
    )?
    .execute(params![
        message.tenant,
        message.id,
        message.provider_message,
        message.request_id,
        message.segments
    ])?;
    Ok(())
}

/// What is being sent, or was when a process ended.
pub fn sending(db: &Connection) -> Result<Vec<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE state = 'sending' ORDER BY id");
    all(db, &sql, [], read)
}

/// One message of a tenant.
pub fn get(db: &Connection, tenant: &str, id: &str) -> Result<Option<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant = ?2 AND id = ?1");
    Ok(all(db, &sql, [id, tenant], read)?.pop())
}

/// The latest attempt at a message, by its first one.
pub fn latest_attempt(db: &Connection, tenant: &str, first: &str) -> Result<Option<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?2 AND (id = ?1 OR first = ?1 AND NOT is_first) ORDER BY id"
    );
    Ok(all(db, &sql, [first, tenant], read)?.pop())
}

/// Every attempt at a message, by its first one, oldest first.
pub fn attempts(db: &Connection, tenant: &str, first: &str) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?2 AND (id = ?1 OR first = ?1 AND NOT is_first) ORDER BY id"
    );
    all(db, &sql, [first, tenant], read)
}

/// The messages of a verification, oldest first. They are among those to its number.
pub fn of_verification(db: &Connection, v: &Verification) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND verification = ?3 ORDER BY id"
    );
    all(db, &sql, params![v.tenant, v.number_hash, v.id], read)
}

/// A verification and its messages, oldest first.
pub fn with_verification(
    db: &Connection,
    tenant: &str,
    id: &str,
) -> Result<Option<(Verification, Vec<Message>)>> {
    let Some(v) = verifications::get(db, tenant, id)? else {
        return Ok(None);
    };
    let sent = of_verification(db, &v)?;
    Ok(Some((v, sent)))
}

/// The newest messages to a number.
pub fn to_number(
    db: &Connection,
    tenant: &str,
    number_hash: &[u8],
    most: u32,
) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE tenant = ?1 AND number_hash = ?2 ORDER BY id DESC LIMIT ?3"
    );
    all(db, &sql, params![tenant, number_hash, most], read)
}

/// What people look for among a tenant's messages.
#[derive(Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Those in a state.
    pub state: Option<State>,
    /// Those with the provider's serial number.
    pub serial: Option<&'a str>,
    /// Those since a time.
    pub since: Option<i64>,
    /// Those until a time.
    pub until: Option<i64>,
    /// Those before one, by its identifier.
    pub before: Option<&'a str>,
}

/// A page of a tenant's messages, the newest first. Only conditions that are set are in the query, so that an index
/// serves each of them whatever the size of the table.
pub fn page(db: &Connection, tenant: &str, filter: &Filter<'_>, most: u32) -> Result<Vec<Message>> {
    use rusqlite::types::Value;
    let mut sql = format!("SELECT {COLUMNS} FROM messages WHERE tenant = ?");
    let mut values = vec![Value::from(tenant.to_owned())];
    let mut add = |condition: &str, value: Value| {
        sql.push_str(condition);
        values.push(value);
    };
    if let Some(state) = filter.state {
        add(" AND state = ?", state.as_str().to_owned().into());
    }
    if let Some(serial) = filter.serial {
        add(" AND provider_message = ?", serial.to_owned().into());
    }
    if let Some(since) = filter.since {
        add(" AND id >= ?", ids::earliest("m", since).into());
    }
    if let Some(until) = filter.until {
        add(" AND id < ?", ids::earliest("m", until).into());
    }
    if let Some(before) = filter.before {
        add(" AND id < ?", before.to_owned().into());
    }
    let is_rare = |state: &State| !matches!(state, State::Sending | State::Accepted);
    if filter.state.is_some_and(|state| is_rare(&state)) {
        // The condition of the index of rare states.
        sql.push_str(" AND state NOT IN ('sending', 'accepted')");
    }
    sql.push_str(" ORDER BY id DESC LIMIT ?");
    values.push(most.into());
    all(db, &sql, rusqlite::params_from_iter(values), read)
}

/// Settles an unknown outcome by what an operator found out. What the connector's answer was stays.
pub fn settle_unknown(db: &Connection, message: &Message, state: State, now: i64) -> Result<()> {
    db.execute(
        "UPDATE messages SET state = ?2, settled_at = ?3, next_lookup_at = NULL
         WHERE tenant = ?4 AND id = ?1 AND state = 'unknown'",
        params![message.id, state.as_str(), now, message.tenant],
    )?;
    moved(db, message, state)
}

/// Sets when a message is looked up next.
pub fn look_up_at(db: &Connection, message: &Message, at: i64) -> Result<()> {
    db.execute(
        "UPDATE messages SET next_lookup_at = ?3 WHERE tenant = ?1 AND id = ?2 AND state = 'unknown'",
        params![message.tenant, message.id, at],
    )?;
    Ok(())
}

/// When the first attempts to a number since a time were, whatever became of them: the newest first, `most` at most.
pub fn to_number_since(
    db: &Connection,
    tenant: &str,
    number_hash: &[u8],
    since: i64,
    most: u32,
) -> Result<Vec<i64>> {
    all(
        db,
        "SELECT created_at FROM messages WHERE tenant = ?1 AND number_hash = ?2 AND id >= ?3 AND is_first
         ORDER BY id DESC LIMIT ?4",
        params![tenant, number_hash, ids::earliest("m", since), most],
        |row| Ok(row.get(0)?),
    )
}

/// What is done with a message once it is due.
#[derive(Clone, Copy)]
pub enum Due {
    /// It is looked up.
    LookUp,
    /// That its code was used is reported to the provider.
    Report,
}

impl Due {
    const fn column(self) -> &'static str {
        match self {
            Self::LookUp => "next_lookup_at",
            Self::Report => "next_report_at",
        }
    }
}

/// The connectors that have messages with which this is to be done, now or later.
pub fn connectors(db: &Connection, due: Due) -> Result<Vec<String>> {
    let column = due.column();
    let sql = format!(
        "SELECT min(connector) FROM messages WHERE {column} IS NOT NULL AND connector > ?1"
    );
    distinct(db, &sql)
}

/// A connector's messages with which this is to be done by now, those first that have been due for longest.
pub fn due(
    db: &Connection,
    due: Due,
    connector: &str,
    now: i64,
    most: u32,
) -> Result<Vec<Message>> {
    let column = due.column();
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE connector = ?1 AND {column} <= ?2 ORDER BY {column} LIMIT ?3"
    );
    all(db, &sql, params![connector, now, most], read)
}

/// The newest message of a connector that has a provider's serial number.
pub fn by_serial(
    db: &Connection,
    tenant: &str,
    connector: &str,
    serial: &str,
) -> Result<Option<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM messages WHERE connector = ?1 AND provider_message = ?2 AND tenant = ?3 ORDER BY id DESC LIMIT 1"
    );
    Ok(all(db, &sql, [connector, serial, tenant], read)?.pop())
}

/// Writes down the state and the serial number that a look-up found, and when the next one is.
pub fn found(
    db: &Connection,
    message: &Message,
    (state, provider_message): (State, Option<&str>),
    now: i64,
    next: Option<i64>,
) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET state = ?2, settled_at = ?3, lookups = lookups + 1, next_lookup_at = ?4,
         provider_message = coalesce(provider_message, ?5) WHERE tenant = ?6 AND id = ?1",
    )?
    .execute(params![
        message.id,
        state.as_str(),
        now,
        next,
        provider_message,
        message.tenant
    ])?;
    moved(db, message, state)
}

/// Counts a look-up that found nothing, and sets the next one.
pub fn not_found(db: &Connection, message: &Message, next: Option<i64>) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET lookups = lookups + 1, next_lookup_at = ?3 WHERE tenant = ?1 AND id = ?2",
    )?
    .execute(params![message.tenant, message.id, next])?;
    Ok(())
}

/// Notes that the code of a message was used; `is_reported` says whether its provider is told. Says whether that was new.
pub fn mark_verified(
    db: &Connection,
    tenant: &str,
    id: &str,
    now: i64,
    is_reported: bool,
) -> Result<bool> {
    let marked = db
        .prepare_cached(
            "UPDATE messages SET verified_at = ?3, next_report_at = ?4
             WHERE tenant = ?2 AND id = ?1 AND verified_at IS NULL",
        )?
        .execute(params![id, tenant, now, is_reported.then_some(now)])?;
    Ok(marked > 0)
}

/// The connector of the latest message of a verification, and its state.
pub fn latest_of(db: &Connection, v: &Verification) -> Result<Option<(String, String, State)>> {
    Ok(db
        .prepare_cached(
            "SELECT id, connector, state FROM messages
             WHERE tenant = ?1 AND number_hash = ?2 AND verification = ?3 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![v.tenant, v.number_hash, v.id], |row| {
            let state: String = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, state))
        })
        .optional()?
        .map(|(id, connector, state): (String, String, String)| {
            (
                id,
                connector,
                State::parse(&state).unwrap_or(State::Unknown),
            )
        }))
}

/// How many messages of a tenant are in each state, of those that were written down in the last hours. Counters are read,
/// so that it costs the same however many there are; the few that are being sent are in none.
pub fn count_by_state(
    db: &Connection,
    tenant: &str,
    now: i64,
    hours: i64,
) -> Result<Vec<(State, i64)>> {
    let mut counts = Vec::new();
    for state in State::ALL {
        let counter = Counter {
            tenant,
            scope: state.as_str(),
            subject: "",
        };
        let counted = counter.by_subject(db, now, hours)?;
        counts.push((state, counted.into_iter().map(|(_, count)| count).sum()));
    }
    // The sign keeps SQLite from indexes of the tenant, which has many more messages than are being sent.
    let sending = db
        .prepare_cached("SELECT count(*) FROM messages WHERE state = 'sending' AND +tenant = ?1")?
        .query_row([tenant], |row| row.get(0))?;
    counts.push((State::Sending, sending));
    counts.retain(|(_, count)| *count > 0);
    Ok(counts)
}

/// Counts a message in a state, in the hour in which it was written down.
fn count(db: &Connection, message: &Message, state: State, by: i64) -> Result<()> {
    if state == State::Sending {
        return Ok(());
    }
    let counter = Counter {
        tenant: &message.tenant,
        scope: state.as_str(),
        subject: &message.country,
    };
    counter.add(db, message.created_at, by)
}

/// Counts a message in its state, by 1, or by -1 to take that back.
pub fn tally(db: &Connection, message: &Message, by: i64) -> Result<()> {
    count(db, message, message.state, by)
}

/// Counts a message in another state than before.
pub(super) fn moved(db: &Connection, before: &Message, to: State) -> Result<()> {
    if before.state == to {
        return Ok(());
    }
    count(db, before, before.state, -1)?;
    count(db, before, to, 1)
}

/// How many messages of a tenant have an unknown outcome, however old they are: `most` at most.
pub fn count_unknown(db: &Connection, tenant: &str, most: i64) -> Result<i64> {
    // The second condition is that of the index of rare states.
    let sql = "SELECT count(*) FROM (SELECT 1 FROM messages WHERE tenant = ?1 AND state = 'unknown'
               AND state NOT IN ('sending', 'accepted') LIMIT ?2)";
    Ok(db
        .prepare_cached(sql)?
        .query_row(params![tenant, most], |row| row.get(0))?)
}
