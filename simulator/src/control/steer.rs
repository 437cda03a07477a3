//! Control of clock, faults, chaos and reset, and information about the simulator itself.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::query;
use super::types::{Asked, Problem, ok};
use crate::action::Action;
use crate::clock::{ClockMode, FARTHEST_S};
use crate::codes;
use crate::fault::{Chaos, Fault, LARGEST_REPLY, Queued};
use crate::inferences as inferred;
use crate::magic as magic_numbers;

/// `GET /_sim/health`.
pub fn health(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let service = asked.service;
    let state = service.state();
    ok(&json!({
        "status": "ok",
        "messages": state.inbox.iter().count(),
        "complete_requests": state.complete_requests,
        "callbacks_accepted": state.callbacks_accepted,
        "callbacks_failed": state.callbacks_failed,
        "clock_unix_ms": service.clock().now_ms(),
    }))
}

/// `POST /_sim/reset`: inbox, journal, limits, balances, faults, chaos and counters; the clock stays.
pub fn reset(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    asked.service.state().reset();
    ok(&json!({ "reset": true }))
}

/// `GET /_sim/clock`.
pub fn clock(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let clock = asked.service.clock();
    let mode = match clock.mode() {
        ClockMode::Running { .. } => "running",
        ClockMode::Frozen { .. } => "frozen",
    };
    let omitted = asked.omit_date.load(Ordering::Relaxed);
    ok(&json!({ "mode": mode, "unix_ms": clock.now_ms(), "date_header": !omitted }))
}

/// One change to the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    offset_s: Option<i64>,
    frozen_unix_s: Option<i64>,
    advance_ms: Option<u64>,
    date_header: Option<bool>,
}

/// `PUT /_sim/clock`: exactly one of `offset_s`, `frozen_unix_s`, `advance_ms`, `date_header`.
pub fn set_clock(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let change: ClockChange = read(&asked.body)?;
    let service = asked.service;
    let farthest_ms = FARTHEST_S.unsigned_abs() * 1000;
    let done = match (
        change.offset_s,
        change.frozen_unix_s,
        change.advance_ms,
        change.date_header,
    ) {
        (Some(offset_s), None, None, None) => {
            ClockMode::running(offset_s).map(|mode| service.set_clock(mode))
        }
        (None, Some(moment), None, None) => {
            ClockMode::frozen(moment).map(|mode| service.set_clock(mode))
        }
        (None, None, Some(ms), None) if ms <= farthest_ms => {
            service.advance_clock(Duration::from_millis(ms));
            Some(())
        }
        (None, None, None, Some(send)) => {
            asked.omit_date.store(!send, Ordering::Relaxed);
            Some(())
        }
        _ => None,
    };
    if done.is_none() {
        return Err(Problem::bad_request(
            "expected exactly one of offset_s and advance_ms (at most 100 years), frozen_unix_s (in the years 0 to 9999) and date_header",
        ));
    }
    clock(&Asked {
        service: asked.service,
        omit_date: asked.omit_date,
        query: String::new(),
        body: Bytes::new(),
    })
}

/// `GET /_sim/faults`: the faults still queued.
pub fn faults(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    ok(&json!({ "faults": asked.service.state().faults }))
}

/// `POST /_sim/faults`.
pub fn queue_fault(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let queued: Queued = read(&asked.body)?;
    check_queued(&queued)?;
    asked.service.state().faults.push_back(queued);
    faults(asked)
}

/// `DELETE /_sim/faults`.
pub fn clear_faults(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    asked.service.state().faults.clear();
    faults(asked)
}

/// `GET /_sim/chaos`.
pub fn chaos(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let state = asked.service.state();
    ok(&json!({ "chaos": state.chaos.as_ref().map(|(chaos, _)| chaos) }))
}

/// `PUT /_sim/chaos`.
pub fn set_chaos(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let given: Chaos = read(&asked.body)?;
    if !(0.0..=1.0).contains(&given.probability) {
        return Err(Problem::bad_request("`probability` must be from 0 to 1"));
    }
    if given.faults.contains(&Fault::CloseOnAccept) {
        return Err(Problem::bad_request(
            "`close-on-accept` is about connections, and chaos about requests: queue it instead",
        ));
    }
    given.faults.iter().try_for_each(check_fault)?;
    asked.service.state().set_chaos(given);
    chaos(asked)
}

/// `DELETE /_sim/chaos`.
pub fn stop_chaos(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    asked.service.state().chaos = None;
    chaos(asked)
}

/// `GET /_sim/magic`: the recipient numbers that provoke a code.
pub fn magic(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    let list: Vec<Value> = codes::ALL
        .iter()
        .filter(|code| code.magic != 0)
        .map(|code| json!({ "code": code.name, "numbers": magic_numbers::numbers(code) }))
        .collect();
    ok(&json!({ "magic": list }))
}

/// `GET /_sim/inferences`: behaviour without official evidence.
pub fn inferences(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    ok(&json!({ "inferences": inferred::all() }))
}

/// `GET /_sim/account`: settings of a client that is accepted. Returns only keys that documentation prints, which end
/// in `EXAMPLE`: another catalogue's may be private.
pub fn account(asked: &Asked<'_>) -> Result<Response<Bytes>, Problem> {
    query::none(&asked.query)?;
    ok(&json!({ "account": asked.service.catalogue().example() }))
}

fn check_queued(queued: &Queued) -> Result<(), Problem> {
    if queued.times == 0 {
        return Err(Problem::bad_request("`times` must be at least 1"));
    }
    // A connection is closed before its request is read. A fault for many connections would also block requests that
    // clear it.
    if queued.fault == Fault::CloseOnAccept && (queued.times > 1 || queued.action.is_some()) {
        return Err(Problem::bad_request(
            "`close-on-accept` is about the next connection, whatever it asks: `times` must be 1, and `action` absent",
        ));
    }
    match &queued.action {
        Some(action) if Action::from_name(action).is_none() => Err(Problem::bad_request(format!(
            "`action` must be one of {}",
            Action::ALL.map(Action::name).join(", ")
        ))),
        _ => check_fault(&queued.fault),
    }
}

fn check_fault(fault: &Fault) -> Result<(), Problem> {
    match fault {
        Fault::Code { code, .. } | Fault::AcceptThenCode { code }
            if ["", "Ok"].contains(&code.as_str()) =>
        {
            Err(Problem::bad_request(
                "`code` must be a code of a refusal, such as InternalError.Timeout",
            ))
        }
        Fault::Unavailable { status } | Fault::AcceptThenStatus { status }
            if !(*status == 200 || (400..600).contains(status)) =>
        {
            Err(Problem::bad_request(
                "`status` must be 200 or from 400 to 599",
            ))
        }
        Fault::Delay { ms } if *ms > 600_000 => {
            Err(Problem::bad_request("`ms` must be at most 600000"))
        }
        Fault::Oversized { bytes } if *bytes > LARGEST_REPLY => Err(Problem::bad_request(format!(
            "`bytes` must be at most {LARGEST_REPLY}"
        ))),
        _ => Ok(()),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("the body is not what was expected: {error}"))
    })
}
