//! Sends a request to any given target: another host, port or scheme, a private address, a name that resolves to one.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    match Ask::get(scene).and_then(Ask::status) {
        Ok(status) => not_sent(format!("{status}")),
        Err(why) => not_sent(why),
    }
}
