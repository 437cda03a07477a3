//! Webhooks: auth platforms that make their own codes post them here to have them sent.
//!
//! Each webhook is an instance with its own path and secrets. A request is checked ([`auth`]), read ([`adapters`]),
//! recognised if it came before ([`once`]), sent, and answered in the platform's form ([`answers`]).

mod adapters;
mod answers;
pub mod auth;
pub mod body;
mod instance;
mod once;
pub mod presets;
mod receive;
pub mod settings;
mod texts;
mod verdict;
mod wanted;

pub use instance::Webhook;
pub use receive::{SCOPE, receive};
