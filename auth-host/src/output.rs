//! The way to the terminal, which may be gone: a closed pipe, a full disk.
//!
//! `println!` panics there, and its exit code would hide whether a message was sent. So output is gathered
//! first and written once, and whoever writes it decides what a failure means.

use crate::clean::clean;
use crate::exit::Stop;
use std::fmt::Display;
use std::io::Write;

/// Lines for standard output.
#[derive(Default)]
pub struct Page(String);

impl Page {
    /// Adds a line, or several that the caller made. Whatever is in them cannot steer the terminal.
    pub fn line(&mut self, text: impl Display) {
        for (nth, line) in text.to_string().split('\n').enumerate() {
            if nth > 0 {
                self.0.push('\n');
            }
            self.0.push_str(&clean(line));
        }
        self.0.push('\n');
    }

    /// What was added.
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

/// Why a command whose output cannot be written ends.
pub fn unwritable(error: std::io::Error) -> Stop {
    Stop::machine(format!(
        "the output cannot be written: {error}. Check where standard output leads"
    ))
}

/// One line to standard error, if it takes one.
pub fn complain(message: &str) {
    let message = clean(message);
    let _ = writeln!(std::io::stderr().lock(), "auth-host: {message}");
}
