//! Webhooks as they are set up: the platform, its settings and defaults, and how its requests prove where they come from.

pub mod auth;
mod instance;
pub mod presets;
mod prove;
pub mod settings;

pub use instance::{RESERVE, Webhook};
