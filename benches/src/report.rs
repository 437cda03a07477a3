//! Results as rows against their goals, as tables for `docs/performance.md`, and as text for the terminal.

use crate::work::{Result, median, told};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// One figure of the design: what, against what, and how far it is to go.
pub struct Row {
    /// What is compared.
    pub what: &'static str,
    /// Both sides, with units.
    pub sides: String,
    /// The figure, in `unit`.
    pub value: f64,
    /// The limit.
    pub goal: f64,
    /// `x`, ` %`, ` KB`, ` MB`.
    pub unit: &'static str,
    /// Whether more is better: then the goal is a least value.
    pub more: bool,
}

impl Row {
    /// Whether the goal is reached.
    pub fn met(&self) -> bool {
        if self.more {
            self.value >= self.goal
        } else {
            self.value <= self.goal
        }
    }

    /// How much of its limit the figure uses: up to 1 is good, whichever way the figure points.
    pub fn used(&self) -> f64 {
        if self.more {
            self.goal / self.value
        } else {
            self.value / self.goal
        }
    }

    /// The figure with its unit.
    pub fn shown(&self) -> String {
        format!("{}{}", digits(self.value), self.unit)
    }

    fn goal_shown(&self) -> String {
        let bound = if self.more { "at least" } else { "at most" };
        format!("{bound} {}{}", digits(self.goal), self.unit)
    }
}

/// Three digits or so, as a reader wants them.
pub fn digits(value: f64) -> String {
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

/// The rows that could be measured.
pub fn rows(results: &Value) -> Vec<Row> {
    let cpu = |lane: &'static str| (lane, "cpu_us");
    let us = |lane: (&str, &str)| {
        figure(results, lane.0, lane.1)
            .map(digits)
            .unwrap_or_default()
    };
    let mut rows = Vec::new();
    let mut add = |what, of: (&str, &str), to: (&str, &str), goal, more| {
        if let Some(value) = ratio(results, of, to) {
            rows.push(Row {
                what,
                sides: format!("{} µs, {} µs", us(of), us(to)),
                value,
                goal,
                unit: "x",
                more,
            });
        }
    };
    let component = cpu("component.send");
    add(
        "fresh instance, against a native whole send",
        cpu("component.start"),
        cpu("native.send"),
        0.4,
        false,
    );
    add(
        "the whole guest path without a network, against native",
        cpu("component.stub"),
        cpu("native.stub"),
        8.0,
        false,
    );
    add(
        "CPU per send, plain HTTP, against native",
        component,
        cpu("native.send"),
        3.5,
        false,
    );
    add(
        "latency, kept TLS connection, against native",
        ("component.tls", "p50_us"),
        ("native.tls", "p50_us"),
        3.0,
        false,
    );
    add(
        "CPU per send, Tencent's Node SDK against this",
        cpu("node.send"),
        component,
        2.5,
        true,
    );
    add(
        "CPU per send, Logto's connector against this",
        cpu("logto.send"),
        component,
        5.0,
        true,
    );
    add(
        "CPU per send, Tencent's Python SDK against this",
        cpu("python.send"),
        component,
        12.0,
        true,
    );
    let number = |group: &str, key: &str| results.get(group)?.get(key)?.as_f64();
    if let (Some(cached), Some(compile)) = (
        number("load", "cached_cpu_us"),
        number("load", "compile_cpu_us"),
    ) {
        rows.push(Row {
            what: "loading from the cache, against compiling, CPU",
            sides: format!("{} µs, {} µs", digits(cached), digits(compile)),
            value: cached / compile * 100.0,
            goal: 0.5,
            unit: " %",
            more: false,
        });
    }
    for (what, group, key, resident, scale, goal, unit) in [
        (
            "memory of a live instance after its work, shared pages counted once",
            "memory",
            "proportional_per_instance",
            "resident_per_instance",
            1e3,
            48.0,
            " KB",
        ),
        (
            "1,000 tenants live at once, connections and all, shared pages counted once",
            "tenants",
            "proportional",
            "resident",
            1e6,
            120.0,
            " MB",
        ),
    ] {
        if let (Some(bytes), Some(resident)) = (number(group, key), number(group, resident)) {
            rows.push(Row {
                what,
                sides: format!("resident: {}{unit}", digits(resident / scale)),
                value: bytes / scale,
                goal,
                unit,
                more: false,
            });
        }
    }
    rows
}

/// The table of goals.
pub fn goals(rows: &[Row]) -> String {
    let mut text =
        String::from("| what | sides | figure | goal | |\n| --- | --- | --- | --- | --- |\n");
    for row in rows {
        let met = if row.met() {
            "reached"
        } else {
            "**not reached**"
        };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {met} |",
            row.what,
            row.sides,
            row.shown(),
            row.goal_shown()
        );
    }
    text
}

