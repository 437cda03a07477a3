//! The binary as scripts and operators use it: exit codes, stable fields, and no secrets in output.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

#[path = "../../../host/tests/support/mod.rs"]
mod support;

mod administering;
mod catalogue;
mod console;
mod documented;
mod environment;
mod files;
mod folders;
mod hardening;
mod networks;
mod output;
mod package;
mod plugins;
mod program;
mod published;
mod receipts;
mod registry;
mod replaced;
mod secrets;
mod send;
mod served;
