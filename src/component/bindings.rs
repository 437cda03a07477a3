//! Generated from `wit/`. The lints are off because nobody wrote what is in here.
#![allow(
    missing_docs,
    unexpected_cfgs,
    unsafe_code,
    unsafe_op_in_unsafe_fn,
    clippy::all,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "generated code"
)]

wit_bindgen::generate!({
    path: "wit",
    world: "sms-connector-with-operations",
    generate_all,
    std_feature,
});
