//! `cargo +nightly fuzz run config`: any bytes as an operator's config.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tencent_sms_connector::fuzzing::config(data));
