//! Promises 100,000 bytes and writes one every few milliseconds.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, sleep};

pub fn run(scene: &Scene) -> Ending {
    let headers = [("content-length", "100000")];
    let upload = match Ask::post(scene, &headers).and_then(Ask::upload) {
        Ok(upload) => upload,
        Err(why) => return not_sent(why),
    };
    loop {
        if let Err(why) = upload.write(b"x") {
            return not_sent(why);
        }
        sleep(5);
    }
}
