//! Asks the host to write more zeroes than there are bytes in the world.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    match Ask::post(scene, &[]).and_then(Ask::upload) {
        Ok(upload) => {
            let _ = upload.stream.write_zeroes(u64::MAX);
            not_sent("written")
        }
        Err(why) => not_sent(why),
    }
}
