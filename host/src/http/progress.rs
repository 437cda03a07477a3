//! Progress of the exchange on a connection, shared by its stream, the request's body and the client.

use super::heads::Heads;
use parking_lot::Mutex;
use std::sync::Arc;

/// Why a stream refused to go on. hyper wraps it, and [`super::error`] finds it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Bytes arrived on a kept connection before the request was complete. They answer an earlier request. The last
    /// byte of the request was not written.
    #[error("bytes arrived before the request was complete, and answer an earlier one")]
    Stale,
    /// The answer began before the request was complete. The last byte of the request was not written.
    #[error("the answer began before the request was complete")]
    Early,
    /// The server ended the connection before the request was complete. The last byte of the request was not written.
    #[error("the connection ended before the request was complete")]
    Ended,
    /// The head of the response is too long, or interim answers have no end.
    #[error("the head of the response is too long")]
    HeadTooLong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No request is under way.
    Idle,
    /// A request may be written, and nothing of it was.
    Begun {
        /// True if the socket was examined for it.
        examined: bool,
    },
    /// A part of the request was written, and not its last byte.
    Writing,
    /// The last byte may have been written.
    Releasing,
    /// All of it was written.
    Written,
    /// The exchange is over, and hyper may finish what it has buffered.
    Settling,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// True if the connection had an exchange before this one.
    reused: bool,
    /// True if hyper received the last byte of the request.
    last_taken: bool,
    /// True if the response began before the request was complete.
    early: bool,
    heads: Heads,
}

/// The exchange on one connection.
#[derive(Clone, Debug)]
pub(super) struct Progress(Arc<Mutex<State>>);

/// Action of a stream before it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BeforeRead {
    /// Nothing may arrive: examine the socket.
    Examine,
    /// Do not read.
    Wait,
    /// Read.
    Read,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            phase: Phase::Idle,
            reused: false,
            last_taken: false,
            early: false,
            heads: Heads::default(),
        })))
    }

    /// A request is about to be written. `empty` is true if its head is all of it.
    pub(super) fn begin(&self, empty: bool) {
        let mut state = self.0.lock();
        state.phase = Phase::Begun { examined: false };
        state.last_taken = empty;
        state.early = false;
        state.heads = Heads::default();
    }

    /// The last byte of the request's body goes to hyper.
    pub(super) fn take_last(&self) {
        self.0.lock().last_taken = true;
    }

    /// The answer was read to its end.
    pub(super) fn settle(&self) {
        let mut state = self.0.lock();
        state.reused = true;
        state.phase = Phase::Settling;
    }

    /// The connection waits for its next request.
    pub(super) fn rest(&self) {
        self.0.lock().phase = Phase::Idle;
    }

    /// Returns true if the response began before all of the request was written.
    pub(super) fn answered_early(&self) -> bool {
        let state = self.0.lock();
        state.early || state.phase != Phase::Written
    }

    pub(super) fn heads(&self) -> Heads {
        self.0.lock().heads
    }

    pub(super) fn before_read(&self) -> BeforeRead {
        match self.0.lock().phase {
            Phase::Idle | Phase::Begun { examined: false } => BeforeRead::Examine,
            Phase::Settling => BeforeRead::Wait,
            _ => BeforeRead::Read,
        }
    }

    /// The socket holds nothing.
    pub(super) fn examined(&self) {
        let mut state = self.0.lock();
        if let Phase::Begun { examined } = &mut state.phase {
            *examined = true;
        }
    }

    /// Bytes were read, or none at the end of the connection.
    pub(super) fn received(&self, bytes: &[u8]) -> Result<(), Refusal> {
        let mut state = self.0.lock();
        if bytes.is_empty() {
            let incomplete = matches!(state.phase, Phase::Begun { .. } | Phase::Writing);
            return if incomplete && !state.early {
                Err(Refusal::Ended)
            } else {
                Ok(())
            };
        }
        match state.phase {
            Phase::Written => {}
            // The last byte may be there already, so this excludes nothing.
            Phase::Releasing if state.reused => return Err(Refusal::Early),
            _ if state.reused => return Err(Refusal::Stale),
            _ => {}
        }
        state.heads.read(bytes).map_err(|_| Refusal::HeadTooLong)?;
        state.early |= state.phase != Phase::Written && state.heads.has_begun_the_answer();
        Ok(())
    }

    /// Returns true if the socket must be examined before the next bytes are written: they may be the first of the
    /// request or the last.
    pub(super) fn before_write(&self) -> Result<bool, Refusal> {
        let state = self.0.lock();
        let may_be_last = state.last_taken && state.phase != Phase::Written;
        if may_be_last && state.early {
            return Err(Refusal::Early);
        }
        Ok(match state.phase {
            Phase::Begun { examined } => !examined || may_be_last,
            _ => may_be_last,
        })
    }

    /// Bytes that arrived before the request was complete.
    pub(super) fn untimely(&self) -> Refusal {
        if self.0.lock().reused {
            Refusal::Stale
        } else {
            Refusal::Early
        }
    }

    pub(super) fn wrote(&self) {
        let mut state = self.0.lock();
        if let Phase::Begun { .. } | Phase::Writing = state.phase {
            state.phase = if state.last_taken {
                Phase::Releasing
            } else {
                Phase::Writing
            };
        }
    }

    /// All that hyper had was written.
    pub(super) fn flushed(&self) {
        let mut state = self.0.lock();
        if state.phase == Phase::Releasing {
            state.phase = Phase::Written;
        }
    }
}
