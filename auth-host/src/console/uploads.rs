//! Plugins that were uploaded or pulled and wait for their review.

use crate::admin::plugins::NewPlugin;
use crate::ids;
use crate::problem::Problem;
use auth_connector_registry::Facts;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The most uploads that wait.
const WAITING: usize = 4;

/// How long an upload waits, in milliseconds.
const WAITING_MS: i64 = 30 * 60_000;

/// Uploads that wait for their review, in memory.
#[derive(Default)]
pub struct Uploads(Mutex<VecDeque<Upload>>);

/// A plugin that waits.
#[derive(Clone, Default)]
pub struct Upload {
    /// Its identifier.
    pub id: String,
    /// Who uploaded it, or had it pulled.
    pub user: String,
    /// When.
    pub at: i64,
    /// The plugin.
    pub new: NewPlugin,
    /// The publisher's key, as it was entered.
    pub key: String,
    /// The key of the provenance, as it was entered.
    pub provenance_key: String,
    /// Whether its origins and its name are those that were chosen at the review.
    pub is_chosen: bool,
    /// Whether it was said that it may be unsigned.
    pub accepts_unsigned: bool,
    /// What the catalogue says of it, that it was found in.
    pub claimed: Option<Box<Facts>>,
}

impl Uploads {
    /// Keeps an upload, in the place of one with its identifier; the oldest goes where there are too many.
    pub fn keep(&self, upload: Upload) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|other| ids::now_ms() - other.at < WAITING_MS && other.id != upload.id);
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back(upload);
    }

    /// The upload of a user.
    ///
    /// # Errors
    ///
    /// [`Problem`] when it is not there any more.
    pub fn find(&self, id: &str, user: &str) -> Result<Upload, Problem> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|u| u.id == id && u.user == user);
        let found = found.filter(|u| ids::now_ms() - u.at < WAITING_MS);
        found.cloned().ok_or_else(|| Problem::not_found("upload"))
    }

    /// Forgets an upload.
    pub fn drop(&self, id: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|upload| upload.id != id);
    }
}
