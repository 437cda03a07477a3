//! Storage in one SQLite file. All SQL of the program is in this module.
//!
//! [`Store`] writes on one thread and reads on another connection. Each of the other modules has the queries of some
//! tables.

pub mod audit;
mod backup;
pub mod callbacks;
pub mod due;
pub mod events;
pub mod figures;
pub mod guides;
pub mod idempotency;
pub mod limits;
pub mod message;
pub mod messages;
mod open;
pub mod receipts;
pub mod registry;
pub mod removal;
mod restored;
pub mod retention;
mod rows;
pub mod users;
pub mod verifications;
pub mod webhooks;
mod writer;

pub use backup::{CopyError, backup, restore};
pub use open::{OpenError, is_new, open};
pub use restored::Ended;
pub use writer::{Result, Store, StoreError};

#[cfg(test)]
mod tests;
