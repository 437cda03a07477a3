//! The connector as hosts get it: the release component, in the sandbox, over real sockets.
//!
//! | file | subject of its tests |
//! |---|---|
//! | [`component`] | authority |
//! | [`demo`] | the README's first command: its output, without secrets |
//! | [`readme`] | the README against the code |
//! | [`delivery`] | messages that arrive: routes, templates, languages, credentials |
//! | [`signature`] | coverage of the signature, byte for byte |
//! | [`clock`] | a wrong clock: one more attempt, and only when that is safe |
//! | [`at_most_once`] | the reported state against the requests at the server |
//! | [`answers`] | responses: one of the service, or something else |
//! | [`races`] | the same with broken connections and early refusals, many times over |
//! | [`kept_connections`] | servers that answer one request twice |
//! | [`faults`] | a faulty service, over TLS, against its inbox |
//! | [`refusals`] | the service's own refusals, as reported to the operator |
//! | [`guard`] | the JSON Schema against the validation |
//! | [`bad_input`] | invalid configs and messages |
//! | [`bounds`] | input at its limits and beyond, and memory that stops growing |
//! | [`limits`] | a send's need of each limit, against the default |
//! | [`webhook`] | the example connector, which the host was not made for |
//! | [`corpus`] | the fuzzers' corpora of configs, responses and numbers |
//! | [`live`] | replacing the plugin under load, and tenants beside each other |
//! | [`manifest`] | the manifest's schema and its reader, each against the other |
//! | [`new_connector`] | the page on writing a connector: its commands and its code |
//! | [`operations`] | look-ups: checks of configs, and outcomes of messages |
//! | `pages` | the pages that slots keep, against those that a send writes to (Linux) |
//! | [`soak`] | ten thousand sends across every fault, and every look-up after them |
//! | [`endurance`] | thousands of sends among faults, replaced plugins and hostile neighbours |
//! | [`seen`] | traces, logs and metrics without private values |
//! | [`cli`] | the command line, end to end |
//! | [`compose`] | the recipe for two containers, as two processes |
//! | [`magic_numbers`] | numbers with which the simulator provokes codes |
//! | [`service`] | the auth host: verification codes over HTTP |
//! | [`sandbox`] | plugins that attack the host, and a neighbour that continues |
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

/// Allocator that counts the heap of the whole process, for [`sandbox`]'s leaks.
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
mod webhook;
