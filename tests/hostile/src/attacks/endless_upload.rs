//! Uploads without a length and without an end.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer};

pub fn run(scene: &Scene) -> Ending {
    let upload = match Ask::post(scene, &[]).and_then(Ask::upload) {
        Ok(upload) => upload,
        Err(why) => return not_sent(why),
    };
    while upload.write(&[b'x'; 4096]).is_ok() {}
    match answer(upload.response) {
        Ok(_) => not_sent("answered"),
        Err(why) => not_sent(why),
    }
}
