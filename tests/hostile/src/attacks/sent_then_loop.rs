//! Sends a whole request and computes for ever.

use super::endless_loop;
use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    match Ask::get(scene).and_then(Ask::status) {
        Ok(_) => endless_loop::run(scene),
        Err(why) => not_sent(why),
    }
}
