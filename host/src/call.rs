//! One call: a place in the queue, a fresh instance, its limits, and an end in any case.
//!
//! Two clocks bound it, because neither is enough. Epochs interrupt guest code every 10 ms, so an endless loop
//! gives way to others and runs into its compute limit; they do not fire while the guest waits in a host
//! function. A timer around the whole call bounds the waiting. Dropping the store aborts what is in flight.

use crate::admission::Claim;
use crate::authority::Signature;
use crate::clock::WallClock;
use crate::egress::Egress;
use crate::error::{CallError, HostFault, PolicyFault};
use crate::host::ConnectorHost;
use crate::http::Hook;
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES, TICK};
use crate::plugin::Called;
use crate::report::{CallLog, CallReport};
use crate::tenant::Tenant;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use wasmtime::component::{ComponentExportIndex, InstancePre, Lift, Lower, ResourceTable};
use wasmtime::{ResourceLimiter, Store, Trap, UpdateDeadline};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// What a call runs on, for whom, and how long it may.
pub(crate) struct Run<'a> {
    pub(crate) host: &'a ConnectorHost,
    pub(crate) instance: &'a InstancePre<CallState>,
    pub(crate) egress: &'a Arc<Egress>,
    pub(crate) limits: &'a Arc<Limits>,
    pub(crate) tenant: Option<&'a Tenant>,
    /// Whether the plugin was taken out of service.
    pub(crate) closed: bool,
    /// Whether the call may reach the provider, and counts for the tenant's rate.
    pub(crate) rated: bool,
    pub(crate) timeout: Duration,
}

/// The caller's wish, below the plugin's cap.
pub(crate) fn capped(limits: &Limits, timeout_ms: Option<u32>) -> Duration {
    let cap = limits.call_timeout;
    let asked = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    asked.map_or(cap, |asked| asked.min(cap))
}

impl Run<'_> {
    /// The same for a function that may reach the provider.
    pub(crate) fn rated(mut self) -> Self {
        self.rated = true;
        self
    }

    /// What the plugin is told, in milliseconds: the queue's share is gone. Rounded up, so that a call that did
    /// not have to queue is told the caller's own number; the grace is there for the difference.
    fn told_ms(&self, queued: Duration) -> u32 {
        let left = self.timeout.saturating_sub(queued);
        u32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }
}

/// Runs one function in a fresh instance. `params` is given the time that is left for the plugin, in
/// milliseconds, once the call has its place.
pub(crate) async fn call<S>(
    run: Run<'_>,
    function: &ComponentExportIndex,
    params: impl FnOnce(u32) -> S::Params,
) -> Called<S::Results>
where
    S: Signature,
    S::Params: Lower + Send + Sync,
    S::Results: Lift + Send + Sync + 'static,
{
    let start = Instant::now();
    let log = CallLog::default();
    let mut report = CallReport::default();
    let outcome = bounded::<S>(&run, function, params, &log, &mut report).await;
    report.http = log.snapshot();
    report.total = start.elapsed();
    if let Err(CallError::Host(fault)) = &outcome {
        tracing::warn!(code = fault.code(), "a plugin's call was ended by the host");
    }
    Called {
        outcome,
        report,
        may_have_left: log.may_have_left(),
    }
}

async fn bounded<S>(
    run: &Run<'_>,
    function: &ComponentExportIndex,
    params: impl FnOnce(u32) -> S::Params,
    log: &CallLog,
    report: &mut CallReport,
) -> Result<S::Results, CallError>
where
    S: Signature,
    S::Params: Lower + Send + Sync,
    S::Results: Lift + Send + Sync + 'static,
{
    if run.closed {
        return Err(PolicyFault::Closed.into());
    }
    let start = Instant::now();
    let shared = &run.host.0;
    let claim = Claim {
        tenant: run.tenant,
        rated: run.rated,
        patience: run.timeout,
    };
    let place = shared.pool.enter(claim).await;
    report.queued = start.elapsed();
    // Held until the store is gone: its slot in the engine's pool is the place.
    let _place = place?;
    let params = params(run.told_ms(report.queued));
    let mut store = store(run, log);
    let limit = (run.timeout + shared.limits.grace).saturating_sub(report.queued);
    let called = tokio::time::timeout(
        limit,
        inside::<S>(&mut store, run, function, params, report),
    )
    .await;
    report.memory_bytes = store.data().limiter.memory;
    if shared.options.count_fuel {
        report.fuel = store.get_fuel().ok().map(|left| u64::MAX - left);
    }
    called
        .unwrap_or(Err(HostFault::TimedOut { after: limit }))
        .map_err(CallError::Host)
}

