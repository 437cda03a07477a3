//! One call: a place in the queue, a fresh instance, its limits, and an end within its time.
//!
//! Two clocks bound it, because neither is enough. Epochs interrupt guest code every 10 ms, so an endless loop
//! gives way to others and runs into its compute limit; they do not fire while the guest waits in a host
//! function. A timer around the whole call bounds the waiting. Dropping the store aborts what is in flight.
//!
//! Computing is measured as the time in which the call holds a thread. Counting the interruptions would be wrong in
//! both directions. A wait that ends is followed by one however short the computing was, so an honest plugin that
//! reads a response in sixty pieces would be stopped. A host function that works for 50 ms would count as one. A call
//! that computes for longer than an honest one continues in turns with its tenant's other calls.

use super::loaded::Loaded;
use super::meter::Meter;
use super::queue::{Claim, Place};
use super::state::{CallState, fault, instance_fault};
use crate::config::Config;
use crate::contract::Callback;
use crate::error::{CallError, HostFault};
use crate::http::{Caller, Client, Policy};
use crate::load::world::{Export, Function};
use crate::observe::{Begun, Ended};
use crate::redact::{Answer, Redaction, Texts};
use crate::report::{CallLog, CallReport, Reported};
use crate::tenant::Tenant;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::instrument::WithSubscriber;
use tracing::{Dispatch, Instrument, Span};
use wasmtime::Store;
use wasmtime::component::Instance;

/// A call that may begin: its plugin, its tenant and its timeout.
pub(super) struct Call<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) client: &'a Arc<Client>,
    pub(super) caller: &'a Caller,
    pub(super) tenant: Option<&'a Tenant>,
    /// Why it does not begin.
    pub(super) refused: Option<CallError>,
    /// Values that must not be in the answer. None if nothing secret is passed in.
    pub(super) redaction: Option<Redaction<'a>>,
    /// True if the report describes the requests.
    pub(super) described: bool,
    /// The word for success.
    pub(super) success: &'static str,
    pub(super) timeout: Duration,
}

impl<'a> Call<'a> {
    /// The same for a function that is given a config, and maybe a recipient and variables. Its answer is redacted.
    pub(super) fn with_config(
        mut self,
        config: &'a Config,
        to: &'a str,
        variables: &'a [(String, String)],
    ) -> Self {
        let too_long = config.too_long().map(CallError::Host);
        self.refused = self.refused.or(too_long);
        self.redaction = Some(Redaction::new(config.text(), to, variables));
        self
    }

    /// The same for a function that is given a callback.
    pub(super) fn with_callback(mut self, config: &'a Config, callback: &'a Callback) -> Self {
        self = self.with_config(config, "", &[]);
        self.redaction = self.redaction.map(|all| all.with_callback(callback));
        self
    }

    /// The same with a report that describes the requests.
    pub(super) fn described(self) -> Self {
        Self {
            described: true,
            ..self
        }
    }

