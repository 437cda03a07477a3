//! The connector as hosts get it: the release component, in the sandbox, over real sockets.
//!
//! | file | what it holds the component to |
//! |---|---|
//! | [`component`] | authority and size |
//! | [`delivery`] | messages that arrive: routes, templates, languages, credentials |
//! | [`signature`] | a signature that covers what it must, byte for byte |
//! | [`clock`] | a wrong clock: one more attempt, and only when that is safe |
//! | [`at_most_once`] | what the caller is told, against what the server got |
//! | [`races`] | the same where connections die and refusals come halfway, many times over |
//!
//! They need the component, `auth-host` and nothing else; `cargo xtask test` builds both. Servers listen on
//! loopback ports of their own, so all tests run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail loudly"
)]

mod at_most_once;
mod clock;
mod component;
mod delivery;
mod races;
mod signature;
mod support;
