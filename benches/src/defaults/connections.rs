//! Making connections, keeping them, and how many one call may have.

use super::page::{Section, kb, micros, percent};
use super::provider::{Manner, Provider};
use super::{Size, figure, one_thread, part};
use crate::component::{builder, message, stub_message, wasm};
use crate::lanes::Simulator;
use crate::report::{digits, thousands};
use crate::work::{Result, config, cpu_time, descriptors, median, percentile, resident, told};
use auth_connector_host::{Config, HttpExchange, Limits, Plugin, Tenant, TenantLimits};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// The component with a way to one provider.
pub fn plugin(
    url: &str,
    authority: Option<&[u8]>,
    limits: impl FnOnce(&mut Limits),
) -> Result<Plugin> {
    let mut builder = builder().allow(url).map_err(told)?;
    if let Some(authority) = authority {
        builder = builder.trust_pem(authority);
    }
    let host = builder
        .with(|options| {
            options.system_roots = false;
            limits(&mut options.limits);
        })
        .build()
        .map_err(told)?;
    host.load(wasm()?).map_err(told)
}

/// A send that must be accepted, and its one exchange.
async fn exchanged(plugin: &Plugin, config: &Config, index: u64) -> Result<HttpExchange> {
    let sent = plugin.send_message_reported(config, &message(index)).await;
    sent.outcome.map_err(told)?;
    sent.report
        .http
        .into_iter()
        .next()
        .ok_or_else(|| "a send without a request".to_owned())
}

/// How long a connection takes whose first packets are lost: the queue of the provider that accepts them is full.
fn lost(size: Size) -> Result<Section> {
    let all: &[(usize, u64)] = if size.quick {
        &[(0, 0), (1, 500)]
    } else {
        &[(0, 0), (1, 500), (2, 1_500), (3, 2_500), (4, 3_500)]
    };
    let mut rows = Vec::new();
    for (packets, pause) in all {
        let provider = Provider::start(if *packets == 0 {
            Manner::Answers(Duration::ZERO)
        } else {
            Manner::AcceptsAfter(Duration::from_millis(*pause))
        })?;
        let filler = std::net::TcpStream::connect(provider.address).map_err(told)?;
        let plugin = plugin(&provider.url, None, |_| ())?;
        let config = Config::new(config(&provider.url, 0));
        let connected = one_thread()?.block_on(async {
            let sent = plugin.send_message_reported(&config, &stub_message()).await;
            let connect = sent.report.http.first().and_then(|http| http.connect);
            (connect, sent.outcome.map(drop))
        });
        drop(filler);
        rows.push(vec![
            packets.to_string(),
            connected.0.map_or_else(
                || "none".to_owned(),
                |connect| digits(micros(connect) / 1e3),
            ),
            match connected.1 {
                Ok(()) => "accepted".to_owned(),
                Err(error) => error.to_string(),
            },
        ]);
    }
    let titles = ["packets lost", "connected after, ms", "the send"];
    Ok(Section::table("lost", &titles, &rows))
}

/// Sends over TLS one after another.
pub fn reuse(kept: usize, url: &str, authority: &str) -> Result<Value> {
    const SENDS: u64 = 300;
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let authority = std::fs::read(authority).map_err(told)?;
    let plugin = plugin(url, Some(&authority), |limits| {
        limits.idle_connections_each = kept
    })?;
    drop(entered);
    let config = Config::new(config(url, 0));
    runtime.block_on(async {
        for index in 0..50 {
            exchanged(&plugin, &config, index).await?;
        }
        let begun = cpu_time();
        let (mut times, mut handshakes) = (Vec::new(), Vec::new());
        for index in 0..SENDS {
            let exchange = exchanged(&plugin, &config, index).await?;
            times.push(micros(exchange.total));
            handshakes.push(exchange.tls.map_or(0.0, micros));
        }
        let cpu = cpu_time().saturating_sub(begun);
        Ok(json!({
            "cpu_us": micros(cpu) / SENDS as f64,
            "p50_us": median(&times),
            "p99_us": percentile(&mut times, 99),
            "tls_us": median(&handshakes),
            "tls_max_us": percentile(&mut handshakes, 100),
        }))
    })
}

