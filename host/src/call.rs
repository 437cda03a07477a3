//! One call: a place in the queue, a fresh instance, its limits, and an end in any case.
//!
//! Two clocks bound it, because neither is enough. Epochs interrupt guest code every 10 ms, so an endless loop
//! gives way to others and runs into its compute limit; they do not fire while the guest waits in a host
//! function. A timer around the whole call bounds the waiting. Dropping the store aborts what is in flight.
//!
//! What counts as computing is the time in which the call holds a thread, measured. Counting the interruptions
//! would be wrong in both directions: a wait that ends is followed by one however short the computing was, so an
//! honest plugin that reads an answer in sixty pieces would be stopped; and a host function that works for 50 ms
//! would count as one.

use crate::admission::{Claim, Place};
use crate::authority::{Export, Function};
use crate::clock::WallClock;
use crate::contract::Config;
use crate::egress::Egress;
use crate::error::{CallError, HostFault, PolicyFault};
use crate::host::ConnectorHost;
use crate::http::{Gateway, Hook, Owner};
use crate::limits::{CORE_INSTANCES, Limits, MEMORIES, TABLES};
use crate::meter::Meter;
use crate::report::{CallLog, CallReport, Reported};
use crate::scrub::{Answer, Scrub, Texts};
use crate::seen::{Begun, Ended};
use crate::tenant::Tenant;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::instrument::WithSubscriber;
use tracing::{Dispatch, Instrument, Span};
use wasmtime::component::{InstancePre, ResourceTable, ResourceTableError};
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
    pub(crate) gateway: &'a Arc<Gateway>,
    pub(crate) owner: &'a Arc<Owner>,
    pub(crate) tenant: Option<&'a Tenant>,
    /// The contract's name of the function, and what its success is called.
    pub(crate) function: &'static str,
    pub(crate) success: &'static str,
    pub(crate) sha256: &'a str,
    /// What must not be in the answer. None where nothing secret is passed in.
    pub(crate) scrub: Option<Scrub<'a>>,
    /// Why the call does not begin.
    pub(crate) refused: Option<HostFault>,
    /// Whether the plugin was taken out of service.
    pub(crate) closed: bool,
    /// Whether the function may make requests, and so counts for the tenant's rate.
    pub(crate) requests: bool,
    /// Whether the report describes the requests.
    pub(crate) described: bool,
    pub(crate) timeout: Duration,
}

/// The caller's wish, below the plugin's cap.
pub(crate) fn capped(limits: &Limits, timeout_ms: Option<u32>) -> Duration {
    let cap = limits.call_timeout;
    let asked = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
    asked.map_or(cap, |asked| asked.min(cap))
}

impl<'a> Run<'a> {
    /// The same, and its report describes its requests.
    pub(crate) fn described(mut self, described: bool) -> Self {
        self.described = described;
        self
    }

    /// Waits for a place among the calls that run.
    async fn place(&self, report: &mut CallReport) -> Result<Place<'_>, CallError> {
        if self.closed {
            return Err(PolicyFault::Closed.into());
        }
        if let Some(fault) = &self.refused {
            return Err(fault.clone().into());
        }
        let start = Instant::now();
        let claim = Claim {
            tenant: self.tenant,
            rated: self.requests,
            patience: self.timeout,
        };
        let place = self.host.0.pool.enter(claim).await;
        report.queued = start.elapsed();
        place
    }

    /// How long the call may still take before the host ends it.
    fn limit(&self, report: &CallReport) -> Duration {
        (self.timeout + self.host.0.limits.grace).saturating_sub(report.queued)
    }

    /// The same for a function that is given a config, which may be too long, and whose answer is scrubbed.
    pub(crate) fn scrubbed(mut self, config: &Config, scrub: Scrub<'a>) -> Self {
        self.refused = config.too_long();
        self.scrub = Some(scrub);
        self
    }

    /// The same, with another word for its success.
    pub(crate) fn succeeding(mut self, success: &'static str) -> Self {
        self.success = success;
        self
    }

    fn span(&self) -> Span {
        let traced = self.host.0.options.trace_tenants;
        tracing::debug_span!(
            "connector_call",
            function = self.function,
            plugin = self.sha256.get(..12),
            tenant = self.tenant.filter(|_| traced).map(Tenant::id),
        )
    }

    /// What the plugin is told, in milliseconds: the queue's share is gone. Rounded up, so that a call that did
    /// not have to queue is told the caller's own number; the grace is there for the difference.
    fn told_ms(&self, queued: Duration) -> u32 {
        let left = self.timeout.saturating_sub(queued);
        u32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }
}

