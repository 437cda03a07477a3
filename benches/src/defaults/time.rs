//! How long calls compute, how late verdicts come, and what the ticks cost.

use super::load::{Busy, named};
use super::page::{Section, micros, percent};
use super::{Size, figure, many_threads, one_thread, part};
use crate::component::{STUB_ENDPOINT, builder, stub_message, stubbed, wasm};
use crate::report::digits;
use crate::work::{Result, accepted, config, cpu_time, number, percentile, told};
use auth_connector_host::{
    CallError, CannedAnswer, Config, HostFault, Limits, Message, Plugin, SendError,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The longest config and the longest answer that the connector reads, in bytes.
const LONGEST: usize = 65_536;

/// A provider that does not answer in time.
const NEVER: Duration = Duration::from_secs(60);

/// One kind of call: what it is, its config, and the provider's answer.
struct Kind {
    name: &'static str,
    config: Config,
    answer: String,
}

fn kinds() -> Vec<Kind> {
    let usual = || config(STUB_ENDPOINT, 0);
    let answer = || accepted(&number(1));
    let kind = |name, config: String, answer| Kind {
        name,
        config: Config::new(config),
        answer,
    };
    let filled = |item: &str, room: usize| vec![item; room / (item.len() + 1)].join(",");
    // Of the wrong configs of `tests/bounds.rs` the two that take longest.
    let wrong = |item: &str| format!("{{\"templates\":[{}]}}", filled(item, LONGEST - 20));
    let template = r#"{"usageType":"Generic","templateCode":"1110000"}"#;
    let text = usual();
    let many = text.replacen(
        "\"templates\":[",
        &format!(
            "\"templates\":[{},",
            filled(template, LONGEST - text.len() - 20)
        ),
        1,
    );
    let text = answer();
    let room = LONGEST - text.len() - 20;
    let long = text.replacen('{', &format!("{{\"x\":[{}],", filled("0", room)), 1);
    vec![
        kind("a usual send", usual(), answer()),
        kind("1,300 templates in 64 KiB, a send", many, answer()),
        kind(
            "64 KiB of empty templates, refused",
            wrong("{}"),
            String::new(),
        ),
        kind(
            "64 KiB of templates with wrong fields, refused",
            wrong(r#"{"usageType":0,"templateCode":0,"params":0,"locale":0,"kind":0}"#),
            String::new(),
        ),
        kind("an answer of 64 KiB", usual(), long),
    ]
}

fn plugin(kind: &Kind, limits: impl FnOnce(&mut Limits)) -> Result<Plugin> {
    stubbed(Duration::ZERO, |options| {
        options.canned = Some(CannedAnswer {
            status: 200,
            body: kind.answer.clone().into(),
            delay: Duration::ZERO,
        });
        limits(&mut options.limits);
    })
}

/// How long each kind computes.
fn computing(size: Size) -> Result<Section> {
    let count = if size.quick { 50 } else { 250 };
    let mut rows = Vec::new();
    for kind in kinds() {
        let mut row = vec![kind.name.to_owned()];
        let plugin = plugin(&kind, |_| ())?;
        for busy in [false, true] {
            let _busy = Busy::start(busy);
            let mut times = one_thread()?.block_on(async {
                let mut times = Vec::new();
                for _ in 0..count {
                    let sent = plugin
                        .send_message_reported(&kind.config, &stub_message())
                        .await;
                    if let Err(error) = &sent.outcome
                        && matches!(error.cause(), CallError::Host(_))
                    {
                        return Err(told(error));
                    }
                    times.push(micros(sent.report.guest) / 1e3);
                }
                Ok(times)
            })?;
            row.push(digits(percentile(&mut times, 50)));
            row.push(digits(percentile(&mut times, 100)));
        }
        rows.push(row);
    }
    Ok(Section::table(
        "computing",
        &[
            "call",
            "computing, median, ms",
            "longest",
            "busy: median",
            "busy: longest",
        ],
        &rows,
    ))
}

/// Which share of the calls a smaller limit stops.
fn stopped(size: Size) -> Result<Section> {
    let count = if size.quick { 50 } else { 200 };
    let mut rows = Vec::new();
    for limit in [0, 10, 20, 30, 50, 500] {
        let limit = Duration::from_millis(limit);
        let mut row = vec![limit.as_millis().to_string()];
        for busy in [false, true] {
            let _busy = Busy::start(busy);
            let (mut calls, mut ended) = (0, 0);
            for kind in kinds() {
                let plugin = plugin(&kind, |limits| limits.compute = limit)?;
                one_thread()?.block_on(async {
                    for _ in 0..count {
                        let sent = plugin.send_message(&kind.config, &stub_message()).await;
                        calls += 1;
                        ended += u32::from(sent.is_err_and(|error| {
                            matches!(error.cause(), CallError::Host(HostFault::Compute { .. }))
                        }));
                    }
                });
            }
            row.push(percent(ended.into(), calls.into()));
        }
        rows.push(row);
    }
    Ok(Section::table(
        "stopped",
        &[
            "`compute`, ms",
            "of these calls stopped, quiet",
            "stopped, busy",
        ],
        &rows,
    ))
}

/// How long an endless loop runs before it is stopped, and how long it keeps a task of the same thread waiting.
fn endless(size: Size) -> Result<Section> {
    let hostile = std::env::var_os("HOSTILE_WASM").ok_or("HOSTILE_WASM is not set")?;
    let host = builder()
        .with(|options| options.system_roots = false)
        .build()
        .map_err(told)?;
    let plugin = host.load(PathBuf::from(hostile)).map_err(told)?;
    let config = Config::new(r#"{"attack":"endless-loop","origin":"","word":""}"#);
    let mut rows = Vec::new();
    for busy in [false, true] {
        let _busy = Busy::start(busy);
        let (mut ends, mut gaps) = one_thread()?.block_on(async {
            let (mut ends, mut gaps) = (Vec::new(), Vec::new());
            for _ in 0..size.rounds.min(5) {
                let begun = Instant::now();
                let (plugin, config) = (plugin.clone(), config.clone());
                let attack = tokio::spawn(async move {
                    let sent = plugin.send_message(&config, &stub_message()).await;
                    sent.map(drop)
                });
                while !attack.is_finished() {
                    let waiting = Instant::now();
                    tokio::task::yield_now().await;
                    gaps.push(micros(waiting.elapsed()) / 1e3);
                }
                if attack.await.map_err(told)?.is_ok() {
                    return Err("an endless loop was accepted".to_owned());
                }
                ends.push(micros(begun.elapsed()) / 1e3);
            }
            Ok((ends, gaps))
        })?;
        rows.push(vec![
            named(busy),
            digits(percentile(&mut ends, 50)),
            digits(percentile(&mut ends, 100)),
            digits(percentile(&mut gaps, 50)),
            digits(percentile(&mut gaps, 99)),
            digits(percentile(&mut gaps, 100)),
        ]);
    }
    Ok(Section::table(
        "endless",
        &[
            "machine",
            "an endless loop ends after, ms",
            "at most",
            "another task of its thread waits, median, ms",
            "p99",
            "longest",
        ],
        &rows,
    ))
}

/// How late the plugin's own verdict comes, of so many calls that meet their deadline at the same time.
fn grace(size: Size) -> Result<Section> {
    const DEADLINE: Duration = Duration::from_millis(300);
    let all: &[u32] = if size.quick {
        &[1, 128]
    } else {
        &[1, 32, 128, 512]
    };
    let mut rows = Vec::new();
    for calls in all {
        let mut row = vec![calls.to_string()];
        for busy in [false, true] {
            let _busy = Busy::start(busy);
            let runtime = many_threads()?;
            let entered = runtime.enter();
            let plugin = stubbed(NEVER, |options| {
                options.limits.concurrent_calls = *calls;
                // Far more than the default, so that all of the wait is seen.
                options.limits.grace = Duration::from_secs(10);
            })?;
            drop(entered);
            let mut late = Vec::new();
            for _ in 0..if *calls == 1 { 8 } else { 2 } {
                late.append(&mut runtime.block_on(verdicts(
                    &plugin,
                    *calls,
                    Some(300),
                    DEADLINE,
                ))?);
            }
            row.push(digits(percentile(&mut late, 50)));
            row.push(digits(percentile(&mut late, 100)));
        }
        rows.push(row);
    }
    Ok(Section::table(
        "grace",
        &[
            "calls that meet their deadline together",
            "verdict after the deadline, median, ms",
            "latest",
            "busy: median",
            "busy: latest",
        ],
        &rows,
    ))
}

/// For each call how many milliseconds after `deadline` the plugin's own verdict came. Another's is an error.
async fn verdicts(
    plugin: &Plugin,
    calls: u32,
    timeout_ms: Option<u32>,
    deadline: Duration,
) -> Result<Vec<f64>> {
    let config = Config::new(serde_json::to_string(&longest()).map_err(told)?);
    let mut running = Vec::new();
    for _ in 0..calls {
        let (plugin, config) = (plugin.clone(), config.clone());
        running.push(tokio::spawn(async move {
            let message = Message {
                timeout_ms,
                ..stub_message()
            };
            let begun = Instant::now();
            let sent = plugin.send_message(&config, &message).await;
            (begun.elapsed(), sent.map(drop))
        }));
    }
    let mut late = Vec::new();
    for call in running {
        let (took, outcome) = call.await.map_err(told)?;
        match outcome {
            Err(SendError::Unknown(CallError::Connector(_))) => {
                late.push((took.as_secs_f64() - deadline.as_secs_f64()) * 1e3);
            }
            Err(other) => return Err(format!("not the plugin's own verdict: {other}")),
            Ok(()) => return Err("accepted without an answer".to_owned()),
        }
    }
    Ok(late)
}

/// The config of all, without a time limit of its own.
fn longest() -> Value {
    let mut config: Value = serde_json::from_str(&config(STUB_ENDPOINT, 0)).unwrap_or_default();
    if let Some(config) = config.as_object_mut() {
        config.remove("timeoutMs");
    }
    config
}

/// With default limits and no wish of the caller's: whose verdict comes, and when.
fn call_timeout() -> Result<Section> {
    let mut rows = Vec::new();
    for busy in [false, true] {
        let _busy = Busy::start(busy);
        let runtime = many_threads()?;
        let entered = runtime.enter();
        let plugin = stubbed(NEVER, |_| ())?;
        drop(entered);
        let calls = Limits::default().concurrent_calls;
        let mut took = runtime.block_on(verdicts(&plugin, calls, None, Duration::ZERO))?;
        rows.push(vec![
            named(busy),
            calls.to_string(),
            digits(percentile(&mut took, 50) / 1e3),
            digits(percentile(&mut took, 100) / 1e3),
        ]);
    }
    Ok(Section::table(
        "call-timeout",
        &[
            "machine",
            "calls without an answer",
            "the connector's own verdict after, median, s",
            "latest",
        ],
        &rows,
    ))
}

/// How long the ticks are watched.
const WATCHED: Duration = Duration::from_secs(2);

fn idle(begun: Duration) -> Value {
    let spent = cpu_time().saturating_sub(begun);
    json!({"us_per_s": micros(spent) / WATCHED.as_secs_f64()})
}

/// A thread that advances an engine's epoch.
pub fn tick(millis: u64) -> Result<Value> {
    let engine = wasmtime::Engine::default();
    let begun = cpu_time();
    let end = Instant::now() + WATCHED;
    while Instant::now() < end {
        engine.increment_epoch();
        std::thread::sleep(Duration::from_millis(millis));
    }
    Ok(idle(begun))
}

/// A whole host with a plugin, which nobody calls.
pub fn host_idle() -> Result<Value> {
    let host = builder()
        .with(|options| options.system_roots = false)
        .build()
        .map_err(told)?;
    let _plugin = host.load(wasm()?).map_err(told)?;
    let begun = cpu_time();
    std::thread::sleep(WATCHED);
    Ok(idle(begun))
}

fn ticks() -> Result<Section> {
    let mut rows = Vec::new();
    for (name, words) in [
        ("a tick each 1 ms", vec!["tick", "1"]),
        ("**each 10 ms**", vec!["tick", "10"]),
        ("each 100 ms", vec!["tick", "100"]),
        ("a host that nobody calls", vec!["host-idle"]),
    ] {
        let cost = figure(&part(&words)?, "us_per_s")?;
        rows.push(vec![name.to_owned(), digits(cost), percent(cost, 1e6)]);
    }
    let titles = ["", "CPU per second, µs", "of a core"];
    Ok(Section::table("tick", &titles, &rows))
}

/// All of it.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    Ok(vec![
        computing(size)?,
        stopped(size)?,
        endless(size)?,
        grace(size)?,
        call_timeout()?,
        ticks()?,
    ])
}
