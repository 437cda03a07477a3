//! Plugins that attack the host, each beside a connector that goes on sending.
//!
//! The attacks are in `tests/hostile/`: what runs there is chosen by a config, so one component holds most of them;
//! what a compiler would not produce is text in `tests/hostile/core/`. `docs/sandbox.md` says of each what it meets and
//! what it gets; [`table`] holds that page against these tests.
//!
//! | file | what is attacked |
//! |---|---|
//! | [`arena`] | how an attack is run, and what holds for every one |
//! | [`compute`] | time: loops, waits, polls |
//! | [`memory`] | memory, tables, stack, handles, and what the host keeps for a guest |
//! | [`boundary`] | the canonical ABI: sizes, texts, discriminants, pointers, handles |
//! | `core` | parts of core modules that no compiler would make |
//! | [`reach`] | where requests may go |
//! | [`framing`] | what a request may look like on the wire |
//! | [`traffic`] | how much, how often, how slowly |
//! | [`truth`] | the three states: what a caller is told when a plugin crashes or lies |
//! | [`receipts`] | callbacks, and the functions that make no request |
//! | [`redaction`] | what a plugin repeats of secrets, numbers and codes, and what searching for them costs |
//! | [`loading`] | what is refused before a line of it runs |
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
