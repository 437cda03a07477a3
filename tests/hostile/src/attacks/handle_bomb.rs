//! Makes header collections without end and keeps them all.

use crate::answers::Ending;
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    loop {
        core::mem::forget(Fields::new());
    }
}