/// Runs one function in a fresh instance. `params` is given the time that is left for the plugin, in
/// milliseconds, once the call has its place; `settle` judges the answer, given whether a request may have left.
pub(crate) async fn call<'p, F: Function, T, E>(
    run: Run<'_>,
    function: &Export<F>,
    params: impl FnOnce(u32) -> F::Params<'p>,
    settle: impl FnOnce(Result<F::Result, CallError>, bool) -> Result<T, E>,
) -> Reported<Result<T, E>>
where
    T: Answer + Send,
    E: Answer + Ended + Send,
{
    let start = Instant::now();
    let begun = Begun::new(run.function);
    let span = run.span();
    let log = if run.described {
        CallLog::default()
    } else {
        CallLog::brief()
    };
    let mut report = CallReport::default();
    // Held until the answer is searched, which is the plugin's doing as well.
    let place = run.place(&mut report).await;
    let answer = match &place {
        Ok(_) => {
            bounded(&run, function, params, &log, &mut report)
                .instrument(span.clone())
                .await
        }
        Err(cause) => Err(cause.clone()),
    };
    report.http = log.take();
    let mut outcome = settle(answer, log.may_have_left());
    if let (Ok(_), Some(scrub)) = (&place, &run.scrub) {
        let mut texts = Texts::default();
        match &mut outcome {
            Ok(answer) => answer.list(&mut texts),
            Err(error) => error.list(&mut texts),
        }
        texts.report(&mut report);
        let until = start + run.timeout + run.host.0.limits.grace;
        scrub.run(texts, until).await;
    }
    drop(place);
    report.total = start.elapsed();
    span.in_scope(|| begun.end(run.success, outcome.as_ref().err(), &report));
    Reported { outcome, report }
}

/// Makes a fresh instance and nothing more.
pub(crate) async fn start(run: Run<'_>) -> Result<CallReport, CallError> {
    let start = Instant::now();
    let mut report = CallReport::default();
    let _place = run.place(&mut report).await?;
    let mut store = store(&run, &CallLog::default());
    let limit = run.limit(&report);
    let meter = store.data().meter.clone();
    let made = {
        let made = run.instance.instantiate_async(&mut store);
        let made = pin!(made.with_subscriber(Dispatch::none()));
        tokio::time::timeout(limit, meter.around(made)).await
    };
    let made = made.map_err(|_| HostFault::TimedOut { after: limit })?;
    made.map_err(|error| fault(&error, run.limits))?;
    report.memory_bytes = store.data().limiter.memory;
    report.total = start.elapsed();
    report.instantiate = report.total.saturating_sub(report.queued);
    Ok(report)
}

async fn bounded<'p, F: Function>(
    run: &Run<'_>,
    function: &Export<F>,
    params: impl FnOnce(u32) -> F::Params<'p>,
    log: &CallLog,
    report: &mut CallReport,
) -> Result<F::Result, CallError> {
    let params = params(run.told_ms(report.queued));
    let mut store = store(run, log);
    let limit = run.limit(report);
    let meter = store.data().meter.clone();
    let called = {
        // Wasmtime's bindings trace the arguments of every import at TRACE: authorities, header values. So nobody
        // listens while guest code runs; what is sent is sent on a task of its own, where somebody may.
        let called = inside(&mut store, run, function, params, report);
        let called = pin!(called.with_subscriber(Dispatch::none()));
        tokio::time::timeout(limit, meter.around(called)).await
    };
    report.guest = meter.so_far().saturating_sub(report.instantiate);
    report.memory_bytes = store.data().limiter.memory;
    if run.host.0.options.count_fuel {
        report.fuel = store.get_fuel().ok().map(|left| u64::MAX - left);
    }
    called
        .unwrap_or(Err(HostFault::TimedOut { after: limit }))
        .map_err(CallError::Host)
}

