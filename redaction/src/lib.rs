//! Redaction of secrets, phone numbers and codes in texts that untrusted code returns.
//!
//! A plugin of an auth host holds all three during a call, and its answer ends in a log. An honest plugin masks them; this
//! is for one that does not.
//!
//! ```
#![doc = include_str!("../examples/redact.rs")]
//! ```
//!
//! # What is secret
//!
//! | taken out | where it is found |
//! |---|---|
//! | values of the config under a telling key or in an object under one, from 4 characters, line by line: `secret`, `token`, `password`, `webhook`, …, any name that ends in `key` | anywhere |
//! | other strings of the config that look like a token: 16 characters or more of letters, digits and `+/=_-.~` with a digit among them, and no host name; also as a word of a text or a segment of a path | anywhere |
//! | within any string of the config: a URL's user and password, and what stands behind a telling name and `=` or `:` (`access_token=…&`, `AccountKey=…;`, `Authorization: Bearer …`); in a URL under a telling key every value of its query and every segment of its path from 8 characters | anywhere |
//! | the recipient's number: its last 8 digits, and what stands before them of the number | among digits with at most three other characters between two |
//! | the message's variables, from 4 characters; `code` from 2 | as a word of its own; codes from 4 digits also in groups |
//! | in what a plugin says about a callback, the numbers and credentials of that callback: see [`CallbackSecrets`] | numbers in texts as they stand, the rest anywhere |
//!
//! Every value of a key that occurs twice counts. A config that is not JSON is scanned for literals, names and words
//! all the same, because the plugin's reader may take it.
//!
//! No run of 11 bytes or more of a secret is shown, and neither its first nor its last 8. Upper and lower case are the
//! same. Each text is read as it stands, without escapes (percent, JSON, `\x`, HTML numbers; wide letters, digits of
//! other scripts, unseen characters between), out of hexadecimal and out of base64, of these also within escapes, and
//! escapes twice. Variables are found in hexadecimal and base64 from 6 characters.
//!
//! Figures are a plugin's choice as well: [`Search::reveals`] returns true if the digits of one hold the number or a
//! code.
//!
//! # What remains
//!
//! A plugin that encodes in a way of its own gets through: it could as well spell a secret in the order of its
//! attributes. Lengths and counts are bounded, so that it gets through slowly. Identifiers (message id, request id) keep
//! codes of fewer than six characters: in a serial number of thirty digits every code of four turns up once in four
//! hundred messages. A preview's parameters keep the number and the variables, because they are the answer.
//!
//! # Bounds
//!
//! The work is linear in the text: at most ten readings, one automaton over all secrets for each. More than 128 KiB of
//! texts in a search, more than 8 KiB of secrets in a config, and more than 64 variables are masked whole. The search
//! then reports that it [left something out](Search::left_out). A search holds no thread: it reads one text at a time,
//! and its caller may [stop](Search::stop) it.

mod callback;
mod callback_secrets;
mod literals;
mod mask;
mod named_numbers;
mod names;
mod numbers;
mod parts;
mod readings;
mod search;
mod secrets;

pub use callback_secrets::{CallbackSearch, CallbackSecrets};
pub use mask::{MASK, mask_whole};
pub use search::{Kind, Search};
pub use secrets::{CONFIG_BYTES, SecretText};
