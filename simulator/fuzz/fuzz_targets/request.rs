//! `cargo +nightly fuzz run request`: any bytes, read as a request, through every check.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tencent_sms_simulator::fuzzing::request(data));
