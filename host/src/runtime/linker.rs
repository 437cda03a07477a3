//! The linker: the imports of the contract's world, and no others.

use super::state::CallState;
use crate::clock::HasWallClock;
use crate::http;
use wasmtime::Engine;
use wasmtime::component::Linker;
use wasmtime_wasi::clocks::WasiClocks;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};

/// A linker with the imports of the contract's world. A plugin has no imports but these.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
    monotonic_clock::add_to_linker::<CallState, WasiClocks>(&mut linker, CallState::clocks)?;
    wall_clock::add_to_linker::<CallState, HasWallClock>(&mut linker, CallState::wall_clock)?;
    http::add_to_linker(&mut linker, CallState::requests)?;
    Ok(linker)
}
