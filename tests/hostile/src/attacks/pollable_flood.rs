//! Makes pollables without end, each for the longest possible time, and keeps them all.

use crate::answers::Ending;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    loop {
        core::mem::forget(monotonic_clock::subscribe_duration(u64::MAX));
    }
}
