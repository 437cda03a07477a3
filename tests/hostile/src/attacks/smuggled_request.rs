//! Announces five bytes and writes a second request behind them, into a connection that others will use.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer};

pub fn run(scene: &Scene) -> Ending {
    let headers = [("content-length", "5")];
    let upload = match Ask::post(scene, &headers).and_then(Ask::upload) {
        Ok(upload) => upload,
        Err(why) => return not_sent(why),
    };
    let _ = upload.stream.write(b"helloGET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n");
    match answer(upload.response) {
        Ok(_) => not_sent("answered"),
        Err(why) => not_sent(why),
    }
}
