//! Loops of verifications, several at once or at a rate, and what a disk and the provider take of one.

use crate::caller::Caller;
use crate::native::Pooled;
use crate::servers::Server;
use crate::work::{Result, as_text, config, percentile};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Verifications under way at once in the closed loop.
pub const AT_ONCE: u64 = 8;

/// Commits of a verification: of what is to be sent, of its outcome, and of the check.
const COMMITS: usize = 3;

/// Verifications a second in the open loop, below what either server can do.
pub const RATE: u64 = 30;

/// The times of one verification, in milliseconds.
pub struct Times {
    /// From the time at which it was due to the end of its check, without the look into the inbox.
    pub whole: f64,
    /// Its start alone.
    pub start: f64,
    /// Its check alone.
    pub check: f64,
}

/// One verification, whose time counts from `begun`: when it was due.
async fn verify<S: Server>(server: &S, caller: &Caller, nth: u64, begun: Instant) -> Result<Times> {
    let number = crate::work::number(nth);
    let ms = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
    let starting = Instant::now();
    let started = server.start(caller, &number).await?;
    let (start, due_to_started) = (ms(starting), ms(begun));
    // A person reads the code here; the driver looks into the simulator's inbox, and that is not counted.
    let code = caller.code(&number).await?;
    let checking = Instant::now();
    server.check(caller, &number, &started, &code).await?;
    let check = ms(checking);
    Ok(Times {
        whole: due_to_started + check,
        start,
        check,
    })
}

/// Makes `count` verifications, `AT_ONCE` at once, each worker one after another.
pub async fn closed<S: Server>(
    server: &Arc<S>,
    caller: &Arc<Caller>,
    first: u64,
    count: u64,
) -> Result<Vec<Times>> {
    let next = Arc::new(AtomicU64::new(0));
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let (server, caller, next) = (server.clone(), caller.clone(), next.clone());
        workers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok::<_, String>(times);
                }
                let begun = Instant::now();
                times.push(verify(&*server, &caller, first + index, begun).await?);
            }
        }));
    }
    let mut times = Vec::new();
    for worker in workers {
        times.append(&mut worker.await.map_err(as_text)??);
    }
    Ok(times)
}

/// Begins `RATE` a second, whether or not the ones before have ended. Each receives the time at which it was due.
async fn at_rate<T, F>(
    count: u64,
    begin: impl Fn(u64, Instant) -> F + Send + 'static,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    // A thread of its own: tokio's timer rounds up to a millisecond.
    let spawned = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let begin = |index| {
            let due = begun + Duration::from_micros(1_000_000 * index / RATE);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            runtime.spawn(begin(index, due))
        };
        (0..count).map(begin).collect::<Vec<_>>()
    });
    let mut done = Vec::new();
    for task in spawned.await.map_err(as_text)? {
        done.push(task.await.map_err(as_text)??);
    }
    Ok(done)
}

/// Verifications at a rate.
pub async fn open<S: Server>(
    server: &Arc<S>,
    caller: &Arc<Caller>,
    first: u64,
    count: u64,
) -> Result<Vec<Times>> {
    let (server, caller) = (server.clone(), caller.clone());
    let begin = move |index, due| {
        let (server, caller) = (server.clone(), caller.clone());
        async move { verify(&*server, &caller, first + index, due).await }
    };
    at_rate(count, begin).await
}

/// The median of three commits at the same rate, one after another, in milliseconds: the least that a disk takes of a
/// verification. Each changes one row of a database of its own, as durably as the servers do.
pub async fn commits(database: &Path, count: u64) -> Result<f64> {
    let database = Connection::open(database).map_err(as_text)?;
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE IF NOT EXISTS counted (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
             INSERT OR IGNORE INTO counted VALUES (1, 0);",
        )
        .map_err(as_text)?;
    let database = Arc::new(Mutex::new(database));
    let begin = move |_, due: Instant| {
        let database = database.clone();
        async move {
            let committed = tokio::task::spawn_blocking(move || {
                let database = database.lock().map_err(as_text)?;
                for _ in 0..COMMITS {
                    let update = database.prepare_cached("UPDATE counted SET count = count + 1");
                    update
                        .and_then(|mut row| row.execute([]))
                        .map_err(as_text)?;
                }
                Ok::<_, String>(due.elapsed())
            });
            Ok(committed.await.map_err(as_text)??.as_secs_f64() * 1e3)
        }
    };
    Ok(percentile(&mut at_rate(count, begin).await?, 50))
}

/// The median of a send alone at the same rate, by the native client, in milliseconds: what both servers wait for.
pub async fn provider(url: &str, first: u64, count: u64) -> Result<f64> {
    let client = Pooled::new(None)?;
    let config: Arc<str> = config(url, 0).into();
    let begin = move |index, due: Instant| {
        let (client, config) = (client.clone(), config.clone());
        async move {
            client.send(&config, first + index).await?;
            Ok(due.elapsed().as_secs_f64() * 1e3)
        }
    };
    Ok(percentile(&mut at_rate(count, begin).await?, 50))
}
