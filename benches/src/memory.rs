//! Measures the memory of live tenants: each has a call in flight that has done all of its work and waits for the
//! response.

use crate::component::{STUB_ENDPOINT, builder, message, stub_message, stubbed, wasm};
use crate::work::{Result, as_text, config, proportional, resident};
use auth_connector_host::{Config, FailureKind, Plugin, SendError};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the answers take: long enough for all calls to get there.
pub const DELAY: Duration = Duration::from_secs(4);

fn runtime() -> Result<tokio::runtime::Runtime> {
    // One thread, as the lanes have: with more, the allocator keeps an arena for each.
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(as_text)
}

/// `tenants` calls at once. Without a URL no network is involved, and what grows is what instances hold.
pub fn measure(tenants: usize, url: Option<&str>) -> Result<Value> {
    let runtime = runtime()?;
    let entered = runtime.enter();
    let calls = u32::try_from(tenants).map_err(as_text)?;
    let plugin = match url {
        None => stubbed(DELAY, |options| options.limits.concurrent_calls = calls)?,
        Some(url) => builder()
            .allow(url)
            .map_err(as_text)?
            .with(|options| {
                options.system_roots = false;
                options.limits.concurrent_calls = calls;
                options.limits.idle_connections = tenants;
                options.limits.idle_connections_each = tenants;
            })
            .build()
            .map_err(as_text)?
            .load(wasm()?)
            .map_err(as_text)?,
    };
    drop(entered);
    let endpoint = url.unwrap_or(STUB_ENDPOINT);
    let first = Memory::now();
    let mut last = first;
    // Twice: the second time measures slots that were used before, which is the lasting cost.
    for _ in 0..2 {
        last = runtime.block_on(round(&plugin, endpoint, tenants, url.is_none()))?;
    }
    let each = |live: u64, first: u64| live.saturating_sub(first) as f64 / tenants as f64;
    Ok(json!({
        "tenants": tenants,
        "resident_before": first.resident,
        "resident": last.resident,
        "resident_per_instance": each(last.resident, first.resident),
        "proportional_before": first.proportional,
        "proportional": last.proportional,
        "proportional_per_instance": each(last.proportional, first.proportional),
    }))
}

/// Memory of this process by the kernel, with shared pages counted as often as they are mapped, and once.
#[derive(Clone, Copy)]
struct Memory {
    resident: u64,
    proportional: u64,
}

impl Memory {
    fn now() -> Self {
        Self {
            resident: resident(),
            proportional: proportional(),
        }
    }

    fn or_more(self, other: Self) -> Self {
        Self {
            resident: self.resident.max(other.resident),
            proportional: self.proportional.max(other.proportional),
        }
    }
}

/// Starts all calls and gives the most that they took while all of them were in flight.
async fn round(plugin: &Plugin, endpoint: &str, tenants: usize, canned: bool) -> Result<Memory> {
    let mut calls = Vec::new();
    for tenant in 0..tenants {
        let plugin = plugin.clone();
        let config = Config::new(config(endpoint, tenant));
        let message = if canned {
            stub_message()
        } else {
            message(900_000 + tenant as u64)
        };
        calls.push(tokio::spawn(async move {
            plugin.send_message(&config, &message).await
        }));
    }
    let mut most = Memory::now();
    while !calls.iter().any(tokio::task::JoinHandle::is_finished) {
        most = most.or_more(Memory::now());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // Until the first ended, all were in flight. An outcome shows that each had done its work by then.
    for call in calls {
        match call.await.map_err(as_text)? {
            Ok(_) => {}
            // On a busy machine a call meets its deadline before the answer.
            Err(SendError::Unknown(cause)) if cause.kind() == FailureKind::Timeout => {}
            Err(error) => {
                return Err(format!(
                    "a call that was to wait for its answer ended early, so this measures nothing: {error}"
                ));
            }
        }
    }
    Ok(most)
}