/// Memory and descriptors of idle connections: bursts of tenants, of which each burst
/// finds the memory that the first one's calls needed.
pub fn kept(kept: usize, url: &str, authority: &str) -> Result<Value> {
    const CALLS: u32 = 256;
    const BURSTS: u32 = 4;
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let authority = std::fs::read(authority).map_err(told)?;
    let plugin = plugin(url, Some(&authority), |limits| {
        limits.idle_connections = kept * BURSTS as usize;
        limits.idle_connections_each = kept;
        limits.concurrent_calls = CALLS;
    })?;
    drop(entered);
    let config = Config::new(config(url, 0));
    let mut limits = TenantLimits::default();
    limits.concurrent_calls = Some(CALLS);
    runtime.block_on(async {
        let mut begun = (0, 0);
        for burst in 0..=BURSTS {
            let tenant = Tenant::new(format!("tenant-{burst}")).limits(limits.clone());
            let plugin = plugin.for_tenant(tenant);
            let mut calls = Vec::new();
            for index in 0..CALLS {
                let (plugin, config) = (plugin.clone(), config.clone());
                calls.push(tokio::spawn(async move {
                    exchanged(&plugin, &config, index.into()).await.map(drop)
                }));
            }
            for call in calls {
                call.await.map_err(told)??;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            if burst == 0 {
                begun = (resident(), descriptors());
            }
        }
        Ok(json!({
            "resident": resident().saturating_sub(begun.0),
            "connections": descriptors().saturating_sub(begun.1),
        }))
    })
}

/// What a kept connection saves, and what it holds.
fn reused(size: Size) -> Result<Vec<Section>> {
    let out = std::env::var_os("BENCH_OUT").map(PathBuf::from);
    let out = out.ok_or("BENCH_OUT is not set")?;
    std::fs::create_dir_all(&out).map_err(told)?;
    let authority = out.join("defaults-authority.pem");
    let simulator = Simulator::start(&out.join("catalogue.yaml"), Some(&authority))?;
    let authority = authority.to_str().ok_or("a path that is not text")?;
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..size.rounds {
        for (words, runs) in ["32", "0"].iter().zip(&mut runs) {
            runs.push(part(&["reuse", words, &simulator.url, authority])?);
        }
    }
    let mut rows = Vec::new();
    for (name, runs) in ["kept", "new for each send"].iter().zip(&runs) {
        let mut row = vec![(*name).to_owned()];
        for key in ["cpu_us", "p50_us", "p99_us", "tls_us", "tls_max_us"] {
            let rounds: Result<Vec<f64>> = runs.iter().map(|run| figure(run, key)).collect();
            row.push(digits(median(&rounds?)));
        }
        rows.push(row);
    }
    let table = Section::table(
        "reuse",
        &[
            "connection",
            "CPU per send, µs",
            "request, median, µs",
            "p99",
            "handshake, median, µs",
            "longest",
        ],
        &rows,
    );
    let mut each = Vec::new();
    for _ in 0..3 {
        let many = part(&["kept", "256", &simulator.url, authority])?;
        let none = part(&["kept", "0", &simulator.url, authority])?;
        let bytes = figure(&many, "resident")? - figure(&none, "resident")?;
        let connections = figure(&many, "connections")?;
        each.push((bytes / connections, connections));
    }
    let bytes: Vec<f64> = each.iter().map(|each| each.0).collect();
    let connections: Vec<f64> = each.iter().map(|each| each.1).collect();
    let text = format!(
        "An idle TLS connection holds {} KB and one descriptor ({} kept, against none that are kept).",
        kb(median(&bytes)),
        digits(median(&connections)),
    );
    Ok(vec![table, Section::new("idle", text)])
}

/// Which share of the sends finds a connection that is kept: in bursts with a pause in between, and in a steady stream.
fn shares(size: Size) -> Result<Section> {
    let flights: &[usize] = if size.quick {
        &[32, 128]
    } else {
        &[8, 16, 32, 64, 128]
    };
    let provider = Provider::start(Manner::Answers(Duration::from_millis(20)))?;
    let mut rows = Vec::new();
    for kept in [0, 8, 32, 64, 128] {
        let plugin = plugin(&provider.url, None, |limits| {
            limits.idle_connections_each = kept;
        })?;
        let config = Config::new(config(&provider.url, 0));
        let mut row = vec![if kept == Limits::default().idle_connections_each {
            format!("**{kept}**")
        } else {
            kept.to_string()
        }];
        for flight in flights {
            let found = one_thread()?.block_on(bursts(&plugin, &config, *flight))?;
            row.push(percent(found, 1.0));
        }
        let found = one_thread()?.block_on(stream(&plugin, &config, 128))?;
        row.push(percent(found, 1.0));
        rows.push(row);
    }
    let titles: Vec<String> = flights
        .iter()
        .map(|flight| format!("bursts of {flight}"))
        .collect();
    let mut all = vec!["`idle_connections_each`"];
    all.extend(titles.iter().map(String::as_str));
    all.push("a stream, 128 in flight");
    Ok(Section::table("shares", &all, &rows))
}

/// So many sends at the same time, and how many of them found a connection.
async fn burst(plugin: &Plugin, config: &Config, flight: usize) -> Result<usize> {
    let mut calls = Vec::new();
    for _ in 0..flight {
        let (plugin, config) = (plugin.clone(), config.clone());
        calls.push(tokio::spawn(async move { found(&plugin, &config).await }));
    }
    let mut count = 0;
    for call in calls {
        count += usize::from(call.await.map_err(told)??);
    }
    Ok(count)
}

async fn found(plugin: &Plugin, config: &Config) -> Result<bool> {
    let sent = plugin.send_message_reported(config, &stub_message()).await;
    sent.outcome.map_err(told)?;
    let http = sent.report.http.first();
    Ok(http.is_some_and(|http| http.reused_connection))
}

async fn bursts(plugin: &Plugin, config: &Config, flight: usize) -> Result<f64> {
    const BURSTS: usize = 4;
    // The first finds nothing, whatever is kept.
    burst(plugin, config, flight).await?;
    let mut count = 0;
    for _ in 0..BURSTS {
        // What the burst before leaves behind is in the pool by then.
        tokio::time::sleep(Duration::from_millis(5)).await;
        count += burst(plugin, config, flight).await?;
    }
    Ok(count as f64 / (BURSTS * flight) as f64)
}

async fn stream(plugin: &Plugin, config: &Config, flight: usize) -> Result<f64> {
    const EACH: usize = 12;
    burst(plugin, config, flight).await?;
    let mut clients = Vec::new();
    for _ in 0..flight {
        let (plugin, config) = (plugin.clone(), config.clone());
        clients.push(tokio::spawn(async move {
            let mut count = 0;
            for _ in 0..EACH {
                count += usize::from(found(&plugin, &config).await?);
            }
            Ok::<_, String>(count)
        }));
    }
    let mut count = 0;
    for client in clients {
        count += client.await.map_err(told)??;
    }
    Ok(count as f64 / (EACH * flight) as f64)
}

/// The most descriptors that calls of a plugin held which begins as many requests as it may.
pub fn requests(at_once: u32, url: &str) -> Result<Value> {
    const CALLS: usize = 16;
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let hostile = std::env::var_os("HOSTILE_WASM").ok_or("HOSTILE_WASM is not set")?;
    let host = builder()
        .allow(url)
        .map_err(told)?
        .with(|options| {
            options.system_roots = false;
            options.limits.requests_at_once = at_once;
        })
        .build()
        .map_err(told)?;
    let plugin = host.load(PathBuf::from(hostile)).map_err(told)?;
    drop(entered);
    let config = json!({"attack": "requests-at-once", "origin": url, "word": ""}).to_string();
    let config = Config::new(config);
    runtime.block_on(async {
        let before = descriptors();
        let mut calls = Vec::new();
        for _ in 0..CALLS {
            let (plugin, config) = (plugin.clone(), config.clone());
            calls.push(tokio::spawn(async move {
                plugin
                    .send_message(&config, &stub_message())
                    .await
                    .map(drop)
            }));
        }
        let mut most = 0;
        while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
            most = most.max(descriptors().saturating_sub(before));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(json!({"each": most as f64 / CALLS as f64}))
    })
}

fn sockets() -> Result<Section> {
    let provider = Provider::start(Manner::Answers(Duration::from_millis(400)))?;
    let calls = f64::from(Limits::default().concurrent_calls);
    let mut rows = Vec::new();
    for at_once in [1, 2, 4, 8, 16] {
        let run = part(&["requests", &at_once.to_string(), &provider.url])?;
        let each = figure(&run, "each")?;
        let cells = [
            at_once.to_string(),
            digits(each),
            thousands((each * calls) as u64),
            percent(each * calls, 1_024.0),
        ];
        rows.push(if at_once == Limits::default().requests_at_once {
            cells.map(|cell| format!("**{cell}**")).into()
        } else {
            cells.into()
        });
    }
    Ok(Section::table(
        "sockets",
        &[
            "`requests_at_once`",
            "descriptors of a hostile call",
            "of as many as may run",
            "of 1,024",
        ],
        &rows,
    ))
}

/// All of it.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    let mut sections = vec![lost(size)?];
    sections.extend(reused(size)?);
    sections.push(shares(size)?);
    sections.push(sockets()?);
    Ok(sections)
}
