//! A lane: a process that does one kind of work on order, and reports its cost.
//!
//! Orders and figures are lines of JSON, `{"op": …, "count": …, "concurrency": …, "first": …}` in and the figures out,
//! and the clients in `peers/` accept them as well; those add `runtime`, its name and version. A lane stays alive, so
//! that it gets warm (`run` decides when it is) and lanes can take turns: a run of a hundred messages of one lane and then a hundred of the next has the same noise in both.

use crate::component::Component;
use crate::native;
use crate::work::{Result, as_text, config, cpu_time, median, percentile, resident};
use serde_json::{Value, json};
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Which side a lane is on.
pub enum Side {
    Native(Box<native::Pooled>),
    Component(Box<Component>),
}

/// One order.
#[derive(Clone)]
pub struct Order {
    /// The operation.
    pub op: String,
    /// How often.
    pub count: u64,
    /// How many at once.
    pub concurrency: u64,
    /// The first of `count` numbers that no other order uses.
    pub first: u64,
}

impl Order {
    fn read(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).map_err(as_text)?;
        let number = |key: &str| value.get(key).and_then(Value::as_u64);
        Ok(Self {
            op: value
                .get("op")
                .and_then(Value::as_str)
                .unwrap_or("send")
                .to_owned(),
            count: number("count").ok_or("an order without a count")?,
            concurrency: number("concurrency").unwrap_or(1).max(1),
            first: number("first").unwrap_or_default(),
        })
    }
}

/// Serves orders until standard input ends.
pub fn serve(side: &str) -> Result {
    let url = std::env::var("BENCH_URL").map_err(|_| "BENCH_URL is not set")?;
    let authority = std::env::var("BENCH_CA").ok();
    let authority = authority.map(std::fs::read).transpose().map_err(as_text)?;
    let runtime = match std::env::var("BENCH_THREADS").as_deref() {
        Ok("many") => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = { runtime }.enable_all().build().map_err(as_text)?;
    let entered = runtime.enter();
    let side = match side {
        "native" => Side::Native(Box::new(native::Pooled::new(authority.as_deref())?)),
        "component" => Side::Component(Box::new(Component::open(&url, authority.as_deref())?)),
        other => return Err(format!("there is no lane `{other}`")),
    };
    let side = Arc::new(side);
    drop(entered);
    let config: Arc<str> = config(&url, 0).into();
    for line in std::io::stdin().lock().lines() {
        let order = Order::read(&line.map_err(as_text)?)?;
        let figures = runtime.block_on(run(side.clone(), config.clone(), order))?;
        println!("{figures}");
    }
    Ok(())
}

async fn run(side: Arc<Side>, config: Arc<str>, order: Order) -> Result<Value> {
    let next = Arc::new(AtomicU64::new(0));
    let before = cpu_time();
    let begun = Instant::now();
    let mut workers = Vec::new();
    for _ in 0..order.concurrency {
        let (side, config, next, order) =
            (side.clone(), config.clone(), next.clone(), order.clone());
        workers.push(tokio::spawn(async move {
            let mut times = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= order.count {
                    return Ok::<_, String>(times);
                }
                let begun = Instant::now();
                side.once(&order.op, &config, order.first + index).await?;
                times.push(begun.elapsed().as_secs_f64() * 1e6);
            }
        }));
    }
    let mut times = Vec::new();
    for worker in workers {
        times.append(&mut worker.await.map_err(as_text)??);
    }
    let (cpu, wall) = (cpu_time().saturating_sub(before), begun.elapsed());
    let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / order.count as f64;
    Ok(json!({
        "cpu_us": each(cpu),
        "wall_us": each(wall),
        "p50_us": median(&times),
        "p99_us": percentile(&mut times, 99),
        "resident": resident(),
    }))
}

impl Side {
    /// Does the thing once.
    async fn once(&self, op: &str, config: &str, index: u64) -> Result {
        match self {
            Self::Component(component) => component.once(op, index).await,
            Self::Native(pooled) if op == "send" => pooled.send(config, index).await,
            Self::Native(_) if op == "stub" => native::send_stubbed(config, index),
            Self::Native(_) => Err(format!("the native side has no `{op}`")),
        }
    }
}
