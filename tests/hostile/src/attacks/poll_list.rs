//! Polls one pollable 100,000 times over in one list, again and again: guest code hardly runs, so an epoch finds
//! little to interrupt, while the host works through lists.

use crate::answers::Ending;
use crate::bindings::wasi::clocks::monotonic_clock;
use crate::bindings::wasi::io::poll::poll;
use crate::scene::Scene;
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    let past = monotonic_clock::subscribe_duration(0);
    let list = vec![&past; 100_000];
    loop {
        poll(&list);
    }
}
