//! Observability: the spans and events of [`tracing`] and the figures of [`metrics`] that this crate emits.
//!
//! Both are facades: without a subscriber and a recorder nothing is written and next to nothing is spent. Nothing in
//! them names a person or holds a value of a config, a message, a header or a body. A tenant's identifier is in traces
//! only if [`crate::HostOptions::trace_tenants`] is set. No metric contains text from a plugin, and traces contain it
//! only as the origin of a refused request, redacted and cut.
//!
//! | metric | kind | labels | what |
//! |---|---|---|---|
//! | `auth_connector_calls_total` | counter | `function`, `outcome`, `code` | calls that ended |
//! | `auth_connector_call_seconds` | histogram | `function` | whole calls, waiting included |
//! | `auth_connector_phase_seconds` | histogram | `phase` | `queue`, `instantiate`, `guest`; per request `dns`, `connect`, `tls`, `first_byte` |
//! | `auth_connector_requests_total` | counter | `result` | outbound requests, the first 32 of a call: `answered`, `failed`, `refused` |
//! | `auth_connector_connections_total` | counter | `reused` | connections that answered requests used: `true`, `false` |
//! | `auth_connector_connections_discarded_total` | counter | | kept connections that were closed instead of being used, because bytes or an end had arrived on them |
//! | `auth_connector_response_head_bytes` | histogram, shown as summary | | bytes of a response's head, interim answers (1xx) included |
//! | `auth_connector_interim_answers_total` | counter | | interim answers |
//! | `auth_connector_egress_refused_total` | counter | `reason` | `origin`, `address`, `method`, `target`, `length`, `count`, `at-once`, `function` |
//! | `auth_connector_stopped_total` | counter | `code` | calls that the host ended or refused: crashes, time, memory, a full host |
//! | `auth_connector_limited_total` | counter | `code` | calls that a rule refused: a tenant's limits, a plugin out of service, a config that is too long |
//! | `auth_connector_running` | gauge | | calls that run |
//! | `auth_connector_waiting` | gauge | | calls in the queue |
//! | `auth_connector_places` | gauge | | calls that may run at once |
//! | `auth_connector_memory_bytes` | histogram, shown as summary | | linear memory of an instance at the end of its call |
//! | `auth_connector_fuel` | histogram, shown as summary | | instructions of a call, where they are counted |
//! | `auth_connector_loads_total` | counter | `cache` | plugins loaded, by what the compile cache did: `off`, `hit`, `miss`, `rejected` |
//! | `auth_connector_load_seconds` | histogram | `cache` | compiling them, or taking them from the cache |
//! | `auth_connector_swaps_total` | counter | `event` | `replaced`, `closed`, `drained`, `still_busy` |
//!
//! | label | values |
//! |---|---|
//! | `function` | the nine functions of the contract |
//! | `outcome` | `accepted`, `not_sent`, `unknown` for sends; `ok`, `failed` for the others; `refused` for callbacks; `dropped` where the caller stopped waiting |
//! | `code` | the contract's failure kinds, its kinds of refused callbacks, and the codes of [`crate::HostFault::code`] and [`crate::PolicyFault::code`] |
//!
//! | span or event | level | fields |
//! |---|---|---|
//! | span `connector_call` | debug | `function`, `plugin` (the first 12 digits of its SHA-256), `tenant` |
//! | `call ended` | debug | `outcome`, `code`, `total_us`, `queued_us`, `guest_us`, `requests` |
//! | `the host ended a plugin's call` | warn | `code`; `refused`, `reason`, `origin` as below where requests were refused too |
//! | `a plugin's request was refused` | warn | `refused`, how many of the first 32; `reason`, `origin` of the first. One for each call at most |
//! | `a rule refused a call` | debug | `code`, `retry_after_ms` |
//! | `a plugin was loaded`, `… replaced`, `… taken out of service`, `… drained` | info | digests, times |

