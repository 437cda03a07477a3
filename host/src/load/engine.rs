//! The engine: its features, its pool of instances, and the ticks of its epoch.

use crate::error::BuildError;
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES, TICK};
use crate::residency::Residency;
use wasmtime::{Config, Engine, PoolingAllocationConfig, WasmFeatures};

/// WebAssembly that plugins may use: the feature set that Rust has by default for `wasm32-wasip2`, and 128-bit vectors,
/// which the connector's SHA-256 uses. `docs/sandbox.md` gives a reason for each. Every other proposal is off, so that
/// one that Wasmtime turns on by default is no part of the sandbox until a plugin needs it.
const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::SIMD)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::COMPONENT_MODEL);

/// An engine whose epoch advances.
pub(super) fn engine(
    limits: &Limits,
    residency: &Residency,
    count_fuel: bool,
) -> Result<Engine, BuildError> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.consume_fuel(count_fuel);
    config.allocation_strategy(pool(limits, residency));
    config.async_stack_zeroing(residency.stack_bytes.is_some());
    // A crash is reported by its kind; names of a plugin's functions would not help.
    config.wasm_backtrace_max_frames(None);
    config.wasm_features(FEATURES, true);
    config.wasm_features(FEATURES.complement(), false);
    // These tables are not read either: 15 % of the compiled code that the cache hashes, copies and keeps, and
    // unwind information is registered one by one, which grows slow with plugins. Windows requires its own.
    config.generate_address_map(false);
    config.native_unwind_info(cfg!(windows));
    let engine = Engine::new(&config).map_err(|error| BuildError::Engine(format!("{error:#}")))?;
    tick(&engine)?;
    Ok(engine)
}

/// A slot for every call that may run at once, sized so that a call that was let in never finds the pool empty:
/// exhaustion is an error in Wasmtime, not a wait.
fn pool(limits: &Limits, residency: &Residency) -> PoolingAllocationConfig {
    let calls = limits.concurrent_calls.max(1);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(calls.saturating_mul(MEMORIES))
        .max_memories_per_component(MEMORIES)
        .total_tables(calls.saturating_mul(TABLES))
        .max_tables_per_component(TABLES)
        .total_stacks(calls)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements);
    residency.apply(&mut pool);
    pool
}

/// Advances the engine's epoch until the engine is gone.
fn tick(engine: &Engine) -> Result<(), BuildError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("connector-epoch".to_owned())
        .spawn(move || {
            while let Some(engine) = engine.upgrade() {
                engine.increment_epoch();
                drop(engine);
                std::thread::sleep(TICK);
            }
        })
        .map(drop)
        .map_err(|error| BuildError::Engine(error.to_string()))
}
