//! `cargo +nightly fuzz run phone`: any bytes as a recipient's number.
#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::phone(data));
