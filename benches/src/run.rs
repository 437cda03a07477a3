//! One run: every lane does its work in turn, for several rounds; comparisons are made within a round.

use crate::lanes::{Lane, Simulator};
use crate::work::{AT_ONCE, Result, as_text, median};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Size {
    /// Rounds, whose medians count.
    pub rounds: usize,
    /// Sends of a round for a fast lane.
    pub sends: u64,
    /// The most rounds before, which do not count: until each lane is level.
    warming: usize,
}

/// Some minutes once everything is built, peers and all.
pub const FULL: Size = Size {
    rounds: 7,
    sends: 2000,
    warming: 12,
};
/// About one minute. As many rounds before as a level lane needs.
pub const QUICK: Size = Size {
    rounds: 3,
    sends: 1000,
    warming: APART + 1,
};

/// The share by which the CPU of a round may differ from that of [`APART`] rounds before, in a lane that is level.
const LEVEL: f64 = 0.03;

/// Rounds between the two that are compared. Node compiles what runs often for some ten rounds, and each may take only a
/// little less than the one before.
const APART: usize = 3;

/// Work of a lane: the name of the figures, the operation, how often relative to the run's size, how many at once.
struct Work {
    name: &'static str,
    op: &'static str,
    share: f64,
    concurrency: u64,
}

const fn work(name: &'static str, op: &'static str, share: f64, concurrency: u64) -> Work {
    Work {
        name,
        op,
        share,
        concurrency,
    }
}

const NATIVE: &[Work] = &[
    work("native.stub", "stub", 3.0, 1),
    work("native.send", "send", 1.0, AT_ONCE),
];
const COMPONENT: &[Work] = &[
    work("component.start", "start", 3.0, 1),
    work("component.stub", "stub", 1.0, 1),
    work("component.send", "send", 1.0, AT_ONCE),
];
const NATIVE_TLS: &[Work] = &[work("native.tls", "send", 0.3, 1)];
const COMPONENT_TLS: &[Work] = &[work("component.tls", "send", 0.3, 1)];
const NATIVE_MANY: &[Work] = &[work("native.threads", "send", 1.0, AT_ONCE)];
const COMPONENT_MANY: &[Work] = &[work("component.threads", "send", 1.0, AT_ONCE)];
const RUST: &[Work] = &[work("rust.send", "send", 1.0, AT_ONCE)];
const NODE: &[Work] = &[work("node.send", "send", 1.0, AT_ONCE)];
const LOGTO: &[Work] = &[work("logto.send", "send", 0.5, AT_ONCE)];
const PYTHON: &[Work] = &[work("python.send", "send", 0.2, AT_ONCE)];

/// The figures of a run: name, then field, then a value for each round.
pub type Figures = BTreeMap<String, BTreeMap<String, Vec<f64>>>;

/// Output folder, size and missing measurements of a run.
pub struct Run {
    out: PathBuf,
    size: Size,
    /// Measurements that were not possible, and why.
    pub missing: Vec<String>,
    /// Lanes whose CPU still changed when the rounds that count began.
    not_level: Vec<&'static str>,
    /// The runtimes of the lanes that name one, by lane.
    runtimes: BTreeMap<&'static str, String>,
}

impl Run {
    /// `out` is made if need be.
    pub fn new(out: PathBuf, size: Size) -> Result<Self> {
        std::fs::create_dir_all(&out).map_err(as_text)?;
        let missing = std::env::var("BENCH_MISSING").unwrap_or_default();
        let missing = missing.lines().map(str::to_owned).collect();
        Ok(Self {
            out,
            size,
            missing,
            not_level: Vec::new(),
            runtimes: BTreeMap::new(),
        })
    }

    /// Measures everything.
    pub fn measure(&mut self) -> Result<Value> {
        let catalogue = self.out.join("catalogue.yaml");
        let plain = Simulator::start(&catalogue, None)?;
        let authority = self.out.join("authority.pem");
        let tls = Simulator::start(&catalogue, Some(&authority))?;
        let figures = self.lanes(&plain.url, &tls.url, &authority)?;
        eprintln!("== Loading, memory");
        let quick = self.size.rounds < FULL.rounds;
        let (compilations, hits) = if quick { ("3", "50") } else { ("9", "200") };
        let load = child(&["load", compilations, hits])?;
        let component = child(&["component"])?;
        let memory = child(&["memory", "1000"])?;
        let fault = format!(
            r#"{{"fault": {{"kind": "delay", "ms": {}}}, "times": 2000, "action": "SendSms"}}"#,
            crate::memory::DELAY.as_millis()
        );
        plain.control("POST", "/_sim/faults", &fault)?;
        let tenants = child(&["memory", "1000", &plain.url])?;
        plain.control("POST", "/_sim/reset", "")?;
        eprintln!("== The neighbour");
        let neighbour = self.neighbour(if quick { "200" } else { "500" })?;
        let results = json!({
            "machine": crate::work::machine(),
            "quick": quick,
            "rounds": self.size.rounds,
            "missing": self.missing,
            "not_level": self.not_level,
            "runtimes": self.runtimes,
            "lanes": shown(&figures),
            "load": load,
            "memory": memory,
            "tenants": tenants,
            "component": component,
            "neighbour": neighbour,
        });
        Ok(results)
    }

