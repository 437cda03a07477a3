//! Reads a response to its end, in the largest possible pieces.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::io::streams::StreamError;
use crate::scene::Scene;
use crate::web::{Ask, answer, body};
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    let answer = match Ask::get(scene).and_then(Ask::send).and_then(answer) {
        Ok(answer) => answer,
        Err(why) => return not_sent(why),
    };
    let Ok(reading) = body(&answer) else {
        return not_sent("no body");
    };
    let mut total = 0;
    loop {
        match reading.stream.blocking_read(u64::MAX) {
            Ok(bytes) => total += bytes.len(),
            Err(StreamError::Closed) => return not_sent(format!("all {total}")),
            Err(StreamError::LastOperationFailed(_)) => return not_sent(format!("cut at {total}")),
        }
    }
}
