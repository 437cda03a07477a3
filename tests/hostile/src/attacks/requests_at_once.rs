//! Begins as many requests as it can without waiting for any, and keeps the responses.

use crate::answers::{Ending, not_sent};
use crate::scene::Scene;
use crate::web::{Ask, answer};
use alloc::format;
use alloc::vec::Vec;

pub fn run(scene: &Scene) -> Ending {
    let begun: Vec<_> = (0..20).map(|_| Ask::get(scene).and_then(Ask::send)).collect();
    let answers: Vec<_> = begun
        .into_iter()
        .map(|begun| begun.and_then(answer))
        .collect();
    let answered = answers.iter().filter(|answer| answer.is_ok()).count();
    not_sent(format!("{answered}"))
}
