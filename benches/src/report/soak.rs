//! The table of the soak.

use super::thousands;
use crate::work::median;
use serde_json::Value;

/// The figures of a soak.
pub fn table(result: &Value) -> String {
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
    let quarter =
        |range: std::ops::Range<usize>| median(resident.get(range).unwrap_or_default()) / 1e6;
    format!(
        "| | |\n| --- | --- |\n| calls | {} in {:.0} s |\n| accepted, not sent, unknown | {}, {}, {} |\n\
         | in none of the three states | {} |\n| calls with more than one complete request | {} |\n\
         | accepted without a message in the inbox, or not sent with one | {} |\n| faults met | {} |\n\
         | plugins replaced | {} |\n| descriptors, last quarter against the one before | {:.2}x |\n\
         | resident, last quarter against the one before | {:.2}x: {:.1} to {:.1} MB |\n",
        count("/calls"),
        at("/host/seconds"),
        count("/accepted"),
        count("/not_sent"),
        count("/unknown"),
        count("/stateless"),
        count("/doubled"),
        count("/misjudged"),
        count("/faults"),
        count("/host/swaps"),
        at("/descriptor_growth"),
        at("/memory_growth"),
        quarter(10..15),
        quarter(15..20),
    )
}
