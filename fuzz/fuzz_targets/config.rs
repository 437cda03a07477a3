//! `cargo +nightly fuzz run config`: any bytes as an operator's config.
#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::config(data));
