//! Allocates all memory at once.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    let grown = core::arch::wasm32::memory_grow(0, 60_000);
    not_sent(if grown == usize::MAX { "refused" } else { "granted" })
}
