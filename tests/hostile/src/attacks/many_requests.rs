//! Sends 3,000 requests one after another.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    let mut answered = 0;
    for _ in 0..3_000 {
        if Ask::get(scene).and_then(Ask::status).is_ok() {
            answered += 1;
        }
    }
    not_sent(format!("{answered}"))
}
