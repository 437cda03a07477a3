//! Many sends of many tenants, with faults on the way, plugins replaced every second, and hostile neighbours in the
//! same host: `cargo xtask soak`.
//!
//! Two processes, so that their growth is measured apart. The driver is the host and records the outcome of every call.
//! The checker owns the simulator and reads what reached it from the simulator's inbox and journal. Both use the same
//! numbers: each call has one of its own, unique even in the journal, which masks four digits in the middle.

mod calls;
mod checker;
mod driver;

pub use checker::run;
pub use driver::drive;
