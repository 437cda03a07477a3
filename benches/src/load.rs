//! Measures loading: compiling, and reading compiled code from the cache.

use crate::component::{builder, wasm};
use crate::work::{Result, as_text, cpu_time, median};
use auth_connector_host::{CacheUse, ConnectorHost};
use serde_json::{Value, json};

/// Loads by compiling and from the cache, each the given number of times.
pub fn measure(compilations: usize, hits: usize) -> Result<Value> {
    let component = wasm()?;
    let fresh = ConnectorHost::builder().build().map_err(as_text)?;
    let cached = builder().build().map_err(as_text)?;
    // Fills the cache.
    drop(cached.load(component.as_path()).map_err(as_text)?);
    let times = |host: &ConnectorHost, count: usize, from_cache: bool| {
        let mut code = Vec::new();
        let mut whole = Vec::new();
        for _ in 0..count {
            let before = cpu_time();
            let plugin = host.load(component.as_path()).map_err(as_text)?;
            whole.push((cpu_time() - before).as_secs_f64() * 1e6);
            let timings = plugin.load_timings();
            if (timings.cache == CacheUse::Hit) != from_cache {
                return Err("the cache did not do what was expected of it".to_owned());
            }
            code.push(timings.compile.as_secs_f64() * 1e6);
        }
        Ok((median(&code), median(&whole)))
    };
    let (compile, compile_whole) = times(&fresh, compilations, false)?;
    let (hit, hit_whole) = times(&cached, hits, true)?;
    Ok(json!({
        "compile_us": compile, "compile_cpu_us": compile_whole,
        "cached_us": hit, "cached_cpu_us": hit_whole,
    }))
}