    /// Measures the effect of attacks on a neighbour with the tests' own program, a line for each attack.
    fn neighbour(&mut self, sends: &str) -> Result<Vec<Value>> {
        let Some(program) = std::env::var_os("NEIGHBOUR_BIN") else {
            self.missing
                .push("the neighbour of attacks: NEIGHBOUR_BIN is not set".to_owned());
            return Ok(Vec::new());
        };
        let output = Command::new(program)
            .arg(sends)
            .stderr(std::process::Stdio::inherit())
            .output()
            .map_err(as_text)?;
        if !output.status.success() {
            return Err("the neighbour's program failed".to_owned());
        }
        let lines = String::from_utf8(output.stdout).map_err(as_text)?;
        lines
            .lines()
            .map(|line| serde_json::from_str(line).map_err(as_text))
            .collect()
    }

    fn lanes(&mut self, url: &str, tls: &str, authority: &Path) -> Result<Figures> {
        let program = std::env::current_exe().map_err(as_text)?;
        let ours = |name, side: &str, url: &str| {
            let mut command = Command::new(&program);
            command.args(["lane", side]).env("BENCH_URL", url);
            (name, command)
        };
        let with = |(name, mut command): (_, Command), key: &str, value: &Path| {
            command.env(key, value);
            (name, command)
        };
        let many = Path::new("many");
        let mut commands = vec![
            (ours("native", "native", url), NATIVE),
            (ours("component", "component", url), COMPONENT),
            (
                with(ours("native, TLS", "native", tls), "BENCH_CA", authority),
                NATIVE_TLS,
            ),
            (
                with(
                    ours("component, TLS", "component", tls),
                    "BENCH_CA",
                    authority,
                ),
                COMPONENT_TLS,
            ),
            (
                with(
                    ours("native, threads", "native", url),
                    "BENCH_THREADS",
                    many,
                ),
                NATIVE_MANY,
            ),
            (
                with(
                    ours("component, threads", "component", url),
                    "BENCH_THREADS",
                    many,
                ),
                COMPONENT_MANY,
            ),
        ];
        for (name, command, works) in peers(url) {
            commands.push(((name, command), works));
        }
        let mut lanes = Vec::new();
        for ((name, mut command), works) in commands {
            lanes.push((Lane::start(name, &mut command)?, works));
        }
        let mut first = 1_000;
        let mut round = |lane: &mut Lane, works: &[Work]| -> Result<Round> {
            let mut measured = Vec::new();
            for work in works {
                let count = (self.size.sends as f64 * work.share).max(20.0) as u64;
                let figures = lane.run(work.op, count, work.concurrency, first)?;
                if let Some(runtime) = figures.get("runtime").and_then(Value::as_str) {
                    self.runtimes.insert(lane.name, runtime.to_owned());
                }
                measured.push((work.name, figures));
                first += count;
            }
            Ok(measured)
        };
        let mut not_level = Vec::new();
        for (lane, works) in &mut lanes {
            eprintln!("== {} warms up", lane.name);
            let mut rounds = Vec::new();
            while rounds.len() < self.size.warming && !is_level(&rounds) {
                rounds.push(round(lane, works)?);
            }
            if !is_level(&rounds) {
                not_level.push(lane.name);
            }
        }
        let mut figures = Figures::new();
        for nth in 1..=self.size.rounds {
            eprintln!("== Round {nth} of {}", self.size.rounds);
            for (lane, works) in &mut lanes {
                for (name, measured) in round(lane, works)? {
                    note(&mut figures, name, &measured);
                }
            }
        }
        self.not_level = not_level;
        Ok(figures)
    }
}

