//! Queries at the service: whether a config would work, and what became of a message. None of them sends anything.

pub mod check;
pub mod deliveries;
mod findings;
mod query;
mod templates;
mod wire;

#[cfg(test)]
mod scripted;
