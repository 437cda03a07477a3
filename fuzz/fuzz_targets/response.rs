//! `cargo +nightly fuzz run response`: any bytes as the answer to a request.
#![no_main]

#[path = "../properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::response(data));
