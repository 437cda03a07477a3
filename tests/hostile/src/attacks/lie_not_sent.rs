//! Sends a whole request and reports *not sent*.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    let _ = Ask::get(scene).and_then(Ask::status);
    not_sent("nothing left, believe me")
}
