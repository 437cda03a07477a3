//! Results as figures with goals, as tables for `docs/performance.md`, and as text for the terminal.

pub mod page;
pub mod soak;
pub mod verifications;

use crate::work::{Result, as_text, median};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// One figure: what is compared, both sides, and the goal where there is one.
struct Row {
    what: &'static str,
    /// Both sides, with units.
    sides: String,
    /// The figure, in `unit`.
    value: f64,
    /// Unit behind the figure: `x`, ` %`, ` MB`.
    unit: &'static str,
    goal: Option<Goal>,
}

#[derive(Clone, Copy)]
enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    fn is_reached(&self) -> Option<bool> {
        Some(match self.goal? {
            Goal::AtLeast(goal) => self.value >= goal,
            Goal::AtMost(goal) => self.value <= goal,
        })
    }

    fn figure_shown(&self) -> String {
        digits(self.value) + self.unit
    }

    fn reached_shown(&self) -> &'static str {
        match self.is_reached() {
            Some(true) => "reached",
            Some(false) => "**not reached**",
            None => "",
        }
    }

    fn goal_shown(&self) -> String {
        match self.goal {
            Some(Goal::AtLeast(goal)) => format!("at least {}{}", digits(goal), self.unit),
            Some(Goal::AtMost(goal)) => format!("at most {}{}", digits(goal), self.unit),
            None => String::new(),
        }
    }
}

/// About three digits.
fn digits(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// A lane's figure in each round.
fn rounds(results: &Value, lane: &str, field: &str) -> Option<Vec<f64>> {
    let lanes = results.get("lanes")?;
    let values = lanes.get(lane)?.get(format!("{field}.rounds"))?;
    values.as_array()?.iter().map(Value::as_f64).collect()
}

fn figure(results: &Value, lane: &str, field: &str) -> Option<f64> {
    rounds(results, lane, field).map(|values| median(&values))
}

/// The median of the ratios within rounds, in which both sides met the same noise.
fn ratio(results: &Value, of: (&str, &str), to: (&str, &str)) -> Option<f64> {
    let of = rounds(results, of.0, of.1)?;
    let to = rounds(results, to.0, to.1)?;
    let ratios: Vec<f64> = of.iter().zip(&to).map(|(of, to)| of / to).collect();
    Some(median(&ratios))
}

/// The figures that could be measured.
fn rows(results: &Value) -> Vec<Row> {
    let cpu = |lane: &'static str| (lane, "cpu_us");
    let us = |lane: (&str, &str)| {
        figure(results, lane.0, lane.1)
            .map(digits)
            .unwrap_or_default()
    };
    let component = cpu("component.send");
    let native = cpu("native.send");
    let ratios = [
        (
            "CPU per send, Tencent's Node SDK against this",
            cpu("node.send"),
            component,
            Some(Goal::AtLeast(1.2)),
        ),
        (
            "CPU per send, Logto's connector against this",
            cpu("logto.send"),
            component,
            Some(Goal::AtLeast(5.0)),
        ),
        (
            "CPU per send, Tencent's Python SDK against this",
            cpu("python.send"),
            component,
            Some(Goal::AtLeast(10.0)),
        ),
        (
            "latency, kept TLS connection, against native",
            ("component.tls", "p50_us"),
            ("native.tls", "p50_us"),
            Some(Goal::AtMost(2.5)),
        ),
        (
            "CPU per send, plain HTTP, against native",
            component,
            native,
            None,
        ),
        (
            "CPU per send without a network, against native",
            cpu("component.stub"),
            cpu("native.stub"),
            None,
        ),
        (
            "CPU of a fresh instance, against a native send",
            cpu("component.start"),
            native,
            None,
        ),
    ];
    let mut rows = Vec::new();
    for (what, of, to, goal) in ratios {
        if let Some(value) = ratio(results, of, to) {
            rows.push(Row {
                what,
                sides: format!("{} µs, {} µs", us(of), us(to)),
                value,
                unit: "x",
                goal,
            });
        }
    }
    let number = |group: &str, key: &str| results.get(group)?.get(key)?.as_f64();
    if let (Some(cached), Some(compile)) = (
        number("load", "cached_cpu_us"),
        number("load", "compile_cpu_us"),
    ) {
        rows.push(Row {
            what: "CPU of loading from the cache, against compiling",
            sides: format!("{} µs, {} µs", digits(cached), digits(compile)),
            value: cached / compile * 100.0,
            unit: " %",
            goal: None,
        });
    }
    for (what, group, key, resident, scale, unit) in [
        (
            "memory of a call in flight, shared pages counted once",
            "memory",
            "proportional_per_instance",
            "resident_per_instance",
            1e3,
            " KB",
        ),
        (
            "memory of 1,000 calls in flight, connections and all, shared pages counted once",
            "tenants",
            "proportional",
            "resident",
            1e6,
            " MB",
        ),
    ] {
        if let (Some(bytes), Some(resident)) = (number(group, key), number(group, resident)) {
            rows.push(Row {
                what,
                sides: format!("resident: {}{unit}", digits(resident / scale)),
                value: bytes / scale,
                unit,
                goal: None,
            });
        }
    }
    rows
}

/// The table of figures, and the component's size and fuel.
fn figures(rows: &[Row], results: &Value) -> String {
    let mut text =
        String::from("| what | sides | figure | goal | |\n| --- | --- | --- | --- | --- |\n");
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            row.what,
            row.sides,
            row.figure_shown(),
            row.goal_shown(),
            row.reached_shown(),
        );
    }
    let count = |key: &str| {
        let count = results
            .get("component")
            .and_then(|all| all.get(key)?.as_u64());
        count.map_or_else(|| "not counted".to_owned(), thousands)
    };
    let _ = writeln!(
        text,
        "\nThe component has {} bytes. A whole send takes {} fuel, Wasmtime's count of executed instructions.",
        count("bytes"),
        count("fuel_of_a_send")
    );
    text
}

