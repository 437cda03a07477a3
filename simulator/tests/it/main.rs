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
mod client;
mod control;
mod faults;
mod gateway;
mod inbox_page;
mod limits;
mod related;
mod robustness;
mod sending;
mod signatures;
