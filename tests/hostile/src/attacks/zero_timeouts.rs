//! Sets time limits of zero and of 584 years.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::RequestOptions;
use crate::scene::Scene;
use crate::web::{Ask, answer};
use alloc::format;
use alloc::string::String;

/// Lists the result of each.
pub fn run(scene: &Scene) -> Ending {
    let mut found = String::new();
    for limit in [0, u64::MAX] {
        let options = RequestOptions::new();
        let _ = options.set_connect_timeout(Some(limit));
        let _ = options.set_first_byte_timeout(Some(limit));
        let _ = options.set_between_bytes_timeout(Some(limit));
        let came = Ask::get(scene)
            .and_then(|ask| ask.send_with(Some(options)))
            .and_then(answer);
        match came {
            Ok(answer) => found.push_str(&format!("{} ", answer.status())),
            Err(why) => found.push_str(&format!("{why} ")),
        }
    }
    not_sent(found)
}
