//! Lengths that two readers could understand in two ways.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::Ask;
use alloc::string::String;

const LENGTHS: [&[(&str, &str)]; 7] = [
    &[("content-length", "5"), ("content-length", "6")],
    &[("content-length", "5"), ("content-length", "5")],
    &[("content-length", "5, 6")],
    &[("content-length", "+5")],
    &[("content-length", "0x5")],
    &[("content-length", "5"), ("transfer-encoding", "chunked")],
    &[("content-length", "-1")],
];

/// One letter for each: `s` for sent, `r` for refused.
pub fn run(scene: &Scene) -> Ending {
    let mut found = String::new();
    for headers in LENGTHS {
        let sent = Ask::post(scene, headers)
            .and_then(Ask::upload)
            .and_then(|upload| {
                upload.write(b"hello")?;
                upload.finish()
            });
        found.push(if sent.is_ok() { 's' } else { 'r' });
    }
    // A length and no body that has it.
    let sent = Ask::post(scene, &[("content-length", "5")]).and_then(Ask::status);
    found.push(if sent.is_ok() { 's' } else { 'r' });
    not_sent(found)
}
