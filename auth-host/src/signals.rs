//! Signals that ask this program to end, or to read its files again.

use crate::exit::Stop;

/// The signal that requests programs to read their files again, and that a closed terminal sends.
pub const HANGUP: &str = "SIGHUP";

/// Listens for `SIGINT`, `SIGTERM` and `SIGHUP`, or Ctrl-C if there are no signals, in place of the system's default
/// actions.
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen. A signal before this ends the program as usual, when nothing was sent.
    pub fn listen() -> Result<Self, Stop> {
        use tokio::signal::unix::{SignalKind, signal};
        let begin = |kind| {
            signal(kind)
                .map_err(|error| Stop::machine(format!("signals cannot be received: {error}")))
        };
        Ok(Self {
            interrupt: begin(SignalKind::interrupt())?,
            terminate: begin(SignalKind::terminate())?,
            hangup: begin(SignalKind::hangup())?,
        })
    }

    /// The name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => HANGUP,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen.
    pub fn listen() -> Result<Self, Stop> {
        Ok(Self {})
    }

    /// The name of the next signal.
    pub async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}
