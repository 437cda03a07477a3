//! Results of the contract that attacks return.

use crate::bindings::exports::auth::connector::sms::{
    Failure, FailureKind, Message, Preview, Receipt, SendError,
};
use crate::scene::Scene;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub type Ending = Result<Receipt, SendError>;

/// An acceptance, true or not.
pub fn accepted(message_id: impl Into<String>) -> Ending {
    Ok(Receipt {
        message_id: message_id.into(),
        request_id: None,
        attributes: Vec::new(),
    })
}

/// *Not sent*, with the attack's result as its message.
pub fn not_sent(found: impl Into<String>) -> Ending {
    Err(SendError::NotSent(failure(found.into())))
}

pub fn failure(message: String) -> Failure {
    Failure {
        kind: FailureKind::Other,
        message,
        provider_code: None,
        request_id: None,
        retry_after_ms: None,
        diagnostics: Vec::new(),
        attributes: Vec::new(),
    }
}

/// The failure, for either state.
pub fn of(error: SendError) -> Failure {
    match error {
        SendError::NotSent(failure) | SendError::Unknown(failure) => failure,
    }
}

/// A message without a recipient, for functions that get none.
pub fn nobody() -> Message {
    Message {
        to: String::new(),
        usage: String::new(),
        variables: Vec::new(),
        locales: None,
        correlation_id: None,
        timeout_ms: None,
        attributes: None,
    }
}

/// A preview with the config, the number and the variables in all of its texts.
pub fn preview(scene: &Scene) -> Preview {
    let mut all = String::from(scene.config);
    all.push_str(&scene.message.to);
    for (_, value) in &scene.message.variables {
        all.push(' ');
        all.push_str(value);
    }
    Preview {
        route: all.clone(),
        template: all.clone(),
        parameters: scene
            .message
            .variables
            .iter()
            .map(|(_, value)| value.clone())
            .chain([all.clone()])
            .collect(),
        attributes: vec![(all.clone(), all)],
    }
}
