//! `cargo +nightly fuzz run callback`: any bytes as a delivery callback.
#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::callback(data));
