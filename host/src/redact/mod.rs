//! Redaction of what a plugin returns, by the rule of the crate [`auth_connector_redaction`].
//!
//! | taken out of | what |
//! |---|---|
//! | texts | secrets of the config, the recipient's number, the message's variables |
//! | figures: a time to wait, an age, a size, a count | those whose digits hold the number or a code are left out or rounded |
//! | a plugin's answer about a callback | the numbers and credentials of that callback as well |
//!
//! The time limit is the call's, and the task yields its thread every few kilobytes. Text not searched by then is
//! masked, and an answer with such identifiers does not look complete.

mod texts;

use crate::contract::{CONFIG_BYTES, Callback};
use auth_connector_redaction::{CallbackSecrets, Search, SecretText};
use std::time::Instant;
pub(crate) use texts::{Answer, Texts, shorten};

/// Beside a longer config no text would be shown, so every config that the contract allows must be searched.
const _: () = assert!(CONFIG_BYTES <= auth_connector_redaction::CONFIG_BYTES);

/// Bytes after which the task yields its thread. They take less than a millisecond.
const STRETCH: usize = 4 << 10;

/// Values that must not be in an answer. Costs nothing before there is one.
#[derive(Clone, Copy)]
pub(crate) struct Redaction<'a> {
    config: &'a SecretText,
    to: &'a str,
    variables: &'a [(String, String)],
    callback: Option<&'a Callback>,
}

impl<'a> Redaction<'a> {
    /// For a call that was given this: a config, and maybe a recipient and variables.
    pub(crate) fn new(
        config: &'a SecretText,
        to: &'a str,
        variables: &'a [(String, String)],
    ) -> Self {
        Self {
            config,
            to,
            variables,
            callback: None,
        }
    }

    /// The same for a call that was given a callback.
    pub(crate) fn with_callback(self, callback: &'a Callback) -> Self {
        Self {
            callback: Some(callback),
            ..self
        }
    }

    /// Redacts an answer. Text that is not searched by `until` is masked. Returns true if all of it was searched.
    pub(crate) async fn run(&self, texts: Texts<'_>, until: Instant) -> bool {
        let mut search = Search::new(self.config, self.to, self.variables);
        let secrets = self.callback.map(|callback| {
            let url = callback.url.as_deref();
            CallbackSecrets::of(&callback.body, url, &callback.headers)
        });
        let mut of_callback = secrets.as_ref().map(CallbackSecrets::search);
        let mut stretch = 0;
        let is_whole = texts.are_all();
        for item in texts.into_items() {
            let before = search.left();
            item.clean(&mut search, of_callback.as_mut());
            stretch += before - search.left();
            if stretch >= STRETCH {
                stretch = 0;
                if Instant::now() >= until {
                    search.stop();
                }
                tokio::task::yield_now().await;
            }
        }
        let left_out = search.left_out() || of_callback.is_some_and(|search| search.left_out());
        is_whole && !left_out
    }
}

#[cfg(test)]
mod tests;
