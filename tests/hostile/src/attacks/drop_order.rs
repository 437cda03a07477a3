//! Drops a body while its stream is still held.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    let Ok(ask) = Ask::post(scene, &[]) else {
        return not_sent("no request");
    };
    let Ok(body) = ask.request.body() else {
        return not_sent("no body");
    };
    let stream = body.write();
    drop(body);
    drop(stream);
    not_sent("dropped")
}
