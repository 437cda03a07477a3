//! Takes an answer, never reads its body, and waits.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer, body, sleep};

pub fn run(scene: &Scene) -> Ending {
    let answer = match Ask::get(scene).and_then(Ask::send).and_then(answer) {
        Ok(answer) => answer,
        Err(why) => return not_sent(why),
    };
    let held = body(&answer);
    sleep(3_600_000);
    drop(held);
    not_sent("an hour passed")
}
