//! Publication and pulls, against honest and hostile registries on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests fail loudly"
)]

mod bytes;
mod component;
mod credentials;
mod documents;
mod guides;
mod lists;
mod memory;
mod network;
mod redirects;
mod round_trip;
mod settled;
mod support;

/// Allocator that counts the heap for the memory tests.
#[global_allocator]
static HEAP: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
