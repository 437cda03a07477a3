//! Outbound requests: the handler that takes them, the hook that judges them, the client that sends them, the pool of idle connections, the dialler under it.
//!
//! ```text
//! guest -> handler -> hook (origin, method, headers, counts) -> client (deadlines, caps) -> pool, or dial (address, TCP, TLS) -> connection -> stream (examines the socket)
//! ```
//!
//! A request's body reaches the socket as the guest writes it and is never collected here: connectors hold its
//! last byte back to prove that nothing was sent, and a buffer in between would break that proof.

mod body;
mod canned;
mod client;
mod connection;
mod dial;
#[cfg(test)]
mod dying;
#[cfg(test)]
mod examined;
mod fault;
mod handler;
mod heads;
mod hook;
mod pool;
#[cfg(test)]
mod pooling;
mod progress;
mod resolve;
mod slots;
mod stream;
#[cfg(test)]
mod streaming;
mod tls;
mod tunnel;
mod ways;

pub(crate) use client::Gateway;
pub(crate) use handler::add_to_linker;
pub(crate) use hook::Hook;
pub(crate) use slots::Owner;
pub(crate) use ways::Ways;
