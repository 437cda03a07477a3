//! The exit codes, one for each action that a script would take next.

use crate::mask;
use auth_connector_host::{BuildError, CallError, FailureKind, LoadError, Phrase, SignatureError};
use std::process::ExitCode;

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(u8);

/// Done.
pub const DONE: Code = Code(0);
/// This machine failed.
pub const MACHINE: Code = Code(1);
/// The command line is wrong. clap uses the same.
pub const USAGE: Code = Code(2);
/// Certainly not sent.
pub const NOT_SENT: Code = Code(3);
/// Unknown whether it was sent.
pub const UNKNOWN: Code = Code(4);
/// The component was refused.
pub const REFUSED: Code = Code(5);
/// The config cannot work.
pub const INVALID_CONFIG: Code = Code(6);
/// The component misbehaved.
pub const MISBEHAVED: Code = Code(7);

impl Code {
    /// For ending the process where nothing can be returned.
    pub fn number(self) -> i32 {
        self.0.into()
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// The reason for which a command ends early: one line for a person, one code for a script.
#[derive(Debug)]
pub struct Stop {
    /// The code.
    pub code: Code,
    /// The line.
    pub message: String,
}

impl Stop {
    /// The command line requests something impossible.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            message: message.into(),
        }
    }

    /// A named text is not JSON. The error's own message may repeat a part of it.
    pub fn not_json(what: &str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::usage(format!(
            "{what} is not JSON at line {line}, column {column}"
        ))
    }

    /// The machine failed.
    pub fn machine(message: impl Into<String>) -> Self {
        Self {
            code: MACHINE,
            message: message.into(),
        }
    }
}

impl From<LoadError> for Stop {
    fn from(error: LoadError) -> Self {
        let (code, message) = match &error {
            // The user may have typed a number in place of the file's name.
            LoadError::Unreadable { path, reason } => (
                USAGE,
                format!("{} cannot be read: {reason}", mask::path(path)),
            ),
            LoadError::NotGranted { missing } => {
                let missing: Vec<&str> = missing.iter().map(Phrase::english).collect();
                let missing = missing.join(", ");
                (
                    REFUSED,
                    format!(
                        "the plugin {missing}. Grant it by --allow ORIGIN, or load it with less by --accept-less"
                    ),
                )
            }
            LoadError::Signature(SignatureError::Missing) => {
                (REFUSED, format!("{error}: --unsigned"))
            }
            LoadError::Signature(SignatureError::UnknownKey { .. }) => {
                (REFUSED, format!("{error}: --trust KEY"))
            }
            _ => (REFUSED, error.to_string()),
        };
        Self {
            code,
            message: format!("refused: {message}"),
        }
    }
}

impl From<BuildError> for Stop {
    fn from(error: BuildError) -> Self {
        match &error {
            BuildError::Engine(_) => Self::machine(error.to_string()),
            BuildError::Cache { path, reason } => Self::machine(format!(
                "the compile cache {} cannot be used: {reason}. Name another folder by --cache-dir, or compile anew each time by --no-cache",
                mask::path(path)
            )),
            // These quote typed text.
            _ => Self::usage(mask::typed(&error.to_string())),
        }
    }
}

/// The code for a request that got no response.
pub fn of_unanswered(error: &CallError) -> Code {
    match (error, error.kind()) {
        (_, FailureKind::InvalidConfig) => INVALID_CONFIG,
        (_, FailureKind::InvalidMessage) => USAGE,
        // The contract allows the component not to support this operation.
        (_, FailureKind::Unsupported) => UNKNOWN,
        (CallError::Host(_), _) => MISBEHAVED,
        _ => UNKNOWN,
    }
}

impl From<CallError> for Stop {
    fn from(cause: CallError) -> Self {
        Self {
            code: of_unanswered(&cause),
            message: cause.to_string(),
        }
    }
}