/// The clients of CPU per send: name and figure's lane.
const CLIENTS: [(&str, &str); 8] = [
    ("native pooled client, ours", "native.send"),
    ("the same, a thread for each core", "native.threads"),
    ("Rust crate `tencentcloud-sms`", "rust.send"),
    ("**this component in `host/`**", "component.send"),
    ("the same, a thread for each core", "component.threads"),
    ("Tencent's Node SDK", "node.send"),
    ("Logto's connector", "logto.send"),
    ("Tencent's Python SDK", "python.send"),
];

/// CPU per send of all clients.
fn clients(results: &Value) -> String {
    let mut text = String::from(
        "| client | CPU per send, µs | against native | sends/s | resident, MB |\n| --- | --- | --- | --- | --- |\n",
    );
    for (name, lane) in CLIENTS {
        let Some(cpu) = figure(results, lane, "cpu_us") else {
            let _ = writeln!(text, "| {name} | not measured | | | |");
            continue;
        };
        let against = ratio(results, (lane, "cpu_us"), ("native.send", "cpu_us"));
        let rate = figure(results, lane, "wall_us").map_or(0.0, |us| 1e6 / us);
        let resident = figure(results, lane, "resident").unwrap_or_default() / 1e6;
        let _ = writeln!(
            text,
            "| {name} | {} | {}x | {rate:.0} | {resident:.0} |",
            digits(cpu),
            against.map(digits).unwrap_or_default()
        );
    }
    text
}

/// A neighbour's latency beside each attack.
fn neighbour(results: &Value) -> String {
    let mut text = String::from(
        "| attack | median quiet, µs | median beside | p99 quiet, µs | p99 beside |\n| --- | --- | --- | --- | --- |\n",
    );
    let attacks = results.get("neighbour").and_then(Value::as_array);
    for attack in attacks.into_iter().flatten() {
        let time = |when: &str, key: &str| {
            let time = attack.get(when).and_then(|times| times.get(key)?.as_f64());
            time.map(digits).unwrap_or_default()
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            attack
                .get("attack")
                .and_then(Value::as_str)
                .unwrap_or_default(),
            time("quiet", "median_us"),
            time("beside", "median_us"),
            time("quiet", "p99_us"),
            time("beside", "p99_us"),
        );
    }
    text
}

/// A whole number with its thousands set apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns true if nothing is missing. Says what is, where documents are left as they are for it.
pub fn is_complete(results: &Value) -> bool {
    let missing = missing(results);
    for what in &missing {
        eprintln!("docs/ keeps its tables, because this was not measured: {what}");
    }
    missing.is_empty()
}

