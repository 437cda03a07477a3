//! Forms that are carried out once: pressing twice, reloading and sending again do nothing a second time.

use crate::app::App;
use crate::crypt::digest;
use crate::problem::Problem;
use crate::store;
use crate::store::idempotency::{self, Known, Request};
use crate::texts::{Sentence, say};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;

/// The token of a rendered form. It is remembered as long as an idempotency key.
pub struct Once(Request);

impl Once {
    /// The token that came with a form of a tenant.
    pub fn new(app: &App, tenant: &str, token: &str) -> Self {
        // Apart from the keys of the API, which are hashed alone.
        let key = digest(&[b"form", token.as_bytes()]);
        Self(Request {
            tenant: tenant.to_owned(),
            requests: vec![key.clone()],
            key,
            process: app.process.clone(),
        })
    }

    /// Whether the form came before.
    pub(super) fn is_used(&self, db: &Connection) -> store::Result<bool> {
        Ok(idempotency::look_up(db, &self.0)? != Known::Nothing)
    }

    /// Uses the token up, in the transaction of what it is for.
    pub(super) fn use_up(&self, db: &Connection, subject: &str) -> store::Result<()> {
        idempotency::reserve(db, &self.0, subject)
    }

    /// Uses the token up before something is done. A crash in between leaves it undone, and never done twice.
    ///
    /// # Errors
    ///
    /// [`Problem`] when the form came before.
    pub async fn claim(self, app: &Arc<App>) -> Result<(), Problem> {
        let claimed = app.store.write(move |db| match self.is_used(db)? {
            true => Err(twice(say("refusal-form-twice"))),
            false => Ok(self.use_up(db, "")?),
        });
        claimed.await
    }
}

/// What a form gets that sent a message before.
pub(super) fn sent_before() -> Problem {
    twice(say("refusal-sent-before"))
}

fn twice(why: Sentence) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "form-twice",
        "The form came twice",
        why,
    )
}
