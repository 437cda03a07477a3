//! Passes the host 60,000 headers in one list.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

pub fn run(_: &Scene) -> Ending {
    let list = vec![("x".to_string(), Vec::new()); 60_000];
    let taken = Fields::from_list(&list).is_ok();
    not_sent(if taken { "taken" } else { "refused" })
}
