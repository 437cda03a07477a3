//! What compiling costs, by a component's size and shape, and what the cache keeps of it.

use super::page::{Section, kb, mb};
use super::{Size, figure, part as measured};
use crate::component::wasm;
use crate::report::{digits, thousands};
use crate::work::{Result, cpu_time, peak, told};
use auth_connector_host::{ConnectorHost, HostOptions, LoadError};
use serde_json::{Value, json};
use std::time::Instant;

/// Kinds of generated code: what it is made of, the length of each function in KiB, all of it in KiB.
const KINDS: [(&str, usize, usize); 8] = [
    ("divisions", 1, 512),
    ("divisions", 127, 512),
    ("calls", 8, 512),
    ("calls", 127, 512),
    ("branches", 8, 512),
    ("branches", 127, 512),
    ("branches", 127, 2_000),
    ("divisions", 127, 2_000),
];

/// Loops in each other, and as many locals that are live in all of them: one function of some 15 bytes for each.
const LOOPS: [usize; 4] = [20, 40, 80, 120];

/// Blocks in each other, and as many locals that are alive out of all of them.
const BLOCKS: [usize; 2] = [100, 200];

/// One load without a cache: wall, CPU, and the most memory that the process ever had.
pub fn part(kind: &str, function: usize, bytes: usize) -> Result<Value> {
    let component = match kind {
        "reference" => std::fs::read(wasm()?).map_err(told)?,
        "loops" => component(&loops(function), 0),
        "blocks" => component(&blocks(function), 0),
        _ => component(&straight(kind, function), bytes),
    };
    let host = ConnectorHost::builder()
        .with(|options| options.system_roots = false)
        .build()
        .map_err(told)?;
    let before = peak();
    let (cpu, begun) = (cpu_time(), Instant::now());
    match host.load(component.as_slice()) {
        // What is generated is compiled, and only then found to be no connector.
        Ok(_) | Err(LoadError::NotAConnector { .. }) => {}
        Err(other) => return Err(format!("{kind} of {bytes}: {other}")),
    }
    Ok(json!({
        "bytes": component.len(),
        "wall_s": begun.elapsed().as_secs_f64(),
        "cpu_s": cpu_time().saturating_sub(cpu).as_secs_f64(),
        "peak": peak().saturating_sub(before),
    }))
}

/// A component of about so many bytes, with one core module that has the same function again and again.
fn component(function: &[u8], bytes: usize) -> Vec<u8> {
    let function = [leb(function.len()), function.to_vec()].concat();
    let count = (bytes / (function.len() + 1)).max(1);
    let types = section(1, &[1, 0x60, 0, 0]);
    let declared = section(3, &[leb(count), vec![0; count]].concat());
    let code = section(10, &[leb(count), function.repeat(count)].concat());
    let module = [b"\0asm\x01\0\0\0".to_vec(), types, declared, code].concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module)].concat()
}

/// A function's body of about so many bytes, without a loop.
fn straight(kind: &str, bytes: usize) -> Vec<u8> {
    let locals: u8 = if kind == "branches" { 100 } else { 2 };
    let mut body = vec![1, locals, 0x7f];
    let mut step = 0_u8;
    while body.len() + 32 < bytes {
        let (a, b) = (step % locals, step.wrapping_mul(7) % locals);
        step = step.wrapping_add(1) % 200;
        match kind {
            "calls" => body.extend([0x10, 0]),
            // block: if a, leave; b = a + b; end
            "branches" => body.extend([
                0x02, 0x40, 0x20, a, 0x0d, 0, 0x20, a, 0x20, b, 0x6a, 0x21, b, 0x0b,
            ]),
            // b = a / b, which may trap, so nobody may leave it out
            _ => body.extend([0x20, a, 0x20, b, 0x6e, 0x21, b]),
        }
    }
    body.push(0x0b);
    body
}

