//! Plugins that attack the host, each beside a connector that continues to send.
//!
//! The attacks are in `tests/hostile/`. The config selects one, so one component holds most of them. Attacks that a
//! compiler would not produce are texts in `tests/hostile/core/`. `docs/sandbox.md` lists the defence and the outcome
//! of each; [`table`] compares that page with these tests.
//!
//! | file | target of its attacks |
//! |---|---|
//! | [`arena`] | the run of an attack, and the assertions about every one |
//! | [`compute`] | time: loops, waits, polls |
//! | [`memory`] | memory, tables, stack, handles, and the host's memory for a guest |
//! | [`boundary`] | the canonical ABI: sizes, texts, discriminants, pointers, handles |
//! | `core` | parts of core modules that no compiler would make |
//! | [`reach`] | destinations of requests |
//! | [`framing`] | the form of a request on the wire |
//! | [`traffic`] | amount, rate and duration |
//! | [`truth`] | the three states, if a plugin crashes or lies |
//! | [`receipts`] | callbacks, and the functions that make no request |
//! | [`redaction`] | secrets, numbers and codes that a plugin repeats, and the cost of searching for them |
//! | [`loading`] | refusals before a plugin runs |
//! | `leaks` | all of it again, in a process that is measured |
//! | [`table`] | the page about it |

mod arena;
mod boundary;
mod compute;
mod core;
mod framing;
#[cfg(target_os = "linux")]
mod leaks;
mod loading;
mod memory;
mod reach;
mod receipts;
mod redaction;
mod table;
mod traffic;
mod truth;

pub use arena::granting;
