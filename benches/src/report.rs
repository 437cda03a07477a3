//! Results as figures with goals, as tables for `docs/performance.md`, and as text for the terminal.

use crate::work::{Result, median, told};
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
    /// `x`, ` %`, ` KB`, ` MB`.
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
        let reached = match row.is_reached() {
            Some(true) => "reached",
            Some(false) => "**not reached**",
            None => "",
        };
        let _ = writeln!(
            text,
            "| {} | {} | {}{} | {} | {reached} |",
            row.what,
            row.sides,
            digits(row.value),
            row.unit,
            row.goal_shown()
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
    for missing in results
        .get("missing")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let _ = writeln!(shown, "\n**Not measured**: {missing}");
    }
    shown
}

/// The figures of a soak that passed, so counts that must be 0 are 0.
pub fn soak(result: &Value) -> String {
    let at = |path: &str| {
        result
            .pointer(path)
            .and_then(Value::as_f64)
            .unwrap_or(f64::NAN)
    };
    let count = |path: &str| thousands(at(path) as u64);
    let resident: Vec<f64> = result
        .pointer("/host/resident")
        .and_then(Value::as_array)
        .map(|samples| samples.iter().filter_map(Value::as_f64).collect())
        .unwrap_or_default();
    let quarter = |range: std::ops::Range<usize>| {
        crate::work::median(resident.get(range).unwrap_or_default()) / 1e6
    };
    format!(
        "| | |\n| --- | --- |\n| calls | {} in {:.0} s |\n| accepted, not sent, unknown | {}, {}, {} |\n\
         | in none of the three states | 0 |\n| calls with more than one complete request | 0 |\n\
         | accepted without a message in the inbox, or not sent with one | 0 |\n| faults met | {} |\n\
         | plugins replaced | {} |\n| descriptors, last quarter against the one before | {:.2}x |\n\
         | resident, last quarter against the one before | {:.2}x: {:.1} to {:.1} MB |\n",
        count("/calls"),
        at("/host/seconds"),
        count("/accepted"),
        count("/not_sent"),
        count("/unknown"),
        count("/faults"),
        count("/host/swaps"),
        at("/descriptor_growth"),
        at("/memory_growth"),
        quarter(10..15),
        quarter(15..20),
    )
}

/// The median over the rounds of a server's figure in [`crate::verifications`].
fn of_rounds(results: &Value, server: &str, name: &str) -> Option<Vec<f64>> {
    let values = results.get(server)?.get(name)?.as_array()?;
    values.iter().map(Value::as_f64).collect()
}

