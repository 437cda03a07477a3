//! Uploaded or pulled plugins that wait for their review.

use crate::service::admin::plugins::NewPlugin;
use crate::service::ids;
use crate::service::problem::Problem;
use crate::service::store::registry::Plugin;
use auth_connector_registry::Facts;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Maximum number of waiting uploads.
const WAITING: usize = 4;

/// Lifetime of an upload, in milliseconds.
const WAITING_MS: i64 = 30 * 60_000;

/// Uploads that wait for their review, in memory.
#[derive(Default)]
pub struct Uploads(Mutex<VecDeque<Upload>>);

/// A plugin that waits for its review.
#[derive(Clone, Default)]
pub struct Upload {
    /// Its identifier.
    pub id: String,
    /// The user who uploaded it or had it pulled.
    pub user: String,
    /// Time of the upload, in milliseconds since 1970.
    pub at: i64,
    /// The plugin.
    pub new: NewPlugin,
    /// The publisher's key, as it was entered.
    pub key: String,
    /// The key of the provenance, as it was entered.
    pub provenance_key: String,
    /// The installed plugin that its review compared it with last.
    pub seen: Option<Plugin>,
    /// True if its origins and its name were chosen at the review.
    pub is_chosen: bool,
    /// True if the reviewer accepted it without a signature.
    pub accepts_unsigned: bool,
    /// Facts that the catalogue claims, if it came from one.
    pub claimed: Option<Box<Facts>>,
}

impl Uploads {
    /// Stores an upload and replaces one with the same identifier. The oldest is removed if there are too many.
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
    /// [`Problem`] if it no longer exists.
    pub fn find(&self, id: &str, user: &str) -> Result<Upload, Problem> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = waiting.iter().find(|u| u.id == id && u.user == user);
        let found = found.filter(|u| ids::now_ms() - u.at < WAITING_MS);
        found.cloned().ok_or_else(|| Problem::not_found("upload"))
    }

    /// Records the installed plugin that a review compares an upload with.
    pub fn see(&self, id: &str, installed: Option<Plugin>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(upload) = waiting.iter_mut().find(|upload| upload.id == id) {
            upload.seen = installed;
        }
    }

    /// Removes an upload.
    pub fn drop(&self, id: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|upload| upload.id != id);
    }
}
