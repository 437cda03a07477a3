//! Tests over real HTTP, with requests signed by an implementation of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "helpers of tests fail loudly, outside #[test] functions too"
)]

mod access;
mod binary;
mod callbacks;
mod client;
mod control;
mod diagnosis;
mod faults;
mod gateway;
mod inbox_page;
mod leniency;
mod limits;
mod lists;
mod reports;
mod robustness;
mod sending;
mod signatures;
mod support;
