//! Begins requests and drops them at once, so that the guest can no longer end them.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;

pub fn run(scene: &Scene) -> Ending {
    for _ in 0..16 {
        let _ = Ask::post(scene, &[("content-length", "10")])
            .and_then(Ask::upload)
            .map(|upload| upload.stream.write(b"hello"));
    }
    not_sent("let go")
}
