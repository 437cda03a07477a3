//! Responses of each action.

pub mod lists;
pub mod reports;
pub mod send_sms;
pub mod statistics;

use serde_json::{Map, Value};

/// A text parameter whose type was checked; empty when absent.
fn text<'p>(given: &'p Map<String, Value>, name: &str) -> &'p str {
    given.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A list of texts whose types were checked; empty when absent.
fn texts(given: &Map<String, Value>, name: &str) -> Vec<String> {
    let items = given.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// A number whose type was checked.
fn number(given: &Map<String, Value>, name: &str) -> Option<u64> {
    given.get(name).and_then(Value::as_u64)
}

/// A list of numbers whose types were checked; empty when absent.
fn numbers(given: &Map<String, Value>, name: &str) -> Vec<u64> {
    let items = given.get(name).and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect()
}
