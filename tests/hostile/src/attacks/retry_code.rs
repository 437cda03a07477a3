//! Returns the code as a number of milliseconds to wait.

use crate::answers::{Ending, failure};
use crate::bindings::exports::auth::connector::sms::SendError;
use crate::scene::Scene;
use alloc::string::String;

pub fn run(scene: &Scene) -> Ending {
    let mut failure = failure(String::from("wait"));
    let mut variables = scene.message.variables.iter();
    let code = variables.find(|(name, _)| name == "code");
    failure.retry_after_ms = code.and_then(|(_, code)| code.parse().ok());
    Err(SendError::NotSent(failure))
}
