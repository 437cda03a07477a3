//! CPU profile of a send by layer: samples of `perf` (Linux), each counted for the layer that was at work.
//!
//! A stack belongs to the innermost of its frames that is of a layer. Frames of the C library, of the kernel and of
//! Rust's own crates are of none, so their samples count for the layer that called them. Below a guest's frame a stack
//! ends, because compiled guests carry no unwind tables. The layers that call guests are not needed here.

use crate::lanes::{Lane, Simulator};
use crate::report;
use crate::work::{AT_ONCE, Result, as_text};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Sends before the samples are taken, and meanwhile.
const WARM_UP: u64 = 1_000;
const SENDS: u64 = 30_000;

/// Samples each second of CPU.
const RATE: &str = "1999";

/// The layers, each with parts of the names of its functions. The first that matches counts.
const LAYERS: [(&str, &[&str]); 9] = [
    (
        "looking for secrets in what the plugin says",
        &["auth_connector_redaction::", "auth_connector_host::redact"],
    ),
    (
        "the host library: queue, limits, judging the request, report",
        &["auth_connector_host::", "auth_connector_egress::"],
    ),
    ("the client's pool", &["hyper_util::"]),
    (
        "hyper's connection: writing, reading, parsing, and the kernel's share of that",
        &["hyper::", "tokio::net::", "httparse::"],
    ),
    (
        "making the store and the instance, and taking them down",
        &[
            "InstancePre<",
            "instantiate_async",
            "StoreOpaque",
            "Store<",
            "::pooling::",
            "Instantiator",
            "ModuleRegistry",
            "wasmtime::runtime::vm::cow",
        ],
    ),
    (
        "host functions that the guest calls: lifting, lowering, tables of handles",
        &[
            "wasmtime_wasi",
            "component::func::host",
            "component::resource",
            "component::concurrent",
            "HostFunc::",
        ],
    ),
    (
        "entering and leaving the guest: arguments, results, its stack",
        &["TypedFunc<", "component::func::Func::", "fiber"],
    ),
    ("tokio", &["tokio::"]),
    ("tracing", &["tracing"]),
];
const GUEST: &str = "guest code";
/// Most functions of Wasmtime serve more than one layer, so the frames around them decide.
const WASMTIME: &str = "Wasmtime apart from the above";
const OTHER: &str = "the benchmark itself, and what no layer owns";

/// Samples a lane and gives the table. `out` is for what perf writes.
pub fn take(out: &Path) -> Result<String> {
    std::fs::create_dir_all(out).map_err(as_text)?;
    let simulator = Simulator::start(&out.join("catalogue.yaml"), None)?;
    let mut command = Command::new(std::env::current_exe().map_err(as_text)?);
    command
        .args(["lane", "component"])
        .env("BENCH_URL", &simulator.url);
    let mut lane = Lane::start("the component", &mut command)?;
    lane.run("send", WARM_UP, AT_ONCE, 0)?;
    let samples = out.join("perf.data");
    // An earlier run's would pass for this one's.
    let _ = std::fs::remove_file(&samples);
    let mut perf = Command::new("perf")
        .args(["record", "-q", "-F", RATE, "--call-graph", "dwarf", "-p"])
        .arg(lane.process().to_string())
        .arg("-o")
        .arg(&samples)
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| {
            format!(
                "perf did not start ({error}). It is Linux's own profiler, in Debian's package linux-perf"
            )
        })?;
    // It has no word for being ready.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let measured = lane.run("send", SENDS, AT_ONCE, WARM_UP);
    // With its target gone it writes what it has and ends.
    drop(lane);
    let ended = perf.wait().map_err(as_text)?;
    measured?;
    if !ended.success() || !samples.exists() {
        return Err(format!(
            "perf ended with {ended} and may have taken no samples; it says why above"
        ));
    }
    table(&layers(&samples)?)
}

