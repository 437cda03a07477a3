//! The same as `get-with-body` with DELETE, which may have a body.

use super::get_with_body::leave;
use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Method;
use crate::scene::Scene;
use alloc::format;

pub fn run(scene: &Scene) -> Ending {
    not_sent(match leave(scene, &Method::Delete) {
        Ok(status) => format!("{status}"),
        Err(why) => why,
    })
}
