//! Deserialization of authenticated code: the only unsafe line of this crate.

use super::entry::Authentic;
use wasmtime::Engine;
use wasmtime::component::Component;

/// The component of compiled code, or nothing if this engine does not take it.
#[allow(
    unsafe_code,
    reason = "Wasmtime cannot check compiled code, so the caller has to prove its origin"
)]
pub(super) fn component(engine: &Engine, code: Authentic<'_>) -> Option<Component> {
    // SAFETY: `Component::deserialize` requires bytes that `Component::serialize` made and that did not change.
    // - Made: `Authentic` is built in one place, by `entry::open`, after a keyed BLAKE3 over all of these bytes
    //   verified under the host's secret. The host computes that code over nothing but the output of
    //   `Component::serialize` (`CompileCache::keep`), so without the secret no other bytes verify.
    // - For this engine: the tag covers `Engine::precompile_compatibility_hash`, with the target,
    //   the compiler's settings and Wasmtime's full version, and the component's digest.
    // - Unchanged since: the bytes were read into this process's memory first, verified there, and are borrowed
    //   until Wasmtime has copied them. No file is mapped, so it cannot change in between.
    let component = unsafe { Component::deserialize(engine, code.bytes()) };
    component
        .inspect_err(|error| tracing::warn!(%error, "authenticated code does not fit this engine"))
        .ok()
}
