//! Splices a response into the next request, as much as possible at once.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer, body};

pub fn run(scene: &Scene) -> Ending {
    let answer = match Ask::get(scene).and_then(Ask::send).and_then(answer) {
        Ok(answer) => answer,
        Err(why) => return not_sent(why),
    };
    let Ok(from) = body(&answer) else {
        return not_sent("no body");
    };
    let upload = match Ask::post(scene, &[]).and_then(Ask::upload) {
        Ok(upload) => upload,
        Err(why) => return not_sent(why),
    };
    while upload.stream.blocking_splice(&from.stream, u64::MAX).is_ok() {}
    not_sent("spliced")
}