/// What was not measured, and why.
fn missing(results: &Value) -> Vec<&str> {
    let missing = results.get("missing").and_then(Value::as_array);
    missing
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The machine and the size of the run.
fn circumstances(results: &Value) -> String {
    let text = |key: &str| {
        let value = results.get("machine").and_then(|machine| machine.get(key));
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    };
    let mut shown = format!(
        "{}, {} cores, Linux {}, load average {} at the end; {} rounds, medians.\n",
        text("cpu"),
        text("cores"),
        text("kernel"),
        text("load").split(' ').next().unwrap_or_default(),
        results.get("rounds").unwrap_or(&Value::Null),
    );
    // Results of earlier versions have no runtimes.
    let runtimes = results.get("runtimes").and_then(Value::as_object);
    for (client, runtime) in runtimes.into_iter().flatten() {
        let _ = writeln!(shown, "{client}: {}.", runtime.as_str().unwrap_or_default());
    }
    let not_level = results.get("not_level").and_then(Value::as_array);
    for lane in not_level.into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(
            shown,
            "\n**Not level**: {lane}. Its CPU still changed when the rounds that count began."
        );
    }
    for missing in missing(results) {
        let _ = writeln!(shown, "\n**Not measured**: {missing}");
    }
    shown
}

/// Writes results and plot to a folder, and on to the docs where `docs` is given.
pub fn write(results: &Value, out: &Path, docs: Option<&Path>) -> Result {
    let rows = rows(results);
    let mut results = results.clone();
    let shown: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({"what": row.what, "sides": row.sides, "figure": row.value, "unit": row.unit.trim(),
                "goal": row.goal_shown(), "reached": row.is_reached()})
        })
        .collect();
    if let Some(object) = results.as_object_mut() {
        object.insert("rows".to_owned(), Value::Array(shown));
    }
    let bars: Vec<(String, f64)> = CLIENTS
        .iter()
        .filter_map(|(name, lane)| {
            Some((
                name.replace(['*', '`'], ""),
                figure(&results, lane, "cpu_us")?,
            ))
        })
        .collect();
    let plot = crate::plot::draw(&bars);
    let json = serde_json::to_string_pretty(&results).map_err(as_text)? + "\n";
    std::fs::write(out.join("results.json"), &json).map_err(as_text)?;
    std::fs::write(out.join("performance.svg"), &plot).map_err(as_text)?;
    let tables = [
        ("figures", figures(&rows, &results)),
        ("clients", clients(&results)),
        ("neighbour", neighbour(&results)),
        ("machine", circumstances(&results)),
    ];
    for (_, table) in &tables {
        println!("{table}");
    }
    if let Some(docs) = docs {
        for (name, table) in &tables {
            page::put(docs, name, table)?;
        }
        std::fs::write(docs.join("performance.json"), json).map_err(as_text)?;
        std::fs::write(docs.join("performance.svg"), plot).map_err(as_text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The committed results have no runtimes.
    #[test]
    fn runtimes_stand_below_the_machine() {
        let mut results: Value =
            serde_json::from_str(include_str!("../../docs/performance.json")).unwrap();
        let before = circumstances(&results);
        assert!(before.contains("cores, Linux"), "{before}");
        results["runtimes"] = json!({"tencentcloud-sdk-python-sms": "Python 3.11.2"});
        let after = circumstances(&results);
        assert!(
            after.contains("tencentcloud-sdk-python-sms: Python 3.11.2.\n"),
            "{after}"
        );
    }

    #[test]
    fn lane_that_did_not_become_level_is_named() {
        let shown = circumstances(&json!({"not_level": ["node"]}));
        assert!(shown.contains("\n**Not level**: node. "), "{shown}");
        assert!(!circumstances(&json!({"not_level": []})).contains("level"));
    }

    #[test]
    fn run_without_a_peer_is_not_complete() {
        assert!(is_complete(&json!({"missing": []})) && is_complete(&json!({})));
        assert!(!is_complete(
            &json!({"missing": ["Tencent's Python SDK: no python3"]})
        ));
    }
}