/// How many samples each layer has.
fn layers(samples: &Path) -> Result<BTreeMap<&'static str, u32>> {
    let mut script = Command::new("perf")
        .args(["script", "--no-inline", "-F", "comm,ip,sym,dso", "-i"])
        .arg(samples)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(as_text)?;
    let output = script.stdout.take().ok_or("no output")?;
    let mut counts = BTreeMap::new();
    let mut stack = Vec::new();
    for line in BufReader::new(output).lines() {
        let line = line.map_err(as_text)?;
        if line.is_empty() {
            count(&mut counts, &stack);
            stack.clear();
        } else if line.starts_with(char::is_whitespace) {
            stack.push(line);
        }
    }
    count(&mut counts, &stack);
    match script.wait().map_err(as_text)? {
        ended if ended.success() => Ok(counts),
        ended => Err(format!("perf could not read its samples: {ended}")),
    }
}

fn count(counts: &mut BTreeMap<&'static str, u32>, stack: &[String]) {
    if !stack.is_empty() {
        *counts.entry(layer(stack)).or_default() += 1;
    }
}

/// The layer of a stack, which has its innermost frame first.
fn layer(stack: &[String]) -> &'static str {
    let of = |frame: &String| {
        if is_guest(frame) {
            return Some(GUEST);
        }
        let has = |parts: &[&str]| parts.iter().any(|part| frame.contains(part));
        LAYERS
            .iter()
            .find(|(_, parts)| has(parts))
            .map(|(name, _)| *name)
    };
    let rest = || stack.iter().any(|frame| frame.contains("wasmtime"));
    let layer = stack.iter().find_map(of);
    layer.unwrap_or_else(|| if rest() { WASMTIME } else { OTHER })
}

/// Compiled guests have no file: the kernel calls their pages anonymous, or perf looks for a map of them. Neither have
/// functions of a kernel that keeps its names to itself; those lie in the upper half of the addresses.
fn is_guest(frame: &str) -> bool {
    let address = frame.split_whitespace().next().unwrap_or_default();
    let is_kernel = address.len() == 16 && address.starts_with('f');
    !is_kernel
        && frame.contains("[unknown]")
        && [".map)", "anon", "memfd", "([unknown])"]
            .iter()
            .any(|place| frame.contains(place))
}

fn table(counts: &BTreeMap<&'static str, u32>) -> Result<String> {
    let all: u32 = counts.values().sum();
    if all == 0 {
        return Err("perf took no samples".to_owned());
    }
    let mut rows: Vec<_> = counts.iter().collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut table = format!(
        "| layer, of {} samples | share of CPU |\n| --- | --- |\n",
        report::thousands(all.into())
    );
    for (name, count) in rows {
        let share = f64::from(*count) * 100.0 / f64::from(all);
        table.push_str(&format!("| {name} | {share:.0} % |\n"));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(frames: &[&str]) -> &'static str {
        layer(&frames.iter().map(|&f| f.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sample_counts_for_the_innermost_layer() {
        assert_eq!(
            of(&[
                "  7f malloc (/usr/lib/libc.so.6)",
                "  55 alloc::vec::Vec<T>::push (/bench)",
                "  55 auth_connector_redaction::search::Search::clean (/bench)",
                "  55 auth_connector_host::plugin::Plugin::send (/bench)",
            ]),
            "looking for secrets in what the plugin says"
        );
        assert_eq!(
            of(&[
                "  ff tcp_sendmsg ([kernel.kallsyms])",
                "  55 hyper::proto::h1::io::Buffered<T,B>::poll_flush (/bench)",
                "  55 tokio::runtime::task::raw::poll (/bench)",
            ]),
            "hyper's connection: writing, reading, parsing, and the kernel's share of that"
        );
    }

    #[test]
    fn code_without_a_file_counts_for_the_guest() {
        assert_eq!(of(&["  7f [unknown] (/tmp/perf-29087.map)"]), GUEST);
        assert_eq!(of(&["  7f00a0 [unknown] ([unknown])"]), GUEST);
        assert_eq!(of(&["  ffffffffa1b0c2d0 [unknown] ([unknown])"]), OTHER);
        assert_eq!(of(&["  7f [unknown] (/usr/lib/libc.so.6)"]), OTHER);
        assert_eq!(of(&["  7f main (/bench)"]), OTHER);
        assert_eq!(of(&["  7f wasmtime::runtime::x (/bench)"]), WASMTIME);
    }
}
