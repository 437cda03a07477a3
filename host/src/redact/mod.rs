//! Redaction of what a plugin returns, by the rule of the crate [`auth_connector_redaction`].
//!
//! | taken out of | what |
//! |---|---|
//! | texts | secrets of the config, the recipient's number, the message's variables |
//! | figures: a time to wait, an age, a size, a count | those whose digits hold the number or a code are left out or rounded |
//! | what a plugin says about a callback | the numbers of that callback as well |
//!
//! The time is the call's, and the thread is given up every few kilobytes. What is left when the time is over is masked.

mod texts;

use crate::contract::{CONFIG_BYTES, Callback};
use auth_connector_redaction::{CallbackNumbers, Search, SecretText};
use std::time::Instant;
use texts::Item;
pub(crate) use texts::{Answer, Texts, shorten};

/// Of a longer config no text is shown, so every config that the contract allows is read.
const _: () = assert!(CONFIG_BYTES <= auth_connector_redaction::CONFIG_BYTES);

/// The thread is given up after so many bytes, which take less than a millisecond.
const STRETCH: usize = 4 << 10;

/// What must not be in an answer. Costs nothing before there is one.
#[derive(Clone, Copy)]
pub(crate) struct Redaction<'a> {
    config: &'a SecretText,
    to: &'a str,
    variables: &'a [(String, String)],
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
        }
    }

    /// Takes what must not show out of an answer. What is not searched by `until` is masked.
    pub(crate) async fn run(&self, texts: Texts<'_>, until: Instant) {
        let mut search = Search::new(self.config, self.to, self.variables);
        let mut stretch = 0;
        for item in texts.into_items() {
            let before = search.left();
            item.clean(&mut search);
            stretch += before - search.left();
            if stretch >= STRETCH {
                stretch = 0;
                if Instant::now() >= until {
                    search.stop();
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

/// Takes a callback's numbers out of what a plugin said about it.
pub(crate) fn clean_of_numbers(answer: &mut impl Answer, callback: &Callback) {
    let numbers = CallbackNumbers::of(&callback.body, callback.url.as_deref());
    let mut texts = Texts::default();
    answer.list(&mut texts);
    for item in texts.into_items() {
        if let Item::Text(text, kind, _) = item {
            numbers.clean(text, kind);
        }
    }
}

#[cfg(test)]
mod tests;
