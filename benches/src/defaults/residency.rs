//! What slots keep between calls: CPU of an instance and of a send, against memory of slots that are idle.

use super::page::{Section, kb};
use super::{Size, figure, one_thread, part as measured};
use crate::component::{STUB_ENDPOINT, stub_message, stubbed};
use crate::report::digits;
use crate::work::{Result, config, cpu_time, median, proportional, resident, told};
use auth_connector_host::{Config, Plugin, Residency};
use serde_json::{Value, json};
use std::time::Duration;

/// Bytes of memory, tables and stack that are kept, and whether the kernel is asked; `-` for stacks that are not
/// cleared.
const SWEEP: [[&str; 4]; 11] = [
    ["0", "0", "-", "true"],
    ["131072", "0", "-", "true"],
    ["0", "65536", "-", "true"],
    ["131072", "65536", "-", "true"],
    ["131072", "65536", "-", "false"],
    ["32768", "16384", "-", "true"],
    ["1048576", "1048576", "-", "true"],
    ["32768", "16384", "0", "true"],
    ["32768", "16384", "8192", "true"],
    ["32768", "16384", "16384", "true"],
    ["32768", "16384", "65536", "true"],
];

/// Slots that are used once, all at the same time, for their memory.
const SLOTS: u32 = 1_000;

/// Reads a combination.
pub fn parse(memory: &str, table: &str, stack: &str, scan: &str) -> Result<Residency> {
    Ok(Residency {
        memory_bytes: memory.parse().map_err(told)?,
        table_bytes: table.parse().map_err(told)?,
        stack_bytes: match stack {
            "-" => None,
            bytes => Some(bytes.parse().map_err(told)?),
        },
        scan: scan.parse().map_err(told)?,
    })
}

/// One combination: CPU, and memory of idle slots.
pub fn part(residency: &Residency) -> Result<Value> {
    let runtime = one_thread()?;
    let entered = runtime.enter();
    let plugin = stubbed(Duration::ZERO, |options| {
        options.residency = residency.clone()
    })?;
    let slots = stubbed(Duration::from_millis(700), |options| {
        options.residency = residency.clone();
        options.limits.concurrent_calls = SLOTS;
    })?;
    drop(entered);
    let before = (resident(), proportional());
    runtime.block_on(at_once(&slots, SLOTS as usize))?;
    let each = |now: u64, before: u64| now.saturating_sub(before) as f64 / f64::from(SLOTS);
    let memory = (each(resident(), before.0), each(proportional(), before.1));
    runtime.block_on(async {
        starts(&plugin, 500).await?;
        sends(&plugin, 500).await
    })?;
    let start = timed(3_000, || runtime.block_on(starts(&plugin, 3_000)))?;
    let send = timed(2_000, || runtime.block_on(sends(&plugin, 2_000)))?;
    let crowd = timed(2_048, || {
        runtime.block_on(async {
            for _ in 0..32 {
                at_once(&plugin, 64).await?;
            }
            Ok(())
        })
    })?;
    Ok(json!({
        "start_us": start, "send_us": send, "crowd_us": crowd,
        "resident": memory.0, "proportional": memory.1,
    }))
}

fn timed(count: u32, work: impl FnOnce() -> Result) -> Result<f64> {
    let before = cpu_time();
    work()?;
    Ok((cpu_time() - before).as_secs_f64() * 1e6 / f64::from(count))
}

async fn starts(plugin: &Plugin, count: u32) -> Result {
    for _ in 0..count {
        plugin.start().await.map_err(told)?;
    }
    Ok(())
}

async fn sends(plugin: &Plugin, count: u32) -> Result {
    let config = Config::new(config(STUB_ENDPOINT, 0));
    for _ in 0..count {
        let sent = plugin.send_message(&config, &stub_message()).await;
        sent.map_err(told)?;
    }
    Ok(())
}

async fn at_once(plugin: &Plugin, count: usize) -> Result {
    let config = Config::new(config(STUB_ENDPOINT, 0));
    let mut calls = Vec::new();
    for _ in 0..count {
        let (plugin, config) = (plugin.clone(), config.clone());
        calls.push(tokio::spawn(async move {
            plugin.send_message(&config, &stub_message()).await
        }));
    }
    for call in calls {
        call.await.map_err(told)?.map_err(told)?;
    }
    Ok(())
}

/// All combinations, in turns.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    let mut runs: Vec<Vec<Value>> = SWEEP.map(|_| Vec::new()).into();
    for _ in 0..size.rounds {
        for (words, runs) in SWEEP.iter().zip(&mut runs) {
            let [memory, table, stack, scan] = words;
            runs.push(measured(&["residency", memory, table, stack, scan])?);
        }
    }
    let rounds = |runs: &[Value], key: &str| -> Result<Vec<f64>> {
        runs.iter().map(|run| figure(run, key)).collect()
    };
    let default = Residency::default();
    let mut rows = Vec::new();
    let first = runs.first().cloned().unwrap_or_default();
    for (words, runs) in SWEEP.iter().zip(&runs) {
        let [memory, table, stack, scan] = words;
        let mut row: Vec<String> = [memory, table, stack]
            .iter()
            .map(|word| {
                word.parse().map_or_else(
                    |_| "not cleared".to_owned(),
                    |bytes: f64| digits(bytes / 1024.0),
                )
            })
            .collect();
        row.push(if *scan == "true" { "yes" } else { "no" }.to_owned());
        for key in ["start_us", "send_us", "crowd_us"] {
            let (these, nothing) = (rounds(runs, key)?, rounds(&first, key)?);
            let ratios: Vec<f64> = these.iter().zip(nothing).map(|(a, b)| a / b).collect();
            row.push(format!(
                "{} ({}x)",
                digits(median(&these)),
                digits(median(&ratios))
            ));
        }
        for key in ["resident", "proportional"] {
            row.push(kb(median(&rounds(runs, key)?)));
        }
        if parse(memory, table, stack, scan)? == default {
            for cell in &mut row {
                *cell = format!("**{cell}**");
            }
        }
        rows.push(row);
    }
    Ok(vec![Section::table(
        "residency",
        &[
            "memory kept, KiB",
            "tables, KiB",
            "stack, KiB",
            "scan",
            "CPU of an instance, µs",
            "of a send",
            "of a send, 64 at once",
            "resident, idle slot, KB",
            "shared pages once",
        ],
        &rows,
    )])
}
