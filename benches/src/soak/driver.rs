//! Driver of a soak: the host, its tenants and their hostile neighbours. Records the outcome of every call.

use super::calls::{ACCEPTED, NOT_SENT, TENANTS, UNKNOWN, number};
use crate::component::{builder, wasm};
use crate::work::{CODE, Result, as_text, config, descriptors, resident};
use auth_connector_host::{Config, LivePlugin, Message, SendError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a call may take: faults that hang are given up then.
const PATIENCE_MS: u32 = 1_500;

/// The host's side. Writes the states to a file and prints its figures.
pub fn drive(calls: u64, url: &str, states: &Path) -> Result {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(as_text)?;
    let (figures, told_states) = runtime.block_on(driven(calls, url))?;
    std::fs::write(states, told_states).map_err(as_text)?;
    println!("{figures}");
    Ok(())
}

/// Bytes of the component that are another file and the same connector: a custom section more.
fn versions() -> Result<[Vec<u8>; 2]> {
    let first = std::fs::read(wasm()?).map_err(as_text)?;
    let mut second = first.clone();
    second.extend_from_slice(b"\0\x05\x04soak");
    Ok([first, second])
}

struct Shared {
    place: LivePlugin,
    next: AtomicU64,
    calls: u64,
    states: Vec<std::sync::atomic::AtomicU8>,
    done: AtomicBool,
    swaps: AtomicUsize,
    hostile_calls: AtomicUsize,
    hostile_accepted: AtomicUsize,
}

async fn driven(calls: u64, url: &str) -> Result<(Value, Vec<u8>)> {
    let host = builder()
        .allow(url)
        .map_err(as_text)?
        .with(|options| {
            options.system_roots = false;
            // As many as can be needed, so that all slots are in use early, and what grows afterwards grows for good.
            options.limits.concurrent_calls = 64;
        })
        .build()
        .map_err(as_text)?;
    let versions = versions()?;
    let load = |version: usize| {
        let bytes = versions.get(version % 2).cloned().unwrap_or_default();
        host.load(bytes).map_err(as_text)
    };
    let shared = Arc::new(Shared {
        place: LivePlugin::new(load(0)?),
        next: AtomicU64::new(0),
        calls,
        states: (0..calls).map(|_| 0.into()).collect(),
        done: AtomicBool::new(false),
        swaps: AtomicUsize::new(0),
        hostile_calls: AtomicUsize::new(0),
        hostile_accepted: AtomicUsize::new(0),
    });
    let hostile = std::env::var_os("HOSTILE_WASM").ok_or("HOSTILE_WASM is not set")?;
    let hostile = host.load(PathBuf::from(hostile)).map_err(as_text)?;
    let mut neighbours = Vec::new();
    for attack in ["endless-loop", "memory-bomb"] {
        neighbours.push(tokio::spawn(attack_on(
            shared.clone(),
            hostile.clone(),
            attack,
        )));
    }
    let begun = Instant::now();
    let mut tenants = Vec::new();
    for tenant in 0..u64::from(TENANTS) {
        let config = Config::new(config(url, usize::try_from(tenant).unwrap_or_default()));
        tenants.push(tokio::spawn(send_all(shared.clone(), tenant, config)));
    }
    let sampled = tokio::spawn(sample(shared.clone()));
    let mut version = 0;
    while tenants.iter().any(|tenant| !tenant.is_finished()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        version += 1;
        let retired = shared.place.replace(load(version)?);
        shared.swaps.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            retired
                .drain(Duration::from_secs(15))
                .await
                .map_err(as_text)
        });
    }
    for tenant in tenants {
        tenant.await.map_err(as_text)?;
    }
    let took = begun.elapsed();
    shared.done.store(true, Ordering::Relaxed);
    for neighbour in neighbours {
        neighbour.await.map_err(as_text)?;
    }
    let samples = sampled.await.map_err(as_text)?;
    // Idle connections may stay; calls may not.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let states: Vec<u8> = shared
        .states
        .iter()
        .map(|state| state.load(Ordering::Relaxed))
        .collect();
    let figures = json!({
        "seconds": took.as_secs_f64(),
        "swaps": shared.swaps.load(Ordering::Relaxed),
        "hostile_calls": shared.hostile_calls.load(Ordering::Relaxed),
        "hostile_accepted": shared.hostile_accepted.load(Ordering::Relaxed),
        "running_at_end": format!("{:?}", host.occupancy()),
        "resident": samples.iter().map(|sample| sample.0).collect::<Vec<_>>(),
        "descriptors": samples.iter().map(|sample| sample.1).collect::<Vec<_>>(),
        "resident_at_end": resident(),
        "descriptors_at_end": descriptors(),
    });
    Ok((figures, states))
}

/// One tenant: takes the next call until there is none.
async fn send_all(shared: Arc<Shared>, tenant: u64, config: Config) {
    let name = format!("tenant-{tenant}");
    loop {
        let call = shared.next.fetch_add(1, Ordering::Relaxed);
        if call >= shared.calls {
            return;
        }
        let message = Message {
            timeout_ms: Some(PATIENCE_MS),
            ..Message::to(number(call)).usage("Register").code(CODE)
        };
        let plugin = shared.place.current().for_tenant(name.as_str());
        let state = match plugin.send_message(&config, &message).await {
            Ok(_) => ACCEPTED,
            Err(SendError::NotSent(_)) => NOT_SENT,
            Err(SendError::Unknown(_)) => UNKNOWN,
        };
        if let Ok(call) = usize::try_from(call)
            && let Some(place) = shared.states.get(call)
        {
            place.store(state, Ordering::Relaxed);
        }
    }
}

/// A neighbour that attacks the host as long as the others send.
async fn attack_on(shared: Arc<Shared>, plugin: auth_connector_host::Plugin, attack: &'static str) {
    let plugin = plugin.for_tenant(attack);
    let config = Config::new(format!(r#"{{"attack":"{attack}","origin":"","word":""}}"#));
    let message = Message::to("+8613800138000").usage("Register").code(CODE);
    while !shared.done.load(Ordering::Relaxed) {
        let outcome = plugin.send_message(&config, &message).await;
        shared.hostile_calls.fetch_add(1, Ordering::Relaxed);
        if outcome.is_ok() {
            shared.hostile_accepted.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The least memory during each twentieth of the calls, and the descriptors after it. The least excludes memory that a
/// neighbour's attack or a compilation takes briefly, and includes leaks.
async fn sample(shared: Arc<Shared>) -> Vec<(u64, usize)> {
    let mut samples = Vec::new();
    for twentieth in 1..=20 {
        let mut least = resident();
        while shared.next.load(Ordering::Relaxed) < shared.calls * twentieth / 20 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            least = least.min(resident());
        }
        samples.push((least, descriptors()));
    }
    samples
}
