//! CPU, latency and memory of a verification: `auth-host serve` beside better-auth, `cargo xtask bench --verifications`.
//!
//! A verification is a start, an SMS to the simulator, a look into the simulator's inbox, and a check. Both servers
//! write to SQLite in a file with WAL and `synchronous=FULL`, send over plain HTTP to one simulator in a process of
//! its own, and take turns. CPU is that of the server's process alone.

mod loops;

use self::loops::{AT_ONCE, RATE, Times, closed, commits, open, provider};
use crate::awake::Awake;
use crate::caller::Caller;
use crate::lanes::Simulator;
use crate::report;
use crate::servers::{AuthHost, BetterAuth, Server};
use crate::work::{Result, as_text, machine, median, percentile};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Size {
    /// Rounds, whose medians count.
    rounds: u64,
    /// Verifications of a round in the closed loop.
    closed: u64,
    /// Verifications of a round in the open loop.
    open: u64,
}

/// About nine minutes.
pub const FULL: Size = Size {
    rounds: 5,
    closed: 600,
    open: 450,
};
/// About two.
pub const QUICK: Size = Size {
    rounds: 2,
    closed: 300,
    open: 150,
};

/// The figures of one server, a value for each round.
async fn round<S: Server>(
    server: &Arc<S>,
    caller: &Arc<Caller>,
    first: u64,
    size: Size,
    figures: &mut Value,
) -> Result {
    let before = server.usage()?;
    let begun = Instant::now();
    let times = closed(server, caller, first, size.closed).await?;
    let (wall, after) = (begun.elapsed(), server.usage()?);
    let each = |cpu: Duration, count: u64| cpu.as_secs_f64() * 1e6 / count as f64;
    note(figures, "cpu_us", each(after.cpu - before.cpu, size.closed));
    note(figures, "rate", times.len() as f64 / wall.as_secs_f64());
    let times = open(server, caller, first + size.closed, size.open).await?;
    let ended = server.usage()?;
    note(
        figures,
        "open_cpu_us",
        each(ended.cpu - after.cpu, size.open),
    );
    let mut whole: Vec<f64> = times.iter().map(|times| times.whole).collect();
    note(figures, "p50_ms", percentile(&mut whole, 50));
    note(figures, "p99_ms", percentile(&mut whole, 99));
    let of = |part: fn(&Times) -> f64| median(&times.iter().map(part).collect::<Vec<_>>());
    note(figures, "start_p50_ms", of(|times| times.start));
    note(figures, "check_p50_ms", of(|times| times.check));
    note(figures, "resident", ended.resident as f64);
    if let Some(awake) = Awake::start()? {
        let first = first + size.closed + size.open;
        let times = open(server, caller, first, size.open).await?;
        awake.end()?;
        let mut whole: Vec<f64> = times.iter().map(|times| times.whole).collect();
        note(figures, "awake_p50_ms", percentile(&mut whole, 50));
        note(figures, "awake_p99_ms", percentile(&mut whole, 99));
    }
    Ok(())
}

fn note(figures: &mut Value, name: &str, value: f64) {
    if let Some(figures) = figures.as_object_mut() {
        let values = figures.entry(name).or_insert_with(|| json!([]));
        if let Some(values) = values.as_array_mut() {
            values.push(json!(value));
        }
    }
}

/// Notes the last round's value of a figure again, less what the provider took.
fn note_own(figures: &mut Value, whole: &str, own: &str, provider: f64) {
    let values = figures.get(whole).and_then(Value::as_array);
    if let Some(value) = values
        .and_then(|values| values.last())
        .and_then(Value::as_f64)
    {
        note(figures, own, value - provider);
    }
}

/// Measures both, or what is there.
async fn compare(size: Size, out: &Path) -> Result<Value> {
    let simulator = Simulator::start(&out.join("catalogue.yaml"), None)?;
    let folder = out.join("verifications-run");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(as_text)?;
    // The open loop runs twice, the second time with processors that are kept awake.
    let each = size.closed + 2 * size.open;
    let total = each * (size.rounds + 1);
    let ours = Arc::new(AuthHost::start(&folder, &simulator.url)?);
    let peer = match std::env::var_os("BENCH_PEER_VERIFICATIONS") {
        Some(program) => Some(Arc::new(BetterAuth::start(
            Path::new(&program),
            &folder,
            &simulator.url,
            total,
            total,
        )?)),
        None => None,
    };
    let caller = Arc::new(Caller::new(&simulator));
    let (mut ours_figures, mut peer_figures, mut floor) = (json!({}), json!({}), json!({}));
    for nth in 0..=size.rounds {
        eprintln!("== Round {nth} of {}", size.rounds);
        if nth == 1 {
            // The first round warmed both up.
            (ours_figures, peer_figures, floor) = (json!({}), json!({}), json!({}));
        }
        let first = nth * each;
        round(&ours, &caller, first, size, &mut ours_figures).await?;
        if let Some(peer) = &peer {
            round(peer, &caller, total + first, size, &mut peer_figures).await?;
        }
        let first = 2 * total + nth * 2 * size.open;
        let counted = folder.join("commits.db");
        let asleep = provider(&simulator.url, first, size.open).await?;
        note(
            &mut floor,
            "commits_ms",
            commits(&counted, size.open).await?,
        );
        let awake = match Awake::start()? {
            Some(awake) => {
                note(
                    &mut floor,
                    "awake_commits_ms",
                    commits(&counted, size.open).await?,
                );
                let sent = provider(&simulator.url, first + size.open, size.open).await?;
                awake.end()?;
                Some(sent)
            }
            None => None,
        };
        for figures in [&mut ours_figures, &mut peer_figures] {
            note_own(figures, "p50_ms", "own_p50_ms", asleep);
            if let Some(awake) = awake {
                note_own(figures, "awake_p50_ms", "own_awake_p50_ms", awake);
            }
        }
        note(&mut floor, "send_ms", asleep);
        if let Some(awake) = awake {
            note(&mut floor, "awake_send_ms", awake);
        }
    }
    let journal = |path: &Path| crate::servers::is_wal(path);
    let is_wal = journal(&ours.database)? && peer.as_ref().is_none_or(|p| p.is_durable);
    if !is_wal {
        return Err("one of the databases has another journal mode".to_owned());
    }
    let missing = std::env::var("BENCH_MISSING").unwrap_or_default();
    let missing: Vec<&str> = missing.lines().collect();
    let runtimes = peer
        .as_ref()
        .map(|peer| json!({"better-auth": peer.runtime}));
    Ok(json!({
        "machine": machine(), "runtimes": runtimes, "date": time::OffsetDateTime::now_utc().date().to_string(),
        "missing": missing, "rounds": size.rounds, "closed": size.closed, "open": size.open,
        "at_once": AT_ONCE, "rate": RATE, "auth_host": ours_figures, "better_auth": peer_figures,
        "floor": floor,
    }))
}

/// The command: measures, and writes results below `target/` and the table into the docs after a full run.
pub fn run(size: Size, out: &Path, docs: Option<&Path>) -> Result {
    std::fs::create_dir_all(out).map_err(as_text)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(as_text)?;
    let results = runtime.block_on(compare(size, out))?;
    let json = format!("{results:#}\n");
    std::fs::write(out.join("verifications.json"), json).map_err(as_text)?;
    let table = report::verifications::table(&results);
    println!("{table}");
    match docs.filter(|_| report::is_complete(&results)) {
        Some(docs) => report::page::put(docs, "verifications", &table),
        None => Ok(()),
    }
}
