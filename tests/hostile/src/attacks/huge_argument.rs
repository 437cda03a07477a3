//! Passes the host a header of three million bytes.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;
use alloc::string::ToString;
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    let entry = ("x".to_string(), vec![b'x'; 3_000_000]);
    let taken = Fields::from_list(&[entry]).is_ok();
    not_sent(if taken { "taken" } else { "refused" })
}