use crate::error::{CallError, CallbackError, HostFault, SendError};
use crate::report::{CallReport, HttpExchange, LoadTimings};
use metrics::{counter, gauge, histogram};

/// Labels that stand in the code are made when it is compiled; others are made for every figure, recorder or not.
macro_rules! phase {
    ($name:literal, $took:expr) => {
        histogram!("auth_connector_phase_seconds", "phase" => $name).record($took)
    };
}

/// How a call that did not succeed is classed.
pub(crate) trait Ended {
    /// The value of the label `outcome`.
    fn outcome(&self) -> &'static str;
    /// Why, unless the plugin refused what it was given.
    fn cause(&self) -> Option<&CallError>;
    /// The value of the label `code`.
    fn code(&self) -> &'static str {
        self.cause().map_or("none", CallError::code)
    }
}

impl Ended for CallError {
    fn outcome(&self) -> &'static str {
        "failed"
    }

    fn cause(&self) -> Option<&CallError> {
        Some(self)
    }
}

impl Ended for SendError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::NotSent(_) => "not_sent",
            Self::Unknown(_) => "unknown",
        }
    }

    fn cause(&self) -> Option<&CallError> {
        Some(Self::cause(self))
    }
}

impl Ended for CallbackError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }

    fn cause(&self) -> Option<&CallError> {
        match self {
            Self::Refused(_) => None,
            Self::Failed(cause) => Some(cause),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.kind.as_str(),
            Self::Failed(cause) => cause.code(),
        }
    }
}

/// A call that has begun. It counts as `dropped` unless it ends.
pub(crate) struct Begun {
    function: &'static str,
    ended: bool,
}

impl Begun {
    pub(crate) fn new(function: &'static str) -> Self {
        Self {
            function,
            ended: false,
        }
    }

    /// Writes down how it ended; `success` is what a success is called.
    pub(crate) fn end<E: Ended>(
        mut self,
        success: &'static str,
        error: Option<&E>,
        report: &CallReport,
    ) {
        self.ended = true;
        let outcome = error.map_or(success, Ended::outcome);
        let code = error.map_or("none", Ended::code);
        self.count(outcome, code);
        histogram!("auth_connector_call_seconds", "function" => self.function).record(report.total);
        phase!("queue", report.queued);
        match error.and_then(Ended::cause) {
            Some(CallError::Policy(fault)) => {
                counter!("auth_connector_limited_total", "code" => code).increment(1);
                let retry_after_ms = fault.retry_after().map(|after| after.as_millis());
                // Not a warning: a flood of calls must not become a flood of lines.
                tracing::debug!(code, retry_after_ms, "a rule refused a call");
            }
            Some(CallError::Host(HostFault::ConfigTooLong { .. })) => {
                counter!("auth_connector_limited_total", "code" => code).increment(1);
                tracing::debug!(code, "a rule refused a call");
            }
            Some(CallError::Host(_)) => {
                counter!("auth_connector_stopped_total", "code" => code).increment(1);
            }
            _ => {}
        }
        warn(error.and_then(Ended::cause), report);
        if !report.instantiate.is_zero() {
            phase!("instantiate", report.instantiate);
            phase!("guest", report.guest);
            #[expect(clippy::cast_precision_loss, reason = "2^53 bytes are plenty")]
            histogram!("auth_connector_memory_bytes").record(report.memory_bytes as f64);
        }
        if let Some(fuel) = report.fuel {
            #[expect(clippy::cast_precision_loss, reason = "2^53 instructions are plenty")]
            histogram!("auth_connector_fuel").record(fuel as f64);
        }
        report.http.iter().for_each(request);
        tracing::debug!(
            outcome,
            code,
            total_us = report.total.as_micros(),
            queued_us = report.queued.as_micros(),
            guest_us = report.guest.as_micros(),
            requests = report.http.len(),
            "call ended"
        );
    }

