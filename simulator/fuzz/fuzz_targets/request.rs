//! Fuzz target `request`: any bytes, read as a request, through every check. `cargo +nightly fuzz run request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tencent_sms_simulator::fuzzing::request(data));
