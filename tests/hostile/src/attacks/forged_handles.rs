//! Guesses handles that belong to something else, or to nobody.

use crate::answers::{Ending, not_sent};
use crate::bindings::wasi::http::types::OutgoingRequest;
use crate::scene::Scene;

pub fn run(scene: &Scene) -> Ending {
    let guess = scene.word.parse().unwrap_or(1);
    // SAFETY: there is none; the host must detect it.
    let forged = unsafe { OutgoingRequest::from_handle(guess) };
    let _ = forged.authority();
    core::mem::forget(forged);
    not_sent("forged")
}
