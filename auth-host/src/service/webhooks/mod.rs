//! Webhooks: auth platforms that make their own codes post them here to have them sent.
//!
//! Each webhook is an instance with its own path and secrets ([`crate::service::platforms`]). A request is checked, read
//! ([`adapters`]), recognised if it came before ([`identity`], [`once`]), sent, and answered in the platform's form ([`answers`]).

mod adapters;
mod answers;
pub mod body;
mod code;
mod identity;
mod once;
mod receive;
mod verdict;
mod wanted;

pub use receive::receive;
