//! Returns as many short texts as may cross the boundary, each with every kind of byte.

use crate::answers::{Ending, failure};
use crate::bindings::exports::auth::connector::sms::{Diagnostic, SendError, Severity};
use crate::scene::Scene;
use alloc::string::String;
use alloc::vec;

const FINDINGS: usize = 330;
const ATTRIBUTES: usize = 31;

pub fn run(_: &Scene) -> Ending {
    let text: String = (0x20_u8..0x60).map(char::from).collect();
    let mut failure = failure(String::new());
    for _ in 0..FINDINGS {
        failure.diagnostics.push(Diagnostic {
            pointer: text.clone(),
            code: text.clone(),
            severity: Severity::Error,
            message: text.clone(),
            attributes: vec![(text.clone(), text.clone()); ATTRIBUTES],
        });
    }
    Err(SendError::NotSent(failure))
}
