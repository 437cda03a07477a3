//! Methods that open a tunnel or return a request's headers.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::Method;
use crate::scene::Scene;
use crate::web::Ask;
use alloc::string::{String, ToString};

/// Lists each method and its result.
pub fn run(scene: &Scene) -> Ending {
    let mut found = String::new();
    let other = |word: &str| Method::Other(word.to_string());
    for method in [
        Method::Connect,
        Method::Trace,
        other("connect"),
        other("Trace"),
        other("TRACK"),
        other("PRI"),
    ] {
        let asked = Ask::new(&method, &scene.scheme(), scene.authority(), &[]);
        let came = match asked.and_then(Ask::status) {
            Ok(_) => "answered".to_string(),
            Err(why) => why,
        };
        found.push_str(&came);
        found.push(' ');
    }
    not_sent(found)
}
