//! Output of cargo, git and rustc.

use crate::Result;
use std::process::{Command, Stdio};

/// Runs a command and gives what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{program}` did not start: {error}."))?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return Err(format!("`{program}` ended with {}: {said}", done.status));
    }
    String::from_utf8(done.stdout).map_err(|_| format!("`{program}` printed what is not text."))
}