/// The clients of CPU per send: name and figure's lane.
pub const CLIENTS: [(&str, &str); 8] = [
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
pub fn clients(results: &Value) -> String {
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

/// The parts of a send, natively and in the component.
pub fn parts(results: &Value) -> String {
    let cpu = |lane: &str| figure(results, lane, "cpu_us");
    let start = cpu("component.start");
    let without_start = |lane: &str| Some(cpu(lane)? - start?);
    let rows = [
        ("make an instance", None, start),
        (
            "parse the config (the component: `validate-config` of it in a list, which is parsed and refused)",
            cpu("native.parse"),
            without_start("component.parse"),
        ),
        (
            "parse and validate (`validate-config`)",
            cpu("native.validate"),
            without_start("component.validate"),
        ),
        (
            "parse, validate, plan (`preview-message`)",
            cpu("native.preview"),
            without_start("component.preview"),
        ),
        (
            "sign (the component: and build the request, eight calls to the host; elapsed)",
            cpu("native.sign100").map(|us| us / 100.0),
            results.pointer("/fuel/sign_us").and_then(Value::as_f64),
        ),
        (
            "all of it, transport and answer too, no network",
            cpu("native.stub"),
            without_start("component.stub"),
        ),
    ];
    let mut text =
        String::from("| part | native, µs | component, µs | ratio |\n| --- | --- | --- | --- |\n");
    for (what, native, component) in rows {
        let cell = |value: Option<f64>| value.map(digits).unwrap_or_default();
        let ratio = native
            .zip(component)
            .map(|(native, component)| component / native);
        let ratio = ratio
            .map(|ratio| format!("{}x", digits(ratio)))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "| {what} | {} | {} | {ratio} |",
            cell(native),
            cell(component)
        );
    }
    text
}

/// Where the fuel goes. The steps are those between the component's looks at a clock.
pub fn fuel(results: &Value) -> String {
    let fuel = |key: &str| results.get("fuel")?.get(key)?.as_u64();
    let steps = results
        .get("fuel")
        .and_then(|fuel| fuel.get("steps"))
        .and_then(Value::as_array);
    let steps: Vec<u64> = steps
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();
    let mut text = String::from("| what | fuel |\n| --- | --- |\n");
    let mut row = |what: &str, fuel: Option<u64>| {
        if let Some(fuel) = fuel {
            let _ = writeln!(text, "| {what} | {} |", thousands(fuel));
        }
    };
    row("make an instance", fuel("instantiate"));
    row("take the arguments", steps.first().copied());
    row(
        "parse, validate, plan, write the body",
        steps.get(1).copied(),
    );
    row(
        "· `validate-config` alone, arguments and result too",
        fuel("validate_config"),
    );
    row(
        "· `preview-message` alone, arguments and result too",
        fuel("preview_message"),
    );
    row("sign, build the request", steps.get(2).copied());
    row(
        "hand it over, write all but the last byte",
        steps.get(3).copied(),
    );
    row(
        "release, read the answer, judge it, give the result",
        steps.get(4).copied(),
    );
    row("**a whole send**", fuel("send_message"));
    text
}

/// What a neighbour notices of each attack.
pub fn neighbour(results: &Value) -> String {
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

/// What the run was made on.
pub fn circumstances(results: &Value) -> String {
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

/// What a soak came to. One that is shown has gone well, so what must be 0 is.
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

/// Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a page.
pub fn replace(page: &mut String, name: &str, text: &str) -> Result {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let start = page.find(&begin).map(|at| at + begin.len());
    let stop = page.find(&end);
    let (Some(start), Some(stop)) = (start, stop) else {
        return Err(format!("the page has no {begin}…{end}"));
    };
    page.replace_range(start..stop, &format!("\n{}\n", text.trim_end()));
    Ok(())
}

/// [`replace`]s a part of `performance.md`.
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
            json!({"what": row.what, "sides": row.sides, "figure": row.value, "goal": row.goal,
                "unit": row.unit.trim(), "at_least": row.more, "reached": row.met()})
        })
        .collect();
    if let Some(object) = results.as_object_mut() {
        object.insert("rows".to_owned(), Value::Array(shown));
    }
    let clients: Vec<(String, f64)> = CLIENTS
        .iter()
        .filter_map(|(name, lane)| {
            Some((
                name.replace(['*', '`'], ""),
                figure(&results, lane, "cpu_us")?,
            ))
        })
        .collect();
    let plot = crate::plot::draw(&rows, &clients);
    let json = serde_json::to_string_pretty(&results).map_err(told)? + "\n";
    std::fs::write(out.join("results.json"), &json).map_err(told)?;
    std::fs::write(out.join("performance.svg"), &plot).map_err(told)?;
    println!("{}", goals(&rows));
    println!("{}", self::clients(&results));
    println!("{}", parts(&results));
    println!("{}", fuel(&results));
    println!("{}", neighbour(&results));
    println!("{}", circumstances(&results));
    if let Some(docs) = docs {
        let path = docs.join("performance.md");
        let mut page = std::fs::read_to_string(&path).map_err(told)?;
        replace(&mut page, "goals", &goals(&rows))?;
        replace(&mut page, "clients", &self::clients(&results))?;
        replace(&mut page, "parts", &parts(&results))?;
        replace(&mut page, "fuel", &fuel(&results))?;
        replace(&mut page, "neighbour", &neighbour(&results))?;
        replace(&mut page, "machine", &circumstances(&results))?;
        std::fs::write(path, page).map_err(told)?;
        std::fs::write(docs.join("performance.json"), json).map_err(told)?;
        std::fs::write(docs.join("performance.svg"), plot).map_err(told)?;
    }
    Ok(())
}
