//! `cargo +nightly fuzz run phone`: any bytes as a recipient's number.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tencent_sms_connector::fuzzing::phone(data));
