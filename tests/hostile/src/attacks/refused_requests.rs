//! Makes the same forbidden request thousands of times, with the longest path that a request may have: the host's
//! record of each adds up.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::{Method, Scheme};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::string::String;
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    let path = String::from_utf8_lossy(&vec![b'/'; 4_000]).into_owned();
    for _ in 0..4_000 {
        let Ok(ask) = Ask::new(&Method::Get, &Scheme::Http, "evil.test", &[]) else {
            return not_sent("no request");
        };
        let _ = ask.request.set_path_with_query(Some(&path));
        let _ = ask.send();
    }
    not_sent("asked")
}
