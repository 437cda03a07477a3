//! Announces ten bytes, writes five and calls that the end.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    let upload = Ask::post(scene, &[("content-length", "10")]).and_then(Ask::upload);
    let finished = upload.and_then(|upload| {
        upload.write(b"hello")?;
        upload.finish()
    });
    match finished {
        Ok(status) => not_sent(format!("{status}")),
        Err(why) => not_sent(why),
    }
}
