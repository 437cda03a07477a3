//! The connector as hosts get it: the release component, in the sandbox, over real sockets.
//!
//! | file | what it holds the component to |
//! |---|---|
//! | [`component`] | authority and size |
//! | [`demo`] | the README's first command: what it prints, and what it must not |
//! | [`readme`] | the README says what there is |
//! | [`delivery`] | messages that arrive: routes, templates, languages, credentials |
//! | [`signature`] | a signature that covers what it must, byte for byte |
//! | [`clock`] | a wrong clock: one more attempt, and only when that is safe |
//! | [`at_most_once`] | what the caller is told, against what the server got |
//! | [`answers`] | what comes back: an answer of the service, or something else |
//! | [`races`] | the same where connections die and refusals come halfway, many times over |
//! | [`kept_connections`] | servers that answer one request twice |
//! | [`faults`] | a sick service, over TLS, against what its inbox holds |
//! | [`refusals`] | the service's own refusals, as the operator is told |
//! | [`guard`] | the JSON Schema and the validation, held against each other |
//! | [`bad_input`] | configs and messages that cannot work |
//! | [`bounds`] | input at its bounds and beyond, and memory that stops growing |
//! | [`limits`] | what a send needs of each limit, against the default |
//! | [`weaknesses`] | what failed users of the connector that this one replaces |
//! | [`webhook`] | the example connector, which nothing in the host was made for |
//! | [`corpus`] | what fuzzers kept of configs, answers and numbers |
//! | [`live`] | replacing the plugin under load, and tenants beside each other |
//! | [`manifest`] | the manifest's schema and its reader, each against the other |
//! | [`new_connector`] | the page on writing a connector: its commands and its code |
//! | [`operations`] | look-ups: whether a config would work, and what became of a message |
//! | `pages` | the pages that slots keep, against those that a send writes to (Linux) |
//! | [`soak`] | ten thousand sends across every fault, and every look-up after them |
//! | [`endurance`] | thousands of sends among faults, replaced plugins and hostile neighbours |
//! | [`seen`] | traces, logs and metrics that name nobody |
//! | [`cli`] | the command line, end to end |
//! | [`compose`] | the recipe for two containers, as two processes |
//! | [`magic_numbers`] | numbers with which the simulator provokes codes |
//! | [`service`] | the auth host: verification codes over HTTP |
//! | [`sandbox`] | plugins that attack the host, and a neighbour that goes on |
//!
//! They need both connectors, the hostile plugins and the programs of the workspace; `cargo xtask test` builds all of
//! them. Servers listen on loopback ports of their own, so all tests run side by side.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "helpers of tests fail loudly"
)]

/// Counts what the whole process holds on its heap, for [`sandbox`]'s leaks.
#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

mod answers;
mod at_most_once;
mod bad_input;
mod bounds;
mod cli;
mod clock;
mod component;
mod compose;
mod corpus;
mod delivery;
mod demo;
mod endurance;
mod faults;
mod guard;
mod kept_connections;
mod limits;
mod live;
mod magic_numbers;
mod manifest;
mod new_connector;
mod operations;
#[cfg(target_os = "linux")]
mod pages;
mod races;
mod readme;
mod refusals;
mod sandbox;
mod seen;
mod service;
mod signature;
mod soak;
mod support;
mod weaknesses;
mod webhook;