    /// Waits for a place among the calls that run. `rated` calls count for the tenant's rate.
    async fn place(&self, rated: bool, report: &mut CallReport) -> Result<Place<'a>, CallError> {
        if let Some(cause) = &self.refused {
            return Err(cause.clone());
        }
        let start = Instant::now();
        let claim = Claim {
            tenant: self.tenant,
            rated,
            patience: self.timeout,
        };
        let place = self.loaded.shared.queue.enter(claim).await;
        report.queued = start.elapsed();
        place
    }

    /// How long it may take before the host ends it, the time in the queue included.
    fn longest(&self) -> Duration {
        self.timeout + self.loaded.shared.options.limits.grace
    }

    fn span(&self, function: &'static str) -> Span {
        let traced = self.loaded.shared.options.trace_tenants;
        tracing::debug_span!(
            "connector_call",
            function,
            plugin = self.loaded.description.sha256.get(..12),
            tenant = self.tenant.filter(|_| traced).map(Tenant::id),
        )
    }

    /// The time that the plugin is given, in milliseconds, without the time in the queue. Rounded up, so that a call that
    /// did not have to queue is given the caller's own number; the grace covers the difference.
    fn plugin_ms(&self, queued: Duration) -> u32 {
        let left = self.timeout.saturating_sub(queued);
        u32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(u32::MAX)
    }

    fn store(&self, requests: bool, log: &CallLog) -> Store<CallState> {
        let policy = Policy {
            client: self.client.clone(),
            caller: self.caller.clone(),
            egress: self.loaded.egress.clone(),
            limits: self.loaded.limits.clone(),
            log: log.clone(),
            requests,
        };
        let engine = self.loaded.instance.engine();
        CallState::store(engine, &self.loaded.shared.options, policy)
    }

    /// Runs one function in a fresh instance. `params` is given the time that is left for the plugin, in
    /// milliseconds, once the call has its place; `settle` interprets the answer, given whether a request may have left.
    pub(super) async fn run<'p, F: Function, T, E>(
        self,
        function: &Export<F>,
        params: impl FnOnce(u32) -> F::Params<'p>,
        settle: impl FnOnce(Result<F::Result, CallError>, bool) -> Result<T, E>,
    ) -> Reported<Result<T, E>>
    where
        T: Answer + Send,
        E: Answer + Ended + Send,
    {
        let start = Instant::now();
        let begun = Begun::new(F::NAME);
        let span = self.span(F::NAME);
        let log = if self.described {
            CallLog::default()
        } else {
            CallLog::brief()
        };
        let mut report = CallReport::default();
        // Held until the answer is searched, which is the plugin's doing as well.
        let place = self.place(F::REQUESTS, &mut report).await;
        let answer = match &place {
            Ok(place) => {
                let answered = self.answer(function, params, (&log, place), &mut report);
                let answered = answered.instrument(span.clone()).await;
                answered.map_err(CallError::Host)
            }
            Err(cause) => Err(cause.clone()),
        };
        report.http = log.take();
        let mut outcome = settle(answer, log.may_have_left());
        if let (Ok(_), Some(redaction)) = (&place, &self.redaction) {
            let mut texts = Texts::default();
            outcome.list(&mut texts);
            texts.report(&mut report);
            let is_whole = redaction.run(texts, start + self.longest()).await;
            if !is_whole {
                outcome.note_left_out();
            }
        }
        drop(place);
        report.total = start.elapsed();
        span.in_scope(|| begun.end(self.success, outcome.as_ref().err(), &report));
        Reported { outcome, report }
    }

    /// Makes a fresh instance and nothing more.
    pub(super) async fn start(self) -> Result<CallReport, CallError> {
        let start = Instant::now();
        let mut report = CallReport::default();
        let place = self.place(false, &mut report).await?;
        let mut store = self.store(false, &CallLog::default());
        let meter = store.data().meter.clone();
        let made = self.instance(&mut store);
        self.bounded(&meter, &place, &report, pin!(made)).await?;
        report.memory_bytes = store.data().limiter.memory;
        report.total = start.elapsed();
        report.instantiate = report.total.saturating_sub(report.queued);
        Ok(report)
    }

    async fn instance(&self, store: &mut Store<CallState>) -> wasmtime::Result<Instance> {
        let made = self.loaded.instance.instantiate_async(store).await;
        made.map_err(instance_fault)
    }

    /// The answer of the guest, whose cost goes into the report.
    async fn answer<'p, F: Function>(
        &self,
        function: &Export<F>,
        params: impl FnOnce(u32) -> F::Params<'p>,
        (log, place): (&CallLog, &Place<'_>),
        report: &mut CallReport,
    ) -> Result<F::Result, HostFault> {
        let params = params(self.plugin_ms(report.queued));
        let mut store = self.store(F::REQUESTS, log);
        let meter = store.data().meter.clone();
        let mut instantiate = Duration::ZERO;
        let called = async {
            let instance = self.instance(&mut store).await?;
            let index = &function.index;
            let function =
                instance.get_typed_func::<F::Params<'_>, (F::Result,)>(&mut store, index)?;
            instantiate = meter.look();
            function.call_async(&mut store, params).await
        };
        let called = self.bounded(&meter, place, report, pin!(called)).await;
        report.instantiate = instantiate;
        report.guest = meter.so_far().saturating_sub(instantiate);
        report.memory_bytes = store.data().limiter.memory;
        if self.loaded.shared.options.count_fuel {
            report.fuel = store.get_fuel().ok().map(|left| u64::MAX - left);
        }
        called.map(|(result,)| result)
    }

    /// Runs guest code, metered, until the call's time is over.
    async fn bounded<T>(
        &self,
        meter: &Meter,
        place: &Place<'_>,
        report: &CallReport,
        guest: Pin<&mut impl Future<Output = wasmtime::Result<T>>>,
    ) -> Result<T, HostFault> {
        let left = self.longest().saturating_sub(report.queued);
        // Wasmtime's bindings trace the arguments of every import at TRACE: authorities, header values. Therefore
        // nothing is traced while guest code runs. A request is sent on a task of its own, which may be traced.
        let guest = pin!(
            meter
                .around(guest, || place.computing())
                .with_subscriber(Dispatch::none())
        );
        match tokio::time::timeout(left, guest).await {
            Ok(ended) => ended.map_err(|error| fault(&error, &self.loaded.limits)),
            Err(_) => Err(HostFault::TimedOut { after: left }),
        }
    }
}