async fn inside<F: Function>(
    store: &mut Store<CallState>,
    run: &Run<'_>,
    function: &Export<F>,
    params: F::Params<'_>,
    report: &mut CallReport,
) -> Result<F::Result, HostFault> {
    let instance = run
        .instance
        .instantiate_async(&mut *store)
        .await
        .map_err(|error| fault(&error, run.limits))?;
    let function = instance
        .get_typed_func::<F::Params<'_>, (F::Result,)>(&mut *store, &function.index)
        .map_err(|error| fault(&error, run.limits))?;
    report.instantiate = store.data().meter.look();
    let called = function.call_async(&mut *store, params).await;
    called
        .map(|(result,)| result)
        .map_err(|error| fault(&error, run.limits))
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
        meter: Meter::default(),
        hook: Hook {
            gateway: run.gateway.clone(),
            owner: run.owner.clone(),
            egress: run.egress.clone(),
            limits: limits.clone(),
            log: log.clone(),
            requests: run.requests,
        },
    };
    let mut store = Store::new(run.instance.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(limits.crossing_bytes);
    // Handles of the component's own making, and those that it lends in one list; Wasmtime's default is 100,000.
    store.set_max_component_handles(limits.handles.saturating_mul(2));
    if shared.options.count_fuel {
        // Counted, not limited: the epoch limits.
        let _ = store.set_fuel(u64::MAX);
    }
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |context| {
        if context.data().meter.look() < limits.compute {
            // Tokio's own, which lets it look at sockets and timers first. After Wasmtime's, which is ready again at
            // once, a thread does that only every 61 interruptions: 503 ms beside an endless loop, in place of 10.
            Ok(UpdateDeadline::YieldCustom(
                1,
                Box::pin(tokio::task::yield_now()),
            ))
        } else {
            Err(Stop::with(HostFault::Compute {
                limit: limits.compute,
            }))
        }
    });
    store
}

/// Bytes of headers in one collection, as Wasmtime counts them. A signed request has about 1 KB. With the longest path
/// beside it, in every handle, it is less than a quarter of what a guest may have itself.
const HEADER_BYTES: usize = 11 << 10;

/// The state of one call: nothing in it outlives the call, and nothing in it came from another.
pub(crate) struct CallState {
    table: ResourceTable,
    http: WasiHttpCtx,
    clocks: WasiClocksCtx,
    wall_clock: WallClock,
    limiter: Limiter,
    meter: Meter,
    hook: Hook,
}

impl CallState {
    pub(crate) fn clocks(&mut self) -> WasiClocksCtxView<'_> {
        WasiClocksCtxView {
            ctx: &mut self.clocks,
            table: &mut self.table,
        }
    }

    /// What requests go through, and what they are made of.
    pub(crate) fn requests(&mut self) -> (&mut Hook, &mut ResourceTable) {
        (&mut self.hook, &mut self.table)
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
    /// All memories together.
    memory: usize,
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
fn fault(error: &wasmtime::Error, limits: &Limits) -> HostFault {
    if let Some(Stop(fault)) = error.downcast_ref() {
        return fault.clone();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return HostFault::Trapped(trap.to_string());
    }
    let cause = error.root_cause().to_string();
    // Of two limits Wasmtime keeps the type to itself; tests hold its words.
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
    fn memories_share_one_limit_and_tables_have_one_each() {
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
