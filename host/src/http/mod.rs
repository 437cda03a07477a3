//! Outbound requests: the handler that takes them, the hook that judges them, the client that pools connections, the dialler under it.
//!
//! ```text
//! guest -> handler -> hook (origin, method, headers, counts) -> client (pool, deadlines, caps) -> dial (address, TCP, TLS)
//! ```
//!
//! A request's body reaches the socket as the guest writes it and is never collected here: connectors hold its
//! last byte back to prove that nothing was sent, and a buffer in between would break that proof.

mod body;
mod canned;
mod client;
mod dial;
#[cfg(test)]
mod dying;
mod fault;
mod handler;
mod hook;
mod resolve;
#[cfg(test)]
mod streaming;
mod tls;
mod tunnel;
mod ways;

pub(crate) use client::Gateway;
pub(crate) use handler::add_to_linker;
pub(crate) use hook::Hook;
pub(crate) use ways::Ways;
