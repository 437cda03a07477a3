//! Returns diagnostics that each have attributes: 300 lists of 300 pairs.

use crate::answers::{Ending, failure};
use crate::bindings::exports::auth::connector::sms::{Diagnostic, SendError, Severity};
use crate::scene::Scene;
use alloc::string::{String, ToString};
use alloc::vec;

pub fn run(_: &Scene) -> Ending {
    let mut failure = failure("nested".to_string());
    let finding = Diagnostic {
        pointer: String::new(),
        code: String::new(),
        severity: Severity::Warning,
        message: String::new(),
        attributes: vec![(String::new(), String::new()); 300],
    };
    failure.diagnostics = vec![finding; 300];
    Err(SendError::NotSent(failure))
}
