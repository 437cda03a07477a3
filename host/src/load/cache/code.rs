//! From sealed bytes to a component. The only unsafe line of this crate.

use super::entry::Authentic;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The component of compiled code, or nothing if this engine does not take it.
#[allow(
    unsafe_code,
    reason = "Wasmtime cannot check compiled code, so the caller has to know where it came from"
)]
pub(super) fn component(engine: &Engine, code: Authentic<'_>) -> Option<Component> {
    // SAFETY: `Component::deserialize` requires bytes that `Component::serialize` made and that nobody changed.
    // - Made: `Authentic` is built in one place, by `entry::open`, after a keyed BLAKE3 over all of these bytes
    //   verified under the host's secret. The host computes that code over nothing but the output of
    //   `Component::serialize` (`CompileCache::keep`), so without the secret no other bytes verify.
    // - For this engine: the name under the seal holds `Engine::precompile_compatibility_hash`, with the target,
    //   the compiler's settings and Wasmtime's full version, and the component's digest.
    // - Unchanged since: the bytes were read into this process's memory first, verified there, and are borrowed
    //   until Wasmtime has copied them. No file is mapped, so nobody can change it in between.
    let component = unsafe { Component::deserialize(engine, code.bytes()) };
    component
        .inspect_err(|error| tracing::warn!(%error, "sealed code does not fit this engine"))
        .ok()
}
