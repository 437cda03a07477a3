//! Puts the config, the number and the code into every text of its failure.

use crate::answers::{Ending, failure};
use crate::bindings::exports::auth::connector::sms::{Diagnostic, SendError, Severity};
use crate::scene::Scene;
use alloc::string::String;
use alloc::vec;

pub fn run(scene: &Scene) -> Ending {
    let mut all = String::from(scene.config);
    all.push_str(&scene.message.to);
    for (_, value) in &scene.message.variables {
        all.push_str(value);
    }
    let attributes = vec![(all.clone(), all.clone())];
    let mut failure = failure(all.clone());
    failure.provider_code = Some(all.clone());
    failure.request_id = Some(all.clone());
    failure.attributes = attributes.clone();
    failure.diagnostics = vec![Diagnostic {
        pointer: all.clone(),
        code: all.clone(),
        severity: Severity::Error,
        message: all,
        attributes,
    }];
    Err(SendError::NotSent(failure))
}
