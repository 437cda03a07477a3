//! The store of one call: what its imports work on, and the limits that end it.

use super::meter::Meter;
use crate::clock::WallClock;
use crate::error::HostFault;
use crate::http::Policy;
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES};
use crate::options::HostOptions;
use std::fmt;
use std::sync::Arc;
use wasmtime::component::{ResourceTable, ResourceTableError};
use wasmtime::{Engine, ResourceLimiter, Store, Trap, UpdateDeadline};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// Bytes of headers in one collection, as Wasmtime counts them. A signed request has about 1 KB. With the longest path
/// beside it, in every handle, it is less than a quarter of what a guest may have itself.
const HEADER_BYTES: usize = 11 << 10;

/// The state of one call. Nothing in it outlives the call or comes from another.
pub(crate) struct CallState {
    table: ResourceTable,
    http: WasiHttpCtx,
    clocks: WasiClocksCtx,
    wall_clock: WallClock,
    pub(super) limiter: Limiter,
    pub(super) meter: Meter,
    policy: Policy,
}

impl CallState {
    /// A store for one call. `policy` holds the call's limits.
    pub(super) fn store(engine: &Engine, options: &HostOptions, policy: Policy) -> Store<Self> {
        let limits = policy.limits.clone();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        let state = Self {
            table,
            http,
            clocks: WasiClocksCtx::default(),
            wall_clock: options.wall_clock.clone(),
            limiter: Limiter {
                limits: limits.clone(),
                memory: 0,
            },
            meter: Meter::default(),
            policy,
        };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(limits.crossing_bytes);
        // Handles of the component's own making, and those that it lends in one list; Wasmtime's default is 100,000.
        store.set_max_component_handles(limits.handles.saturating_mul(2));
        if options.count_fuel {
            // Counted, not limited: the epoch limits.
            let _ = store.set_fuel(u64::MAX);
        }
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |context| {
            let limit = limits.compute;
            if context.data().meter.look() >= limit {
                return Err(Stop::with(HostFault::Compute { limit }));
            }
            // Tokio's own, which lets it look at sockets and timers first. After Wasmtime's, which is ready again at
            // once, a thread does that only every 61 interruptions: 503 ms beside an endless loop, in place of 10.
            let others_first = Box::pin(tokio::task::yield_now());
            Ok(UpdateDeadline::YieldCustom(1, others_first))
        });
        store
    }

    pub(crate) fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView {
            ctx: &mut self.clocks,
            table: &mut self.table,
        }
    }

    /// The policy that requests go through, and the table of their resources.
    pub(crate) fn requests(&mut self) -> (&mut Policy, &mut ResourceTable) {
        (&mut self.policy, &mut self.table)
    }

    pub(crate) fn wall_clock(&mut self) -> &mut WallClock {
        &mut self.wall_clock
    }
}

