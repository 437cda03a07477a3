//! Writes 2^64 - 1 zeroes through the host.

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
