//! Bindings that wit-bindgen generates from `wit/`. The lints are off because nobody wrote what is in here.
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

#[cfg(not(feature = "operations"))]
wit_bindgen::generate!({
    path: "../wit",
    world: "sms-connector",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "connector_kit::bindings",
});

#[cfg(all(feature = "operations", not(feature = "receipts")))]
wit_bindgen::generate!({
    path: "../wit",
    world: "sms-connector-with-operations",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "connector_kit::bindings",
});

#[cfg(feature = "receipts")]
wit_bindgen::generate!({
    path: "../wit",
    world: "sms-connector-with-receipts",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "connector_kit::bindings",
});
