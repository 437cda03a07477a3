//! Running other programs.

use std::process::{Child, Command, Stdio};

/// An error is a message for the terminal.
pub type Result<T = ()> = std::result::Result<T, String>;

/// Runs a command with its output on this terminal.
pub fn run(command: &mut Command) -> Result {
    let shown = shown(command);
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}.")),
        Err(error) => Err(format!("`{shown}` did not start: {error}.")),
    }
}

/// Runs a command and gives what it printed.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    match command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
    {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!("`{shown}` ended with {}.", output.status)),
        Err(error) => Err(format!("`{shown}` did not start: {error}.")),
    }
}

/// A command as somebody would type it.
fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A child that does not outlive its owner.
pub struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // It may have ended by itself, as intended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
