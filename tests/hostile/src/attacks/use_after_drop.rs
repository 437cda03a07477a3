//! Uses a handle that it has dropped.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;

pub fn run(_: &Scene) -> Ending {
    let fields = Fields::new();
    let handle = fields.handle();
    drop(fields);
    // SAFETY: there is none; the host must detect it.
    let gone = unsafe { Fields::from_handle(handle) };
    let _ = gone.entries();
    not_sent("used")
}
