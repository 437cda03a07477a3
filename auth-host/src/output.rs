//! Output to the terminal, which may be closed or fail: a closed pipe, a full disk.
//!
//! `println!` panics there, and its exit code would hide whether a message was sent. Output is therefore gathered first
//! and written once, and the caller decides what a failure means.

use crate::clean::clean;
use crate::exit::Stop;
use std::fmt::Display;
use std::io::Write;

/// Lines for standard output.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// Adds a line, or several that the caller made. Their content cannot control the terminal.
    pub fn line(&mut self, text: impl Display) {
        for (nth, line) in text.to_string().split('\n').enumerate() {
            if nth > 0 {
                self.0.push('\n');
            }
            self.0.push_str(&clean(line));
        }
        self.0.push('\n');
    }

    /// The added text.
    #[cfg(test)]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Writes everything to standard output.
    pub fn write(self) -> Result<(), Stop> {
        let mut out = std::io::stdout().lock();
        out.write_all(self.0.as_bytes())
            .and_then(|()| out.flush())
            .map_err(unwritable)
    }
}

/// The error of a command whose output cannot be written.
pub fn unwritable(error: std::io::Error) -> Stop {
    Stop::machine(format!(
        "the output cannot be written: {error}. Check where standard output leads"
    ))
}

/// Writes one line to standard error, if that is possible.
pub fn complain(message: &str) {
    let message = clean(message);
    let _ = writeln!(std::io::stderr().lock(), "auth-host: {message}");
}
