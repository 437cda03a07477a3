//! Loaded plugins and their calls.
//!
//! ```text
//! Plugin -> call (queue, a fresh instance, limits, redaction) -> state (the imports' store) -> http
//! ```

mod call;
mod lease;
mod linker;
pub mod live;
mod loaded;
mod meter;
mod operations;
pub mod plugin;
pub mod queue;
mod receipts;
mod send;
mod shared;
mod state;

pub(crate) use linker::linker;
pub(crate) use loaded::Loaded;
pub(crate) use shared::Shared;
pub(crate) use state::CallState;
