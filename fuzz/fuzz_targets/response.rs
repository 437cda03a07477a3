//! `cargo +nightly fuzz run response`: any bytes as the answer to a send.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tencent_sms_connector::fuzzing::response(data));
