//! Fills as many requests as it may hold with the longest texts that each may have: this is the host's memory, not the
//! guest's. It measures the limits first.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::{Fields, Method, OutgoingRequest};
use crate::scene::Scene;
use crate::web::sleep;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub fn run(scene: &Scene) -> Ending {
    let most: usize = scene.word.parse().unwrap_or(usize::MAX);
    let [method, authority, path] = {
        let long = "/".repeat(100_000);
        let probe = OutgoingRequest::new(Fields::new());
        let name = long.replace('/', "a");
        [
            longest(&name, |text| {
                probe.set_method(&Method::Other(String::from(text))).is_ok()
            }),
            longest(&name, |text| probe.set_authority(Some(text)).is_ok()),
            longest(&long, |text| probe.set_path_with_query(Some(text)).is_ok()),
        ]
    };
    let mut kept = Vec::new();
    let mut bytes = 0;
    while kept.len() < most {
        let fields = Fields::new();
        for part in 0..5 {
            let value = vec![b'x'; 2_000];
            if fields.append(&format!("x-{part}"), &value).is_ok() {
                bytes += value.len();
            }
        }
        let request = OutgoingRequest::new(fields);
        let taken = [
            (method.len(), request.set_method(&Method::Other(method.clone()))),
            (authority.len(), request.set_authority(Some(&authority))),
            (path.len(), request.set_path_with_query(Some(&path))),
        ];
        bytes += taken.iter().map(|(length, taken)| if taken.is_ok() { *length } else { 0 }).sum::<usize>();
        kept.push(request);
    }
    sleep(200);
    not_sent(format!("{bytes}"))
}

/// The longest accepted part of a text, to a tenth.
fn longest(text: &str, takes: impl Fn(&str) -> bool) -> String {
    let mut part = text;
    while !part.is_empty() && !takes(part) {
        part = part.get(..part.len() * 9 / 10).unwrap_or_default();
    }
    String::from(part)
}
