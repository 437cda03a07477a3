//! Calls at once, calls that wait, tenants that are remembered.

use super::page::{Section, kb, mb, ms};
use super::{Size, figure, many_threads, one_thread, part};
use crate::component::{STUB_ENDPOINT, stub_message, stubbed};
use crate::report::{digits, thousands};
use crate::work::{Result, config, cpu_time, median, percentile, resident, told};
use auth_connector_host::{
    CallError, Config, HostFault, Limits, Plugin, Rate, SendError, Tenant, TenantLimits,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a provider takes, for what is not varied.
const PROVIDER: Duration = Duration::from_millis(100);

/// How long a series runs.
const SERIES: Duration = Duration::from_millis(1_500);

/// As many clients as places, each with one send after another.
pub fn calls(places: u32) -> Result<Value> {
    let runtime = many_threads()?;
    let entered = runtime.enter();
    let before = resident();
    let plugin = stubbed(PROVIDER, |options| {
        options.limits.concurrent_calls = places;
    })?;
    drop(entered);
    let config = Arc::new(Config::new(config(STUB_ENDPOINT, 0)));
    let series = |time: Duration| {
        let (plugin, config) = (plugin.clone(), config.clone());
        runtime.block_on(async move {
            let end = Instant::now() + time;
            let mut clients = Vec::new();
            for _ in 0..places {
                clients.push(tokio::spawn(client(plugin.clone(), config.clone(), end)));
            }
            let mut times = Vec::new();
            for client in clients {
                times.append(&mut client.await.map_err(told)??);
            }
            Ok::<_, String>(times)
        })
    };
    series(PROVIDER * 2)?;
    let (cpu, begun) = (cpu_time(), Instant::now());
    let mut times = series(SERIES)?;
    let (cpu, wall) = (cpu_time().saturating_sub(cpu), begun.elapsed());
    let sends = times.len() as f64;
    Ok(json!({
        "rate": sends / wall.as_secs_f64(),
        "cpu_us": cpu.as_secs_f64() * 1e6 / sends,
        "cores": cpu.as_secs_f64() / wall.as_secs_f64(),
        "p99_ms": percentile(&mut times, 99),
        "resident": resident().saturating_sub(before),
    }))
}

async fn client(plugin: Plugin, config: Arc<Config>, end: Instant) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let begun = Instant::now();
        let sent = plugin.send_message(&config, &stub_message()).await;
        sent.map_err(told)?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}

/// So many calls at once, of so many tenants in turn or of none, against default limits and a queue.
pub fn burst(calls: usize, delay_ms: u64, tenants: usize, queue: u32) -> Result<Value> {
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let plugin = stubbed(Duration::from_millis(delay_ms), |options| {
        options.limits.queued_calls = queue;
    })?;
    drop(entered);
    let config = Config::new(config(STUB_ENDPOINT, 0));
    runtime.block_on(async move {
        // Every slot once, so that what grows afterwards is what waits.
        let warm: Vec<_> = (0..128).map(|_| spawned(&plugin, &config)).collect();
        for call in warm {
            let _ = call.await;
        }
        let before = resident();
        let mut running = Vec::new();
        for call in 0..calls {
            let plugin = match tenants {
                0 => plugin.clone(),
                _ => plugin.for_tenant(format!("tenant-{}", call % tenants)),
            };
            running.push(spawned(&plugin, &config));
        }
        tokio::time::sleep(Duration::from_millis(delay_ms / 2)).await;
        let waiting = resident().saturating_sub(before);
        let (mut served, mut at_once, mut late, mut longest) = (0, 0, 0, Duration::ZERO);
        for call in running {
            let (queued, outcome) = call.await.map_err(told)?;
            match outcome {
                Ok(()) => {
                    served += 1;
                    longest = longest.max(queued);
                }
                Err(refused) if waited(&refused) => late += 1,
                Err(_) => at_once += 1,
            }
        }
        Ok(json!({
            "served": served, "at_once": at_once, "late": late,
            "longest_ms": longest.as_secs_f64() * 1e3, "waiting": waiting,
        }))
    })
}

type Ended = (Duration, std::result::Result<(), SendError>);

fn spawned(plugin: &Plugin, config: &Config) -> tokio::task::JoinHandle<Ended> {
    let (plugin, config) = (plugin.clone(), config.clone());
    tokio::spawn(async move {
        let sent = plugin.send_message_reported(&config, &stub_message()).await;
        (sent.report.queued, sent.outcome.map(drop))
    })
}

/// Whether a refusal came after a wait.
fn waited(refused: &SendError) -> bool {
    match refused.cause() {
        CallError::Host(HostFault::Overloaded { waited, .. }) => !waited.is_zero(),
        CallError::Policy(auth_connector_host::PolicyFault::TenantConcurrency { .. }) => true,
        _ => false,
    }
}

