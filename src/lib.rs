//! Tencent Cloud SMS as a WebAssembly component.
//!
//! The component exports the contract in `wit/` and asks its host to carry one signed `SendSms` request over
//! `wasi:http`. Every room but the last is pure: it builds and tests natively, and knows neither a network nor
//! a clock.
//!
//! | room | what it turns into what |
//! |---|---|
//! | [`text`] | parts into text; with [`json`] and [`digest`] in a package of its own, which is compiled for speed |
//! | [`packed`] | texts into two thirds of their size, and back |
//! | [`json`] | bounded text into a borrowed document |
//! | [`language`] | the locales a caller asks for into the language of operator texts |
//! | [`fields`] | nothing: the one table of config fields that the guard and the reader share |
//! | [`config`] | the operator's JSON into a [`config::Config`], or every finding at once |
//! | [`findings`] | a finding into a diagnostic with words |
//! | [`guard`] | the field table into a JSON Schema, form fields and secret pointers |
//! | [`metadata`] | names and descriptions |
//! | [`endpoint`] | an address that the operator wrote into an origin that a secret may be sent to |
//! | [`phone`] | what people type into E.164, and its route |
//! | [`template`] | usage, languages and route into a template and its parameters |
//! | [`time`] | unix seconds into dates and back |
//! | [`digest`] | bytes into a hash, a keyed hash, hexadecimal digits |
//! | [`tc3`] | bytes and a secret into a TC3-HMAC-SHA256 signature |
//! | [`api`] | an action and its body into a signed request |
//! | [`attempt`] | a request into one attempt, or two where the clock was wrong |
//! | [`send_sms`] | the `SendSms` request and response on the wire |
//! | [`outcome`] | provider codes into kind, certainty, waiting time and hint |
//! | [`redact`] | provider words into words without numbers, codes or secrets |
//! | [`contract`] | the contract's types, natively |
//! | [`connector`] | the flow: config and message into a receipt or an error |
//! | [`operations`] | a config, or a number and a time, into what the service says of it |
//! | `http_error` | the host's transport errors into failures; WebAssembly and tests only |
//! | `fuzzing` | any bytes into the properties that must hold for them; for tests and fuzzers only |
//! | `abi` | the contract's types into memory as the canonical ABI lays it out; WebAssembly and tests only |
//! | `memcmp` | two blocks into their order; WebAssembly and tests only |
//! | `component` | WebAssembly only: exports, bindings, the `wasi:http` transport, allocator and panic glue |
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

pub use connector_hot::{digest, json, text};

pub mod api;
pub mod attempt;
pub mod config;
pub mod connector;
pub mod contract;
pub mod endpoint;
pub mod fields;
pub mod findings;
pub mod guard;
#[cfg(any(test, target_arch = "wasm32"))]
mod http_error;
pub mod language;
#[cfg(any(test, target_arch = "wasm32"))]
mod memcmp;
pub mod metadata;
pub mod operations;
pub mod outcome;
pub mod packed;
pub mod phone;
pub mod redact;
pub mod send_sms;
pub mod tc3;
pub mod template;
pub mod time;

#[cfg(any(test, target_arch = "wasm32"))]
mod abi;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;

#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(test)]
mod reference;
