//! Crashes in the middle of its request.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    match Ask::post(scene, &[("content-length", "10")]).and_then(Ask::upload) {
        Ok(upload) => {
            let _ = upload.write(b"hello");
            core::arch::wasm32::unreachable()
        }
        Err(why) => not_sent(why),
    }
}
