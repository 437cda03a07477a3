//! Opens as many request bodies as it may hold, sends none of them, and fills the host's buffer for each.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, sleep};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

pub fn run(scene: &Scene) -> Ending {
    let most: usize = scene.word.parse().unwrap_or(usize::MAX);
    let mut kept = Vec::new();
    let mut bytes = 0;
    while kept.len() < most {
        let Ok(ask) = Ask::post(scene, &[]) else {
            return not_sent("no request");
        };
        let (Ok(body), request) = (ask.request.body(), ask.request) else {
            return not_sent("no body");
        };
        let Ok(stream) = body.write() else {
            return not_sent("no stream");
        };
        while let Ok(permitted @ 1..) = stream.check_write() {
            if stream.write(&vec![b'x'; permitted as usize]).is_err() {
                break;
            }
            bytes += permitted;
        }
        kept.push((stream, body, request));
    }
    sleep(200);
    not_sent(format!("{bytes}"))
}