async fn inside<S>(
    store: &mut Store<CallState>,
    run: &Run<'_>,
    function: &ComponentExportIndex,
    params: S::Params,
    report: &mut CallReport,
) -> Result<S::Results, HostFault>
where
    S: Signature,
    S::Params: Lower + Send + Sync,
    S::Results: Lift + Send + Sync + 'static,
{
    let start = Instant::now();
    let instance = run
        .instance
        .instantiate_async(&mut *store)
        .await
        .map_err(|error| fault(&error))?;
    let function = instance
        .get_typed_func::<S::Params, S::Results>(&mut *store, function)
        .map_err(|error| fault(&error))?;
    report.instantiate = start.elapsed();
    let call = pin!(function.call_async(&mut *store, params));
    let called = Busy {
        inner: call,
        time: &mut report.guest,
    }
    .await;
    called.map_err(|error| fault(&error))
}

fn store(run: &Run<'_>, log: &CallLog) -> Store<CallState> {
    let shared = &run.host.0;
    let limits = run.limits.clone();
    let mut table = ResourceTable::new();
    table.set_max_capacity(limits.handles);
    let mut http = WasiHttpCtx::new();
    http.set_field_size_limit(HEADER_BYTES);
    let state = CallState {
        table,
        http,
        clocks: WasiClocksCtx::default(),
        wall_clock: shared.options.wall_clock.clone(),
        limiter: Limiter {
            limits: limits.clone(),
            memory: 0,
        },
        hook: Hook {
            gateway: shared.gateway.clone(),
            egress: run.egress.clone(),
            limits: limits.clone(),
            log: log.clone(),
        },
    };
    let mut store = Store::new(run.instance.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.crossing_bytes);
    if shared.options.count_fuel {
        // Counted, not limited: the epoch limits.
        let _ = store.set_fuel(u64::MAX);
    }
    let ticks = u32::try_from(limits.compute.as_millis() / TICK.as_millis())
        .unwrap_or(u32::MAX)
        .max(1);
    let mut left = ticks;
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            Ok(UpdateDeadline::Yield(1))
        }
        None => Err(Stop::with(HostFault::Compute {
            limit: limits.compute,
        })),
    });
    store
}

/// Bytes of headers in one collection, as Wasmtime counts them. A signed request has about 1 KB.
const HEADER_BYTES: usize = 32 << 10;

/// The state of one call: nothing in it outlives the call, and nothing in it came from another.
pub(crate) struct CallState {
    table: ResourceTable,
    http: WasiHttpCtx,
    clocks: WasiClocksCtx,
    wall_clock: WallClock,
    limiter: Limiter,
    hook: Hook,
}

impl CallState {
    pub(crate) fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView {
            ctx: &mut self.clocks,
            table: &mut self.table,
        }
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
            hooks: &mut self.hook,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Ends a plugin that wants more memory than it may have, so that the reason is known: left alone it would
/// crash on its own failed allocation.
struct Limiter {
    limits: Arc<Limits>,
    memory: usize,
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits.memory_bytes;
        if desired > limit {
            return Err(Stop::with(HostFault::Memory {
                asked: desired,
                unit: "bytes",
                limit,
            }));
        }
        self.memory = self.memory.max(desired);
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
                asked: desired,
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
fn fault(error: &wasmtime::Error) -> HostFault {
    if let Some(Stop(fault)) = error.downcast_ref() {
        return fault.clone();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return HostFault::Trapped(trap.to_string());
    }
    HostFault::Trapped(error.root_cause().to_string().chars().take(200).collect())
}

/// Adds up the time in which a future computes, and leaves out the time in which it waits.
struct Busy<'a, F> {
    inner: Pin<&'a mut F>,
    time: &'a mut Duration,
}

impl<F: Future> Future for Busy<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let start = Instant::now();
        let polled = self.inner.as_mut().poll(cx);
        *self.time += start.elapsed();
        polled
    }
}
