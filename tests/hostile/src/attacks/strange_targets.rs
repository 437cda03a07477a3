//! Paths that break a request line, or that a careless host would read as an origin.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::string::String;

const PATHS: [&str; 8] = [
    "*",
    "evil.test:80",
    "/ HTTP/1.1\r\nx: y\r\n\r\nGET /smuggled",
    "/a b",
    "/\u{0}",
    "@evil.test/",
    "\\\\evil.test\\",
    "/\t",
];

/// Lists the paths that were accepted.
pub fn run(scene: &Scene) -> Ending {
    let mut taken = String::new();
    for path in PATHS {
        let Ok(ask) = Ask::get(scene) else {
            return not_sent("no request");
        };
        if ask.request.set_path_with_query(Some(path)).is_ok() && ask.status().is_ok() {
            taken.push_str(path);
            taken.push(' ');
        }
    }
    not_sent(taken)
}
