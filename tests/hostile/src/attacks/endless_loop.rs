//! Computes for ever without a call to the host.

use crate::answers::{Ending, accepted};
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    let mut n = 0_u64;
    while core::hint::black_box(n) != u64::MAX {
        n = n.wrapping_add(2);
    }
    accepted("odd")
}
