//! Outbound requests of plugins.
//!
//! ```text
//! guest -> handler -> policy (origin, method, headers, counts) -> client (deadlines, caps)
//!       -> pool, or the dialler of auth_connector_egress -> connection -> stream (examines the socket)
//! ```
//!
//! A request's body reaches the socket as the guest writes it and is never collected here: connectors hold its
//! last byte back to prove that nothing was sent, and a buffer in between would break that proof.

mod canned;
mod client;
mod clients;
mod connection;
mod denied;
mod error;
mod handler;
mod heads;
mod policy;
mod pool;
mod progress;
mod request_body;
mod response_body;
mod slots;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use client::Client;
pub(crate) use clients::Clients;
pub(crate) use handler::add_to_linker;
pub(crate) use policy::Policy;
pub(crate) use slots::{Caller, Owner};
