//! Effect of an attack on a neighbour: its sends alone, then the same beside an attacker, in one run.
//!
//! `neighbour [sends [attack...]]`, built by `cargo build --profile host --workspace --examples`. Prints one line of
//! JSON on standard output for each attack. Both plugins run in one host on a runtime of two threads; the simulator is
//! a server in the same process, on its own threads. The attacker calls back to back, as another tenant, with the
//! default limits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    dead_code,
    unused_imports,
    reason = "a measurement fails loudly, and uses a part of what the tests share"
)]

mod support {
    pub mod artifacts;
    pub mod config;
    pub mod server;
    pub mod wire;
}

use auth_connector_host::{Config, ConnectorHost, Message, Plugin};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::artifacts::{component, hostile};
use support::config::{MAINLAND, code_to, config, to_config};
use support::server::Server;
use tencent_sms_simulator::Simulator;

/// Computing, waiting in the host, memory, handles, traffic: one of each kind.
const ATTACKS: [&str; 6] = [
    "endless-loop",
    "busy-poll",
    "memory-bomb",
    "handle-bomb",
    "many-requests",
    "body-hoard",
];
const SENDS: usize = 500;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let sends = arguments
        .next()
        .map_or(SENDS, |count| count.parse().unwrap());
    let named: Vec<String> = arguments.collect();
    let attacks = if named.is_empty() {
        ATTACKS.map(str::to_owned).to_vec()
    } else {
        named
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for attack in attacks {
            println!("{}", Pair::new().measure(&attack, sends).await);
        }
    });
}

/// A neighbour and an attacker, on one host.
struct Pair {
    neighbour: Plugin,
    attacker: Plugin,
    simulator: Simulator,
    server: Server,
    next: AtomicU64,
}

impl Pair {
    fn new() -> Self {
        // Minimal retention, or the simulator's memory would be measured too.
        let simulator = Simulator::builder()
            .retention(100)
            .start_blocking()
            .unwrap();
        let server = Server::start(|mut peer| async move {
            const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
            while peer.request().await.is_some() && peer.write(OK).await {}
        });
        let host = ConnectorHost::builder()
            .with(|options| options.system_roots = false)
            .build()
            .unwrap();
        let load = |path, origin: String| {
            let egress = [origin.parse().unwrap()].into_iter().collect();
            ConnectorHost::load_with(&host, path, egress, None).unwrap()
        };
        Self {
            neighbour: load(component(), simulator.url()).for_tenant("neighbour"),
            attacker: load(hostile(), server.url()).for_tenant("attacker"),
            simulator,
            server,
            next: AtomicU64::new(0),
        }
    }

    async fn measure(&self, attack: &str, sends: usize) -> String {
        // Warms up connections, caches and the allocator before the measurement.
        self.sends(sends / 5).await;
        let quiet = self.sends(sends).await;
        let over = Arc::new(AtomicBool::new(false));
        let attacking = tokio::spawn(attacks(
            self.attacker.clone(),
            attack.to_owned(),
            self.server.url(),
            over.clone(),
        ));
        let beside = self.sends(sends).await;
        over.store(true, Ordering::SeqCst);
        let attacks = attacking.await.unwrap();
        let ratio =
            |percent| at(&beside, percent).as_secs_f64() / at(&quiet, percent).as_secs_f64();
        let micros = |times: &[Duration], percent| at(times, percent).as_micros() as u64;
        json!({
            "bench": "neighbour",
            "attack": attack,
            "attacks": attacks,
            "sends": sends,
            "quiet": {"median_us": micros(&quiet, 50), "p99_us": micros(&quiet, 99)},
            "beside": {"median_us": micros(&beside, 50), "p99_us": micros(&beside, 99)},
            "ratio": {"median": ratio(50), "p99": ratio(99)},
        })
        .to_string()
    }

    /// Sends one message after another and returns the durations, sorted. Every one is accepted.
    async fn sends(&self, count: usize) -> Vec<Duration> {
        let config = to_config(&config(Some(&self.simulator.url())));
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let nth = self.next.fetch_add(1, Ordering::Relaxed);
            let message = code_to(&format!("+86139{nth:08}"));
            let start = Instant::now();
            let sent = self.neighbour.send_message(&config, &message).await;
            times.push(start.elapsed());
            sent.expect("the neighbour's messages are accepted");
        }
        times.sort_unstable();
        times
    }
}

/// The duration that this percentage of the sends does not exceed.
fn at(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted[index]
}

/// Attacks back to back until it is over. Returns the number of attacks.
async fn attacks(plugin: Plugin, attack: String, origin: String, over: Arc<AtomicBool>) -> u64 {
    let config = Config::new(json!({"attack": attack, "origin": origin}).to_string());
    let mut count = 0;
    while !over.load(Ordering::SeqCst) {
        let message: Message = code_to(MAINLAND);
        let _ = plugin.send_message(&config, &message).await;
        count += 1;
    }
    count
}
