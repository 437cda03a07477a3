//! Webhook configuration: the platform, its settings and defaults, and the proof of origin of its requests.

pub mod auth;
mod instance;
pub mod presets;
mod prove;
pub mod settings;
mod table;

pub use instance::{RESERVE, Webhook};