/// The figures of each work of a lane, in one round.
type Round = Vec<(&'static str, Value)>;

/// Returns true if the CPU of every work in the last round is that of some rounds before.
fn is_level(rounds: &[Round]) -> bool {
    let mut latest = rounds.iter().rev();
    let (Some(after), Some(before)) = (latest.next(), latest.nth(APART - 1)) else {
        return false;
    };
    let cpu = |(_, figures): &(_, Value)| figures.get("cpu_us").and_then(Value::as_f64);
    before.iter().zip(after).all(|(before, after)| {
        let (Some(before), Some(after)) = (cpu(before), cpu(after)) else {
            return false;
        };
        (before - after).abs() < before * LEVEL
    })
}

fn note(figures: &mut Figures, name: &str, measured: &Value) {
    let fields = figures.entry(name.to_owned()).or_default();
    for (key, value) in measured.as_object().into_iter().flatten() {
        if let Some(value) = value.as_f64() {
            fields.entry(key.clone()).or_default().push(value);
        }
    }
}

/// The peers that are there, as `cargo xtask bench` found or installed them.
fn peers(url: &str) -> Vec<(&'static str, Command, &'static [Work])> {
    let mut found: Vec<(&'static str, Command, &'static [Work])> = Vec::new();
    if let Some(program) = std::env::var_os("BENCH_PEER_RUST") {
        found.push(("tencentcloud-sms", Command::new(program), RUST));
    }
    if let Some(folder) = std::env::var_os("BENCH_PEER_NODE").map(PathBuf::from) {
        let mut sdk = Command::new("node");
        sdk.arg(folder.join("sdk.mjs"));
        found.push(("tencentcloud-sdk-nodejs-sms", sdk, NODE));
        let mut logto = Command::new("node");
        logto
            .arg("--import")
            .arg(folder.join("plain.mjs"))
            .arg(folder.join("logto.mjs"));
        found.push(("@logto/connector-tencent-sms", logto, LOGTO));
    }
    if let (Some(python), Some(script)) = (
        std::env::var_os("BENCH_PEER_PYTHON"),
        std::env::var_os("BENCH_PEER_PYTHON_SCRIPT"),
    ) {
        let mut sdk = Command::new(python);
        sdk.arg(script);
        found.push(("tencentcloud-sdk-python-sms", sdk, PYTHON));
    }
    for (_, command, _) in &mut found {
        command.env("BENCH_URL", url);
    }
    found
}

/// This program once more, for one thing.
pub fn child(arguments: &[&str]) -> Result<Value> {
    let program = std::env::current_exe().map_err(as_text)?;
    let output = Command::new(program)
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(as_text)?;
    if !output.status.success() {
        return Err(format!("`{}` failed", arguments.join(" ")));
    }
    serde_json::from_slice(&output.stdout).map_err(as_text)
}

fn shown(figures: &Figures) -> Value {
    let mut lanes = Map::new();
    for (name, fields) in figures {
        let mut medians = Map::new();
        for (field, values) in fields {
            medians.insert(field.clone(), json!(median(values)));
            medians.insert(format!("{field}.rounds"), json!(values));
        }
        lanes.insert(name.clone(), Value::Object(medians));
    }
    Value::Object(lanes)
}

/// The command: measures, and writes results and plot below `target/`, and into the docs after a full run.
pub fn all(size: Size, into_docs: bool) -> Result {
    let out = crate::work::out()?;
    let results = Run::new(out.clone(), size)?.measure()?;
    let docs = crate::work::docs().filter(|_| into_docs && crate::report::is_complete(&results));
    crate::report::write(&results, &out, docs.as_deref())
}

/// Runs the soak with `calls` calls, and writes its result beside the others.
pub fn soak(calls: u64) -> Result {
    let out = crate::work::out()?;
    let result = crate::soak::run(calls, &out)?;
    std::fs::write(out.join("soak.json"), format!("{result:#}\n")).map_err(as_text)?;
    match crate::work::docs().filter(|_| calls >= SOAK) {
        Some(docs) => crate::report::page::put(&docs, "soak", &crate::report::soak::table(&result)),
        None => Ok(()),
    }
}

/// The profile.
pub fn profile() -> Result {
    let table = crate::profile::take(&crate::work::out()?)?;
    println!("{table}");
    match crate::work::docs() {
        Some(docs) => crate::report::page::put(&docs, "profile", &table),
        None => Ok(()),
    }
}

/// The fewest calls of a soak that goes into the docs.
const SOAK: u64 = 300_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(cpu: &[[f64; 2]]) -> Vec<Round> {
        let round = |cpu: &[f64; 2]| cpu.map(|cpu| ("work", json!({"cpu_us": cpu}))).to_vec();
        cpu.iter().map(round).collect()
    }

    #[test]
    fn lane_is_level_by_the_round_three_before() {
        let sequence = |cpu: &[f64]| rounds(&cpu.iter().map(|cpu| [*cpu, 1.0]).collect::<Vec<_>>());
        for level in [
            &[100.0, 100.0, 100.0, 100.0][..],
            &[100.0, 97.5, 102.5, 97.5],
            &[120.0, 100.0, 99.0, 98.5, 98.0],
        ] {
            assert!(is_level(&sequence(level)), "{level:?}");
        }
        for falling in [
            &[][..],
            &[100.0],
            &[100.0, 100.0, 100.0],
            &[100.0, 97.5, 95.0, 92.7],
            &[100.0, 101.0, 102.0, 103.0],
            &[100.0, 100.0, 100.0, 100.0, 97.5, 95.0, 92.7],
        ] {
            assert!(!is_level(&sequence(falling)), "{falling:?}");
        }
    }

    #[test]
    fn lane_is_level_when_all_its_work_is() {
        let before = [[100.0, 500.0]; 3];
        let with = |last: [f64; 2]| rounds(&[&before[..], &[last]].concat());
        assert!(is_level(&with([102.9, 486.0])));
        assert!(!is_level(&with([100.0, 484.0])));
        assert!(!is_level(&with([103.0, 500.0])));
        assert!(!is_level(&vec![vec![("work", json!({}))]; 4]));
    }
}
