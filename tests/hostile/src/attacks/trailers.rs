//! Sends trailers that would change a careless reader's interpretation of the request.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::{Fields, OutgoingBody};
use crate::scene::Scene;
use crate::web::{Ask, answer};
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    let upload = match Ask::post(scene, &[]).and_then(Ask::upload) {
        Ok(upload) => upload,
        Err(why) => return not_sent(why),
    };
    if let Err(why) = upload.write(b"hello") {
        return not_sent(why);
    }
    drop(upload.stream);
    let trailers = Fields::new();
    let _ = trailers.append("content-length", b"99");
    let _ = trailers.append("authorization", b"smuggled");
    let _ = OutgoingBody::finish(upload.body, Some(trailers));
    match answer(upload.response) {
        Ok(answer) => not_sent(format!("{}", answer.status())),
        Err(why) => not_sent(why),
    }
}
