//! Recognition of a platform's retries.
//!
//! A request is remembered under the platform's own identifier of the message, or else under a keyed hash of its
//! content. It is also remembered under a keyed hash of its body, which no setting can change ([`super::identity`]).
//! The result depends on the state of the message: the same response again after success, nothing sent after *unknown*,
//! another attempt if it was certainly not sent and might succeed.

use super::verdict::is_permanent;
use crate::service::crypt::digest;
use crate::service::ids;
use crate::service::store::message::{Message, State};
use crate::service::store::messages;
use crate::service::store::webhooks::{self as rows, Remembered};
use crate::service::store::{self, StoreError};
use crate::service::verification::Once;
use rusqlite::Connection;

/// The length of a keyed hash.
const HASH: usize = 32;

/// A request, as it is remembered.
#[derive(Clone)]
pub struct Asked {
    /// Its tenant.
    pub tenant: String,
    /// The platform's own identifier of its message, as a key; none where it has none.
    pub own: Option<Vec<u8>>,
    /// True if a header contains that identifier: two requests with one body are two messages then.
    pub is_in_header: bool,
    /// Keyed hashes of number, type and code: under the current key of the host and in the present form first, then in
    /// those of earlier keys and versions.
    pub wanted: Vec<Vec<u8>>,
    /// Keyed hashes of the body, under the current key of the host first.
    pub bodies: Vec<Vec<u8>>,
    /// The usage, the languages, and the connectors that serve it with their versions.
    pub route: Vec<u8>,
    /// How long it is recognised after its message was settled, in milliseconds.
    pub window_ms: i64,
}

/// The state of an earlier request.
pub enum Known {
    /// Its message is being sent.
    InFlight,
    /// Its message, with the outcome that counts.
    Settled(Box<Message>),
    /// Its message was forgotten, so its outcome is not known.
    Forgotten,
    /// Its identifier was used with another message.
    Other,
}

impl Asked {
    /// Returns the state of an earlier request, unless this one is to be carried out.
    pub fn known(&self, db: &Connection) -> store::Result<Option<Known>> {
        for key in self.keys(false) {
            if let Some(before) = rows::remembered(db, &self.tenant, &key)?
                && let Some(known) = self.known_of(db, &before)?
            {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// Returns all keys under which an earlier attempt may be stored, whatever the settings were then. With `is_own`,
    /// returns the keys under which this request is stored. If the pointer of an identifier was removed, an attempt
    /// with another body is not recognised.
    fn keys(&self, is_own: bool) -> impl Iterator<Item = Vec<u8>> {
        let asked_for = self.wanted.iter();
        let asked_for = asked_for.filter(move |_| !is_own || self.own.is_none());
        let bodies = self.bodies.iter();
        let bodies = bodies.filter(move |_| !is_own || !self.is_in_header);
        let asked_for = asked_for.map(|hash| digest(&[b"request", hash]));
        let bodies = bodies.map(|hash| digest(&[b"body", hash]));
        self.own.clone().into_iter().chain(asked_for).chain(bodies)
    }

    fn known_of(&self, db: &Connection, before: &Remembered) -> store::Result<Option<Known>> {
        let now = ids::now_ms();
        if before.created_at + rows::KEPT_MS < now {
            return Ok(None);
        }
        let message = messages::latest_attempt(db, &self.tenant, &before.message)?;
        let is_over = |message: &Message| {
            message.settled_at.unwrap_or(message.created_at) + self.window_ms < now
        };
        let known = match message {
            // The outcome is not known, and the window is how long the platform may repeat the request.
            None if before.created_at + self.window_ms < now => return Ok(None),
            None => Known::Forgotten,
            Some(message) => match message.state {
                State::Sending => Known::InFlight,
                State::Unknown => Known::Settled(Box::new(message)),
                State::NotSent => {
                    let fails_again = is_permanent(&message) && self.is_sent_alike(before);
                    if !fails_again || is_over(&message) {
                        return Ok(None);
                    }
                    Known::Settled(Box::new(message))
                }
                State::Accepted | State::Delivered | State::Undelivered | State::Suppressed => {
                    if is_over(&message) {
                        return Ok(None);
                    }
                    Known::Settled(Box::new(message))
                }
            },
        };
        let is_same = hashes(before).any(|hash| self.wanted.has(hash) || self.bodies.has(hash));
        Ok(Some(if is_same { known } else { Known::Other }))
    }

    /// Returns true if the message would be sent as before: neither settings of the webhook nor its route changed it.
    fn is_sent_alike(&self, before: &Remembered) -> bool {
        before.route == self.route && hashes(before).any(|hash| self.wanted.has(hash))
    }
}

/// The hashes of a request's content and of its body. A request to an earlier version has only the first.
fn hashes(before: &Remembered) -> impl Iterator<Item = &[u8]> {
    before.request.chunks(HASH)
}

trait Has {
    fn has(&self, hash: &[u8]) -> bool;
}

impl Has for Vec<Vec<u8>> {
    fn has(&self, hash: &[u8]) -> bool {
        self.iter().any(|known| known == hash)
    }
}

impl Once for Asked {
    type Known = Known;

    fn look_up(&self, db: &Connection) -> store::Result<Option<Known>> {
        self.known(db)
    }

    fn reserve(&self, db: &Connection, row: &Message) -> store::Result<()> {
        let (Some(wanted), Some(body)) = (self.wanted.first(), self.bodies.first()) else {
            return Err(StoreError::Failed("the host has no key".to_owned()));
        };
        let remembered = Remembered {
            request: [wanted.as_slice(), body].concat(),
            route: self.route.clone(),
            message: row.id.clone(),
            created_at: ids::now_ms(),
        };
        let keys = Self {
            wanted: vec![wanted.clone()],
            bodies: vec![body.clone()],
            ..self.clone()
        };
        for key in keys.keys(true) {
            rows::remember(db, &self.tenant, &key, &remembered)?;
        }
        Ok(())
    }
}