impl IoView for CallState {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.policy,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Ends a plugin that requests more memory than it may have, so that the report has the reason. Otherwise the plugin
/// would crash on its own failed allocation.
pub(super) struct Limiter {
    limits: Arc<Limits>,
    /// All memories together.
    pub(super) memory: usize,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits.memory_bytes;
        let asked = self.memory.saturating_add(desired.saturating_sub(current));
        if asked > limit {
            return Err(Stop::with(HostFault::Memory {
                unit: "bytes",
                limit,
            }));
        }
        self.memory = asked;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits.table_elements;
        if desired > limit {
            return Err(Stop::with(HostFault::Memory {
                unit: "table elements",
                limit,
            }));
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}

/// A fault of ours on its way through Wasmtime's errors.
#[derive(Debug)]
struct Stop(HostFault);

impl Stop {
    fn with(fault: HostFault) -> wasmtime::Error {
        wasmtime::Error::new(Self(fault))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Stop {}

/// Names what ended an instance, without any text that the plugin chose.
pub(super) fn fault(error: &wasmtime::Error, limits: &Limits) -> HostFault {
    if let Some(Stop(fault)) = error.downcast_ref() {
        return fault.clone();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return HostFault::Trapped(trap.to_string());
    }
    let cause = error.root_cause().to_string();
    // Wasmtime does not export the error types of two limits; tests pin their messages.
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full))
        || cause.ends_with("store handle limit exceeded")
    {
        return HostFault::Handles {
            limit: limits.handles,
        };
    }
    if cause.starts_with("too much data is being copied between the host and the guest") {
        return HostFault::Crossing {
            limit: limits.crossing_bytes,
        };
    }
    HostFault::Trapped(without_figures(&cause))
}

/// Error for an instance that could not be made. The system's own errors are the machine's fault: Wasmtime opens a
/// file for a plugin's memory at its first instance, and maps it for each.
pub(super) fn instance_fault(error: wasmtime::Error) -> wasmtime::Error {
    match error.chain().find_map(system_code) {
        Some(code) => {
            let said = std::io::Error::from_raw_os_error(code).to_string();
            Stop::with(HostFault::Exhausted(said))
        }
        None => error,
    }
}

fn system_code(cause: &(dyn std::error::Error + 'static)) -> Option<i32> {
    #[cfg(unix)]
    if let Some(errno) = cause.downcast_ref::<rustix::io::Errno>() {
        return Some(errno.raw_os_error());
    }
    cause.downcast_ref::<std::io::Error>()?.raw_os_error()
}

/// An engine's words without its figures. A plugin chooses them: the handle that does not exist, the length that is out
/// of bounds.
fn without_figures(words: &str) -> String {
    let mut out = String::new();
    for part in words
        .split_inclusive(|c: char| !c.is_alphanumeric())
        .take(60)
    {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        if word.len() > 1 && word.starts_with(|c: char| c.is_numeric()) {
            out.push('#');
            out.push_str(part.get(word.len()..).unwrap_or_default());
        } else {
            out.push_str(part);
        }
    }
    out.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn shortage_of_the_machine_is_not_the_plugins_crash() {
        const EMFILE: i32 = 24;
        let io = || std::io::Error::from_raw_os_error(EMFILE);
        let errno = rustix::io::Errno::from_raw_os_error(EMFILE);
        let limits = Limits::default();
        for error in [
            wasmtime::Error::new(io()),
            wasmtime::Error::new(errno).context("a memory cannot be made"),
        ] {
            let HostFault::Exhausted(said) = fault(&instance_fault(error), &limits) else {
                panic!("another fault");
            };
            assert_eq!(said, io().to_string());
        }
        for error in [
            wasmtime::Error::new(Trap::UnreachableCodeReached),
            wasmtime::Error::new(std::io::Error::other("a plugin's words")),
        ] {
            let found = fault(&instance_fault(error), &limits);
            assert!(matches!(found, HostFault::Trapped(_)), "{found}");
        }
    }

    #[test]
    fn figures_of_a_crash_are_left_out() {
        for (words, shown) in [
            ("unknown handle index 918273", "unknown handle index #"),
            ("at 0x1f4 of 65536: 2 bytes", "at # of #: 2 bytes"),
            ("invalid utf-8 in i32", "invalid utf-8 in i32"),
            ("", ""),
        ] {
            assert_eq!(without_figures(words), shown);
        }
    }

    #[test]
    fn memories_share_limit_but_tables_do_not() {
        let mut limiter = Limiter {
            limits: Arc::new(Limits::default()),
            memory: 0,
        };
        let limit = limiter.limits.memory_bytes;
        let page = 64 << 10;
        assert!(limiter.memory_growing(0, limit - page, None).is_ok());
        assert!(limiter.memory_growing(0, page, None).is_ok());
        let error = limiter.memory_growing(page, 2 * page, None).unwrap_err();
        assert_eq!(
            fault(&error, &limiter.limits),
            HostFault::Memory {
                unit: "bytes",
                limit
            }
        );
        let elements = limiter.limits.table_elements;
        for _ in 0..2 {
            assert!(limiter.table_growing(0, elements, None).is_ok());
        }
        assert!(limiter.table_growing(0, elements + 1, None).is_err());
    }
}