/// Verifications of `auth-host serve` beside better-auth's.
pub fn verifications(results: &Value) -> String {
    let mut text = String::from(
        "| a verification | `auth-host serve` | better-auth | figure | goal | |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    let both = |name: &str| {
        let of = |server| of_rounds(results, server, name);
        (of("auth_host"), of("better_auth"))
    };
    let shown = |values: &Option<Vec<f64>>, scale: f64| match values {
        Some(values) => digits(median(values) / scale),
        None => "not measured".to_owned(),
    };
    let rows: [(&'static str, &str, f64, &'static str, Option<Goal>); 12] = [
        (
            "CPU of the server, µs",
            "cpu_us",
            1.0,
            "x less",
            Some(Goal::AtLeast(8.0)),
        ),
        (
            "median latency at 30 a second, ms",
            "p50_ms",
            1.0,
            "x shorter",
            Some(Goal::AtLeast(3.0)),
        ),
        (
            "the same, processors kept awake",
            "awake_p50_ms",
            1.0,
            "x shorter",
            Some(Goal::AtLeast(3.0)),
        ),
        (
            "median less the provider's part, ms",
            "own_p50_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "the same, processors kept awake",
            "own_awake_p50_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "99th percentile at 30 a second, ms",
            "p99_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "the same, processors kept awake",
            "awake_p99_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "median of the start alone, ms",
            "start_p50_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "median of the check alone, ms",
            "check_p50_ms",
            1.0,
            "x shorter",
            None,
        ),
        (
            "CPU of the server at 30 a second, µs",
            "open_cpu_us",
            1.0,
            "x less",
            None,
        ),
        (
            "verifications a second, 8 at once",
            "rate",
            1.0,
            "x more",
            None,
        ),
        (
            "resident, MB",
            "resident",
            1e6,
            " MB",
            Some(Goal::AtMost(60.0)),
        ),
    ];
    for (what, name, scale, unit, goal) in rows {
        let (ours, peer) = both(name);
        let sides = (shown(&ours, scale), shown(&peer, scale));
        let figure = match (unit, &ours, &peer) {
            // The most of all rounds.
            (" MB", Some(ours), _) => ours
                .iter()
                .copied()
                .reduce(f64::max)
                .map(|most| most / scale),
            (_, Some(ours), Some(peer)) => {
                let ratios = ours.iter().zip(peer).map(|(ours, peer)| peer / ours);
                let ratio = median(&ratios.collect::<Vec<_>>());
                Some(if unit == "x more" { 1.0 / ratio } else { ratio })
            }
            _ => None,
        };
        let row = figure.map(|value| Row {
            what,
            sides: String::new(),
            value,
            unit,
            goal,
        });
        let reached = match row.as_ref().and_then(Row::is_reached) {
            Some(true) => "reached",
            Some(false) => "**not reached**",
            None => "",
        };
        let _ = writeln!(
            text,
            "| {what} | {} | {} | {} | {} | {reached} |",
            sides.0,
            sides.1,
            row.as_ref()
                .map(|row| digits(row.value) + unit)
                .unwrap_or_default(),
            row.as_ref().map(Row::goal_shown).unwrap_or_default(),
        );
    }
    let floor = |name: &str| shown(&of_rounds(results, "floor", name), 1.0);
    let _ = writeln!(
        text,
        "\nThe provider's part is a send alone, by a native client at the same rate: {} ms, and {} ms with processors \
        kept awake. Three commits of one small row, as many as a verification of `auth-host` needs, take {} ms at that \
        rate, and {} ms with processors kept awake.",
        floor("send_ms"),
        floor("awake_send_ms"),
        floor("commits_ms"),
        floor("awake_commits_ms"),
    );
    let number = |key: &str| results.get(key).and_then(Value::as_u64).unwrap_or_default();
    let _ = writeln!(
        text,
        "\n`cargo xtask bench --verifications` on {}. In each round {} verifications, {} at once, then {} at {} a \
        second. {}",
        results
            .get("date")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        number("closed"),
        number("at_once"),
        number("open"),
        number("rate"),
        circumstances(results),
    );
    text
}

/// Replaces the text between `<!-- name -->` and `<!-- /name -->` in a page.
fn replace(page: &mut String, name: &str, text: &str) -> Result {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = page.find(&begin).map(|at| at + begin.len());
    let stop = page.find(&end);
    let (Some(start), Some(stop)) = (start, stop) else {
        return Err(format!("the page has no {begin}…{end}"));
    };
    page.replace_range(start..stop, &format!("\n{}\n", text.trim_end()));
    Ok(())
}

/// Replaces a part of `performance.md`.
pub fn put(docs: &Path, name: &str, text: &str) -> Result {
    let path = docs.join("performance.md");
    let mut page = std::fs::read_to_string(&path).map_err(told)?;
    replace(&mut page, name, text)?;
    std::fs::write(path, page).map_err(told)
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
    let json = serde_json::to_string_pretty(&results).map_err(told)? + "\n";
    std::fs::write(out.join("results.json"), &json).map_err(told)?;
    std::fs::write(out.join("performance.svg"), &plot).map_err(told)?;
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
            put(docs, name, table)?;
        }
        std::fs::write(docs.join("performance.json"), json).map_err(told)?;
        std::fs::write(docs.join("performance.svg"), plot).map_err(told)?;
    }
    Ok(())
}
