//! Promises a body of 18 million terabytes.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer};

pub fn run(scene: &Scene) -> Ending {
    let headers = [("content-length", "18446744073709551615")];
    match Ask::post(scene, &headers).and_then(Ask::upload) {
        Ok(upload) => match answer(upload.response) {
            Ok(_) => not_sent("answered"),
            Err(why) => not_sent(why),
        },
        Err(why) => not_sent(why),
    }
}
