//! Names the granted host in the authority and another one in an absolute-form target.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    let Ok(ask) = Ask::get(scene) else {
        return not_sent("no request");
    };
    let target = format!("http://{}/", scene.word);
    if ask.request.set_path_with_query(Some(&target)).is_err() {
        return not_sent("path refused");
    }
    match ask.status() {
        Ok(status) => not_sent(format!("{status}")),
        Err(why) => not_sent(why),
    }
}
