//! Recognition of a platform's retries.
//!
//! A request is remembered under the platform's own identifier of the message, or else under a keyed hash of what it asks
//! for. What it gets depends on what became of the message: the same answer again after success, nothing sent after
//! *unknown*, another attempt where it was certainly not sent and might succeed.

use super::verdict::is_permanent;
use crate::ids;
use crate::store::message::{Message, State};
use crate::store::messages;
use crate::store::webhooks::{self as rows, Remembered};
use crate::store::{self, StoreError};
use crate::verification::Once;
use rusqlite::Connection;

/// A request, as it is remembered.
#[derive(Clone)]
pub struct Asked {
    /// Whose it is.
    pub tenant: String,
    /// How it is known: under the current key of the host first, then under those from before a rotation.
    pub identities: Vec<Identity>,
    /// The connectors that serve it, with their versions.
    pub route: Vec<u8>,
    /// How long it is recognised after its message was settled, in milliseconds.
    pub window_ms: i64,
}

/// A request under one of the host's keys.
#[derive(Clone)]
pub struct Identity {
    /// What it is remembered under.
    pub key: Vec<u8>,
    /// The keyed hash of what it asks for.
    pub request: Vec<u8>,
}

/// What is known about a request that came before.
pub enum Known {
    /// Its message is being sent.
    InFlight,
    /// Its message, with the outcome that counts.
    Settled(Box<Message>),
    /// Its message was forgotten, so nobody can tell.
    Forgotten,
    /// Its identifier came with another message.
    Other,
}

impl Asked {
    /// What is known, unless it is to be carried out.
    pub fn known(&self, db: &Connection) -> store::Result<Option<Known>> {
        let now = ids::now_ms();
        let mut found = None;
        for identity in &self.identities {
            if let Some(before) = rows::remembered(db, &self.tenant, &identity.key)? {
                found = Some(before);
                break;
            }
        }
        let Some(before) = found else {
            return Ok(None);
        };
        if before.created_at + rows::KEPT_MS < now {
            return Ok(None);
        }
        let message = messages::latest_attempt(db, &self.tenant, &before.message)?;
        let is_over = |message: &Message| {
            message.settled_at.unwrap_or(message.created_at) + self.window_ms < now
        };
        let known = match message {
            // Nobody can say what became of it, and its window tells how long the platform may ask again.
            None if before.created_at + self.window_ms < now => return Ok(None),
            None => Known::Forgotten,
            Some(message) => match message.state {
                State::Sending => Known::InFlight,
                State::Unknown => Known::Settled(Box::new(message)),
                State::NotSent => {
                    let fails_again = is_permanent(&message) && before.route == self.route;
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
        let is_same = |identity: &Identity| identity.request == before.request;
        if self.identities.iter().any(is_same) {
            Ok(Some(known))
        } else {
            Ok(Some(Known::Other))
        }
    }
}

impl Once for Asked {
    type Known = Known;

    fn look_up(&self, db: &Connection) -> store::Result<Option<Known>> {
        self.known(db)
    }

    fn reserve(&self, db: &Connection, row: &Message) -> store::Result<()> {
        let Some(identity) = self.identities.first() else {
            return Err(StoreError::Failed("the host has no key".to_owned()));
        };
        let remembered = Remembered {
            request: identity.request.clone(),
            route: self.route.clone(),
            message: row.id.clone(),
            created_at: ids::now_ms(),
        };
        rows::remember(db, &self.tenant, &identity.key, &remembered)
    }

    /// The message's row says it all.
    fn finish(&self, _db: &Connection, _row: &Message) -> store::Result<()> {
        Ok(())
    }
}
