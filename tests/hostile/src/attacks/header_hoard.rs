//! Fills as many header collections as it may hold with the maximum of bytes each: this is the host's memory, not the
//! guest's.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Fields;
use crate::scene::Scene;
use crate::web::sleep;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

pub fn run(scene: &Scene) -> Ending {
    let most: usize = scene.word.parse().unwrap_or(usize::MAX);
    let mut kept = Vec::new();
    let mut bytes = 0;
    while kept.len() < most {
        let fields = Fields::new();
        // A collection traps beyond its limit, so it is filled to a size below that.
        for part in 0..5 {
            let value = vec![b'x'; 2_000];
            if fields.append(&format!("x-{part}"), &value).is_ok() {
                bytes += value.len();
            }
        }
        kept.push(fields);
    }
    sleep(200);
    not_sent(format!("{bytes}"))
}