/// So many tenants that called once and are remembered for their rate, and as many again that make the host forget.
pub fn tenants(tenants: usize) -> Result<Value> {
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let plugin = stubbed(Duration::ZERO, |options| options.limits.tenants = tenants)?;
    drop(entered);
    let config = Config::new(config(STUB_ENDPOINT, 0));
    let mut limits = TenantLimits::default();
    limits.rate = Some(Rate::per_minute(1));
    let call = async |from: usize, to: usize| {
        let mut longest = Duration::ZERO;
        for tenant in from..to {
            let tenant = Tenant::new(format!("tenant-{tenant}")).limits(limits.clone());
            let sent = plugin
                .for_tenant(tenant)
                .send_message_reported(&config, &stub_message())
                .await;
            sent.outcome.map_err(told)?;
            longest = longest.max(sent.report.queued);
        }
        Ok::<_, String>(longest)
    };
    runtime.block_on(async {
        for _ in 0..500 {
            let sent = plugin.send_message(&config, &stub_message()).await;
            sent.map_err(told)?;
        }
        let before = resident();
        let quiet = call(0, tenants).await?;
        let grown = resident().saturating_sub(before);
        let full = call(tenants, tenants * 2).await?;
        Ok(json!({
            "bytes": grown as f64 / tenants as f64,
            "quiet_us": quiet.as_secs_f64() * 1e6,
            "full_us": full.as_secs_f64() * 1e6,
        }))
    })
}

/// All of it.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    Ok(vec![
        concurrency(size)?,
        bursts(size)?,
        waiting()?,
        remembered()?,
    ])
}

fn concurrency(size: Size) -> Result<Section> {
    let all: &[u32] = if size.quick {
        &[32, 128, 512]
    } else {
        &[16, 32, 64, 128, 256, 512, 1_024, 2_048]
    };
    let mut rows = Vec::new();
    for places in all {
        let run = part(&["calls", &places.to_string()])?;
        let mut row = vec![
            places.to_string(),
            digits(figure(&run, "rate")?),
            digits(figure(&run, "cores")?),
            digits(figure(&run, "cpu_us")?),
            digits(figure(&run, "p99_ms")?),
            mb(figure(&run, "resident")?),
            // What the limit permits, as no honest plugin comes near it.
            thousands((u64::from(*places) * Limits::default().memory_bytes as u64) >> 20),
        ];
        if *places == Limits::default().concurrent_calls {
            for cell in &mut row {
                *cell = format!("**{cell}**");
            }
        }
        rows.push(row);
    }
    Ok(Section::table(
        "calls",
        &[
            "calls at once",
            "sends/s",
            "cores in use",
            "CPU per send, µs",
            "p99, ms",
            "resident, MB",
            "permitted to hostile plugins, MiB",
        ],
        &rows,
    ))
}

fn bursts(size: Size) -> Result<Section> {
    let default = Limits::default().queued_calls;
    let all: &[(usize, u64, usize, u32)] = if size.quick {
        &[(1_152, 100, 0, default), (4_224, 100, 0, default)]
    } else {
        &[
            (256, 100, 0, default),
            (1_152, 100, 0, default),
            (1_408, 100, 0, default),
            (4_224, 100, 0, default),
            (4_224, 100, 0, 4_096),
            (4_224, 25, 0, default),
            (4_224, 25, 0, 4_096),
            (4_224, 300, 0, default),
            (4_224, 100, 200, default),
            (256, 100, 1, default),
            (256, 300, 1, default),
            (256, 500, 1, default),
        ]
    };
    let mut rows = Vec::new();
    for (calls, delay, tenants, queue) in all {
        let words = [
            calls.to_string(),
            delay.to_string(),
            tenants.to_string(),
            queue.to_string(),
        ];
        let [calls, delay, tenants, queue] = &words;
        let run = part(&["burst", calls, delay, tenants, queue])?;
        let number = |key: &str| figure(&run, key).map(|number| thousands(number as u64));
        rows.push(vec![
            number_of(calls),
            number_of(queue),
            delay.clone(),
            if tenants == "0" { "none" } else { tenants }.to_owned(),
            number("served")?,
            ms(Duration::from_secs_f64(figure(&run, "longest_ms")? / 1e3)),
            number("at_once")?,
            number("late")?,
        ]);
    }
    Ok(Section::table(
        "burst",
        &[
            "calls at once",
            "`queued_calls`",
            "provider, ms",
            "tenants",
            "served",
            "the last waited, ms",
            "refused at once",
            "refused after a wait",
        ],
        &rows,
    ))
}

fn number_of(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), thousands)
}

/// What a call that waits holds, its task included.
fn waiting() -> Result<Section> {
    let mut each = Vec::new();
    for _ in 0..3 {
        let few = figure(&part(&["burst", "128", "400", "0", "1024"])?, "waiting")?;
        let most = Limits::default().queued_calls;
        let many = (128 + most).to_string();
        let queue = most.to_string();
        let many = figure(&part(&["burst", &many, "400", "0", &queue])?, "waiting")?;
        each.push((many - few) / f64::from(most));
    }
    let most = f64::from(Limits::default().queued_calls);
    Ok(Section::new(
        "waiting",
        format!(
            "A waiting call holds {} KB, its task and its caller's included: a full queue {} MB.",
            kb(median(&each)),
            mb(median(&each) * most)
        ),
    ))
}

fn remembered() -> Result<Section> {
    let mut rows = Vec::new();
    for tenants in [1_000, 10_000, 30_000] {
        let run = part(&["tenants", &tenants.to_string()])?;
        let bytes = figure(&run, "bytes")?;
        rows.push(vec![
            thousands(tenants),
            digits(bytes),
            mb(bytes * tenants as f64),
            digits(figure(&run, "quiet_us")?),
            digits(figure(&run, "full_us")?),
        ]);
    }
    Ok(Section::table(
        "tenants",
        &[
            "tenants remembered",
            "bytes each",
            "MB",
            "longest look at the books, µs",
            "the same once they are full",
        ],
        &rows,
    ))
}
