//! Look-ups at the service: whether a config would work, and what became of a message.
//!
//! | room | what it turns into what |
//! |---|---|
//! | [`ask`] | one look-up into an answer, a refusal or silence, within the call's bounds |
//! | [`wire`] | parameters into bodies, and answers into entries |
//! | [`check`] | a config into checks |
//! | `templates` | identifiers into templates as the service knows them |
//! | `words` | what a check found into words |
//! | [`deliveries`] | a number, a time and identifiers into the messages that the service knows |
//!
//! A look-up only reads. So whether a request that failed was acted upon does not matter here, and a failure is just
//! a failure.

pub mod ask;
pub mod check;
pub mod deliveries;
mod templates;
pub mod wire;
mod words;

#[cfg(test)]
mod scripted;