/// A function's body of so many loops in each other, with as many locals that all of them use.
fn loops(count: usize) -> Vec<u8> {
    let mut body = [vec![1], leb(count), vec![0x7f]].concat();
    body.extend([0x03, 0x40].repeat(count));
    for local in 0..count {
        // local = local / 1
        body.extend(
            [
                &[0x20][..],
                &leb(local),
                &[0x41, 1, 0x6e, 0x21],
                &leb(local),
            ]
            .concat(),
        );
    }
    // if the first, again
    body.extend([0x20, 0, 0x0d, 0, 0x0b].repeat(count));
    body.push(0x0b);
    body
}

/// A function's body of so many blocks in each other, out of which each of as many locals has a way after it changed,
/// and all locals are used at the end.
fn blocks(count: usize) -> Vec<u8> {
    let change = |local: usize| {
        [
            &[0x20][..],
            &leb(local),
            &[0x41, 1, 0x6e, 0x21],
            &leb(local),
        ]
        .concat()
    };
    let mut body = [vec![1], leb(count), vec![0x7f]].concat();
    body.extend([0x02, 0x40].repeat(count));
    for local in 0..count {
        body.extend(change(local));
        // if the first, leave so many blocks
        body.extend([&[0x20, 0, 0x0d][..], &leb(local)].concat());
    }
    body.extend([0x0b].repeat(count));
    for local in 0..count {
        body.extend(change(local));
    }
    body.push(0x0b);
    body
}

fn section(id: u8, payload: &[u8]) -> Vec<u8> {
    [vec![id], leb(payload.len()), payload.to_vec()].concat()
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// All of it.
pub fn measure(size: Size) -> Result<Vec<Section>> {
    let mut rows = Vec::new();
    let mut row = |name: String, kind: &str, function: usize, bytes: usize| {
        let run = measured(&["compile", kind, &function.to_string(), &bytes.to_string()])?;
        let (bytes, cpu) = (figure(&run, "bytes")?, figure(&run, "cpu_s")?);
        rows.push(vec![
            name,
            kb(bytes),
            digits(figure(&run, "wall_s")?),
            digits(cpu),
            digits(cpu * 1e6 / bytes),
            mb(figure(&run, "peak")?),
        ]);
        Ok::<_, String>(())
    };
    row("the reference connector".to_owned(), "reference", 0, 0)?;
    for (kind, function, bytes) in KINDS {
        if !size.quick || bytes < 1_000 {
            let name = format!("{kind}, functions of {function} KiB");
            row(name, kind, function << 10, bytes << 10)?;
        }
    }
    for loops in LOOPS {
        let name = format!("one function: {loops} loops in each other over {loops} locals");
        row(name, "loops", loops, 0)?;
    }
    for blocks in BLOCKS {
        let name = format!("one function: {blocks} blocks in each other over {blocks} locals");
        row(name, "blocks", blocks, 0)?;
    }
    let titles = [
        "component",
        "KB",
        "to compile, s",
        "CPU, s",
        "CPU for each KB, ms",
        "memory at its most, MB",
    ];
    let table = Section::table("compile", &titles, &rows);
    Ok(vec![table, cache()?])
}

/// What the reference connector takes in the cache.
fn cache() -> Result<Section> {
    let folder = std::env::temp_dir().join(format!("connector-defaults-{}", std::process::id()));
    let host = ConnectorHost::builder()
        .cache_dir(&folder)
        .with(|options| options.system_roots = false)
        .build()
        .map_err(told)?;
    let size = host
        .load(wasm()?)
        .map_err(told)
        .and_then(|plugin| Ok((plugin.description().size, held(&folder)?)));
    std::fs::remove_dir_all(&folder).map_err(told)?;
    let (component, entry) = size?;
    let most = HostOptions::default().cache_bytes;
    Ok(Section::new(
        "cache",
        format!(
            "The reference connector has {} KB, its sealed code {} KB: {} fit into {} MiB.",
            kb(component as f64),
            kb(entry as f64),
            thousands(most / entry.max(1)),
            most >> 20
        ),
    ))
}

/// The largest file of a folder and of those in it.
fn held(folder: &std::path::Path) -> Result<u64> {
    let mut most = 0;
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let data = entry.metadata().map_err(told)?;
        most = most.max(if data.is_dir() {
            held(&entry.path())?
        } else {
            data.len()
        });
    }
    Ok(most)
}
