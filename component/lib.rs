//! The component, linked. Everything in it is the connector's, exports included; natively there is nothing here.
//!
//! A package of its own, because cargo optimises across crates (`lto`) only what is nothing but a `cdylib`, and the
//! connector is also the `rlib` that its documentation's examples and `fuzz/` need: 17 KB of 175.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
use connector as _;
