//! Measures loading, compiled and from the cache: `load_times connector.wasm rounds`.
//!
//! `cargo build --profile host --workspace --examples`, then `target/host/examples/load_times connector.wasm 5`.

use auth_connector_host::{CacheUse, ConnectorHost, LoadTimings};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, component, rounds] = arguments.as_slice() else {
        return Err("two arguments: component, rounds".into());
    };
    let bytes = std::fs::read(component)?;
    let folder = std::env::temp_dir().join(format!("load-times-{}", std::process::id()));
    let compiling = ConnectorHost::builder().build()?;
    let caching = ConnectorHost::builder().cache_dir(&folder).build()?;
    caching.load(bytes.as_slice())?;
    let (mut compiled, mut cached, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds.parse()? {
        let load = |host: &ConnectorHost| -> Result<LoadTimings, Box<dyn std::error::Error>> {
            Ok(host.load(bytes.as_slice())?.load_timings())
        };
        let (cold, warm) = (load(&compiling)?, load(&caching)?);
        if warm.cache != CacheUse::Hit {
            return Err("the cache did not have it".into());
        }
        compiled.push(cold.compile);
        cached.push(warm.compile);
        read.push(warm.read);
    }
    std::fs::remove_dir_all(&folder)?;
    println!("                 median     lowest");
    let [compiled, lowest_compiled] = show("compiled", compiled);
    let [cached, lowest_cached] = show("from cache", cached);
    show("hashing", read);
    let share = |cached: f64, compiled: f64| cached / compiled * 100.0;
    println!(
        "share       {:>9.2} % {:>8.2} %",
        share(cached, compiled),
        share(lowest_cached, lowest_compiled)
    );
    Ok(())
}

/// Prints the median and the lowest, in milliseconds. On a busy machine the lowest are nearer to the truth.
fn show(what: &str, mut times: Vec<Duration>) -> [f64; 2] {
    times.sort();
    let at = |index: usize| times.get(index).map_or(0.0, Duration::as_secs_f64) * 1e3;
    let (median, lowest) = (at(times.len() / 2), at(0));
    println!("{what:<10}  {median:>9.3} ms {lowest:>7.3} ms");
    [median, lowest]
}
