//! Driver: many tenants that send at once, and a thread's share of compiling.

use super::server::number;
use crate::component::{builder, wasm};
use crate::work::{CODE, Result, as_text, config};
use auth_connector_host::{Config, ConnectorHost, Message, Plugin, SendError};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const TENANTS: usize = 50;

/// Outcome that a call received.
#[derive(Clone)]
pub enum Outcome {
    /// With the id of the receipt.
    Accepted(String),
    NotSent,
    Unknown,
}

struct Shared {
    next: AtomicU64,
    calls: u64,
    outcomes: Mutex<Vec<(u64, Outcome)>>,
    done: AtomicBool,
}

impl Shared {
    fn note(&self, call: u64, outcome: Outcome) {
        let mut all = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((call, outcome));
    }
}

async fn send_all(shared: Arc<Shared>, plugin: Plugin, config: Config) {
    loop {
        let call = shared.next.fetch_add(1, Ordering::Relaxed);
        if call >= shared.calls {
            return;
        }
        let message = Message {
            correlation_id: Some(format!("c{call}")),
            ..Message::to(number(call)).usage("Register").code(CODE)
        };
        let outcome = match plugin.send_message(&config, &message).await {
            Ok(receipt) => Outcome::Accepted(receipt.message_id),
            Err(SendError::NotSent(_)) => Outcome::NotSent,
            Err(SendError::Unknown(_)) => Outcome::Unknown,
        };
        shared.note(call, outcome);
        if call.is_multiple_of(3) {
            tokio::time::sleep(Duration::from_micros(call % 13 * 250)).await;
        }
    }
}

/// Compiles a plugin now and then, on a thread of the runtime.
async fn load(shared: Arc<Shared>, host: ConnectorHost, bytes: Vec<u8>) -> Result<u64> {
    let mut loads = 0;
    while !shared.done.load(Ordering::Relaxed) {
        drop(host.load(bytes.clone()).map_err(as_text)?);
        loads += 1;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    Ok(loads)
}

/// What a run of the driver gives.
pub struct Driven {
    /// Each call, and its outcome.
    pub outcomes: Vec<(u64, Outcome)>,
    /// Plugins that were compiled meanwhile.
    pub loads: u64,
}

/// Sends `calls` messages on a runtime with `workers` threads.
pub fn drive(calls: u64, workers: usize, url: &str) -> Result<Driven> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(as_text)?;
    let shared = Arc::new(Shared {
        next: AtomicU64::new(0),
        calls,
        outcomes: Mutex::default(),
        done: AtomicBool::new(false),
    });
    let loads = runtime.block_on(async {
        let host = builder()
            .allow(url)
            .map_err(as_text)?
            .with(|options| {
                options.system_roots = false;
                options.limits.concurrent_calls = 64;
            })
            .build()
            .map_err(as_text)?;
        let bytes = std::fs::read(wasm()?).map_err(as_text)?;
        let plugin = host.load(bytes.clone()).map_err(as_text)?;
        let loading = tokio::spawn(load(shared.clone(), host, bytes));
        let mut tenants = Vec::new();
        for tenant in 0..TENANTS {
            let config = Config::new(config(url, tenant));
            let plugin = plugin.for_tenant(format!("tenant-{tenant}"));
            tenants.push(tokio::spawn(send_all(shared.clone(), plugin, config)));
        }
        for tenant in tenants {
            tenant.await.map_err(as_text)?;
        }
        shared.done.store(true, Ordering::Relaxed);
        loading.await.map_err(as_text)?
    })?;
    let mut outcomes = shared
        .outcomes
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Ok(Driven {
        outcomes: std::mem::take(&mut *outcomes),
        loads,
    })
}