    fn count(&self, outcome: &'static str, code: &'static str) {
        counter!(
            "auth_connector_calls_total",
            "function" => self.function, "outcome" => outcome, "code" => code
        )
        .increment(1);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.ended {
            self.count("dropped", "none");
        }
    }
}

/// Writes at most one warning, however much a call was refused: its plugin could write a log full.
fn warn(cause: Option<&CallError>, report: &CallReport) {
    let mut refused = report.http.iter().filter(|asked| asked.refused.is_some());
    let first = refused.next();
    let reason = first.and_then(|first| first.refused);
    let origin = first.map(|first| tracing::field::display(&first.origin));
    let count = first.map_or(0, |_| refused.count() + 1);
    match cause {
        Some(CallError::Host(HostFault::ConfigTooLong { .. })) => {}
        Some(CallError::Host(fault)) => {
            let code = fault.code();
            tracing::warn!(
                code,
                refused = count,
                reason,
                origin,
                "the host ended a plugin's call"
            );
        }
        _ if count > 0 => {
            tracing::warn!(
                reason,
                origin,
                refused = count,
                "a plugin's request was refused"
            );
        }
        _ => {}
    }
}

fn request(exchange: &HttpExchange) {
    match (exchange.refused, exchange.status) {
        (Some(_), _) => counter!("auth_connector_requests_total", "result" => "refused"),
        (None, Some(_)) => counter!("auth_connector_requests_total", "result" => "answered"),
        (None, None) => counter!("auth_connector_requests_total", "result" => "failed"),
    }
    .increment(1);
    if let Some(reason) = exchange.refused {
        counter!("auth_connector_egress_refused_total", "reason" => reason).increment(1);
        return;
    }
    counter!("auth_connector_connections_discarded_total")
        .increment(exchange.discarded_connections.into());
    counter!("auth_connector_interim_answers_total").increment(exchange.interim_answers.into());
    if exchange.response_head_bytes > 0 {
        #[expect(clippy::cast_precision_loss, reason = "at most 64 KiB")]
        histogram!("auth_connector_response_head_bytes")
            .record(exchange.response_head_bytes as f64);
    }
    if let Some(first_byte) = exchange.first_byte {
        if exchange.reused_connection {
            counter!("auth_connector_connections_total", "reused" => "true")
        } else {
            counter!("auth_connector_connections_total", "reused" => "false")
        }
        .increment(1);
        phase!("first_byte", first_byte);
    }
    // The times of a kept connection are those of its first use.
    if !exchange.reused_connection {
        if let Some(took) = exchange.dns {
            phase!("dns", took);
        }
        if let Some(took) = exchange.connect {
            phase!("connect", took);
        }
        if let Some(took) = exchange.tls {
            phase!("tls", took);
        }
    }
}

/// One call more, or fewer, that runs.
pub(crate) fn running(change: f64) {
    gauge!("auth_connector_running").increment(change);
}

/// One call more, or fewer, in the queue.
pub(crate) fn waiting(change: f64) {
    gauge!("auth_connector_waiting").increment(change);
}

/// Sets the number of calls that may run at once.
pub(crate) fn places(number: u32) {
    gauge!("auth_connector_places").set(f64::from(number));
}

/// A plugin was loaded.
pub(crate) fn loaded(sha256: &str, timings: LoadTimings) {
    let cache = timings.cache.as_str();
    counter!("auth_connector_loads_total", "cache" => cache).increment(1);
    histogram!("auth_connector_load_seconds", "cache" => cache).record(timings.compile);
    tracing::info!(
        plugin = sha256,
        cache,
        read_us = timings.read.as_micros(),
        compile_us = timings.compile.as_micros(),
        "a plugin was loaded"
    );
}

/// A plugin was replaced or closed, or waited for.
pub(crate) fn swapped(event: &'static str) {
    counter!("auth_connector_swaps_total", "event" => event).increment(1);
}
