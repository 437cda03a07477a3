//! What must hold for any bytes, as functions that a fuzzer and a test can both call.
//!
//! | target | bytes are | what must hold |
//! |---|---|---|
//! | [`config`] | a config | it is read or refused, never half; no value of it shows in a diagnostic or an error; a request made from it is well formed |
//! | [`response`] | `STATUS DATE`, a line break, and the body that a server answered with | accepted only for an answer that an independent reader calls an acceptance, found only what it lists; nothing of the request shows |
//! | [`phone`] | a number as somebody typed it | what is accepted is E.164 and means what was typed |
//!
//! `fuzz/` drives them under libFuzzer and keeps the corpora, which the tests here replay.
#![allow(
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a violated property ends the run that found it"
)]

mod config;
mod phone;
mod response;

pub use config::config;
pub use phone::phone;
pub use response::response;

#[cfg(test)]
mod tests;
