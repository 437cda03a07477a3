//! What loading costs, compiled and from the cache: `load_times connector.wasm rounds`.
//!
//! Design section 9 asks that a load from the cache takes at most 0.5 % of one that compiles.

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
    let (compiled, cached, read) = (median(compiled), median(cached), median(read));
    println!("compiled    {:>9.3} ms", compiled.as_secs_f64() * 1e3);
    println!("from cache  {:>9.3} ms", cached.as_secs_f64() * 1e3);
    println!(
        "hashing     {:>9.3} ms, either way",
        read.as_secs_f64() * 1e3
    );
    let share = cached.as_secs_f64() / compiled.as_secs_f64();
    println!("share       {:>9.2} %", share * 100.0);
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
