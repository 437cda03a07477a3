//! Queries at the service: checks of a config, and the deliveries of a message. None of them sends anything.

pub mod check;
pub mod deliveries;
mod findings;
mod packages;
mod query;
mod templates;
mod wire;
