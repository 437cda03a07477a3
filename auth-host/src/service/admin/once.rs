//! Forms that act once: pressing twice, reloading or sending again has no second effect.

use crate::service::app::App;
use crate::service::crypt::digest;
use crate::service::problem::Problem;
use crate::service::store;
use crate::service::store::idempotency::{self, Known, Request};
use crate::service::texts::{Sentence, say};
use axum::http::StatusCode;
use rusqlite::Connection;
use std::sync::Arc;

/// The token of a rendered form. It is stored as long as an idempotency key.
pub struct Once(Request);

impl Once {
    /// The token of a tenant's form.
    pub fn new(app: &App, tenant: &str, token: &str) -> Self {
        // The prefix separates it from the API's keys, which are hashed alone.
        let key = digest(&[b"form", token.as_bytes()]);
        Self(Request {
            tenant: tenant.to_owned(),
            requests: vec![key.clone()],
            key,
            process: app.process.clone(),
        })
    }

    /// Returns true if the form came before.
    pub(super) fn is_used(&self, db: &Connection) -> store::Result<bool> {
        Ok(idempotency::look_up(db, &self.0)? != Known::Nothing)
    }

    /// Marks the token as used, in the transaction of the form's action.
    pub(super) fn use_up(&self, db: &Connection, subject: &str) -> store::Result<()> {
        idempotency::reserve(db, &self.0, subject, None)
    }

    /// Marks the token as used before an action. After a crash in between, the action is not done, and is never done
    /// twice.
    ///
    /// # Errors
    ///
    /// [`Problem`] if the form came before.
    pub async fn claim(self, app: &Arc<App>) -> Result<(), Problem> {
        let claimed = app.store.write(move |db| match self.is_used(db)? {
            true => Err(twice(say("refusal-form-twice"))),
            false => Ok(self.use_up(db, "")?),
        });
        claimed.await
    }
}

/// The problem for a form that sent a message before.
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
