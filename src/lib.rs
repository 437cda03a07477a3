//! Tencent Cloud SMS as a WebAssembly component.
#![cfg_attr(target_arch = "wasm32", no_std)]
