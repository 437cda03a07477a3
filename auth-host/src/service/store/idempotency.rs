//! Idempotency keys: a repeated request gets the first one's response, and is never carried out twice.

use super::writer::Result;
use crate::service::ids;
use rusqlite::{Connection, OptionalExtension, params};

/// How long a key is kept, in milliseconds: 72 hours.
pub const KEPT_MS: i64 = 72 * 3_600_000;

/// The state of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The key is unused: the request is to be carried out.
    Nothing,
    /// The request was answered.
    Answered {
        /// The HTTP status.
        status: u16,
        /// The body.
        answer: String,
    },
    /// This process is carrying the request out.
    InFlight {
        /// The identifier of the row that it made.
        subject: Option<String>,
    },
    /// No process carries the request out any more.
    Lost {
        /// The identifier of the row that it made, if any.
        subject: Option<String>,
    },
    /// The key was used with another request.
    Other,
}

/// A request with an idempotency key.
#[derive(Clone)]
pub struct Request {
    /// Its tenant.
    pub tenant: String,
    /// SHA-256 of the key.
    pub key: Vec<u8>,
    /// Keyed hashes of method, path and body, under every key, the current one first. The body has a number, and the
    /// path and body of a check have a code. From a plain hash, a reader of the database could find them by trying all.
    pub requests: Vec<Vec<u8>>,
    /// The process that carries it out.
    pub process: String,
}

/// Looks a key up.
pub fn look_up(db: &Connection, asked: &Request) -> Result<Known> {
    let found = db
        .prepare_cached(
            "SELECT request, process, subject, status, answer FROM idempotency
             WHERE tenant = ?1 AND key = ?2 AND created_at > ?3",
        )?
        .query_row(
            params![asked.tenant, asked.key, ids::now_ms() - KEPT_MS],
            |row| {
                let (request, process): (Vec<u8>, String) = (row.get(0)?, row.get(1)?);
                let subject: Option<String> = row.get(2)?;
                let status: Option<u16> = row.get(3)?;
                let answer: Option<String> = row.get(4)?;
                Ok(match (status, answer) {
                    _ if !asked.requests.contains(&request) => Known::Other,
                    (Some(status), Some(answer)) => Known::Answered { status, answer },
                    _ if process == asked.process => Known::InFlight { subject },
                    _ => Known::Lost { subject },
                })
            },
        )
        .optional()?;
    Ok(found.unwrap_or(Known::Nothing))
}

/// Reserves a key for the row that the request is about to make. With a response if one transaction completes the
/// request: its status and body.
pub fn reserve(
    db: &Connection,
    asked: &Request,
    subject: &str,
    answer: Option<(u16, &str)>,
) -> Result<()> {
    let (status, answer) = answer.unzip();
    db.prepare_cached(
        "INSERT OR REPLACE INTO idempotency (tenant, key, request, process, subject, status, answer, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        asked.tenant,
        asked.key,
        asked.requests.first(),
        asked.process,
        subject,
        status,
        answer,
        ids::now_ms()
    ])?;
    Ok(())
}

/// Stores the response.
pub fn answer(db: &Connection, asked: &Request, status: u16, answer: &str) -> Result<()> {
    db.prepare_cached(
        "UPDATE idempotency SET status = ?3, answer = ?4 WHERE tenant = ?1 AND key = ?2",
    )?
    .execute(params![asked.tenant, asked.key, status, answer])?;
    Ok(())
}
