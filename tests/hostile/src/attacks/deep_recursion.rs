//! Calls itself for ever.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;
use alloc::string::ToString;

pub fn run(_: &Scene) -> Ending {
    accepted(deeper(1).to_string())
}

#[inline(never)]
fn deeper(n: u32) -> u32 {
    if n == 0 {
        return 1;
    }
    // Used after the call returns, so that it cannot become a loop.
    core::hint::black_box(deeper(core::hint::black_box(n).wrapping_add(2) | 1)) ^ n
}
