//! JSON with sorted keys.
//!
//! The order in which `serde_json` writes keys depends on a feature that any crate of a build may switch on. Bytes that
//! are hashed must not depend on it.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Indented, with sorted keys and a line break at the end: for people and for `diff`.
pub fn indented(value: Value) -> Vec<u8> {
    format!("{:#}\n", sorted(value)).into_bytes()
}

/// On one line, with sorted keys: for what is read by programs and named by its digest.
pub fn compact(value: Value) -> Vec<u8> {
    sorted(value).to_string().into_bytes()
}

/// The same value with its keys in alphabetical order.
pub fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let ordered: BTreeMap<String, Value> = object
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(Map::from_iter(ordered))
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"d": 1, "c": 2}], "a": null});
        assert_eq!(compact(value), br#"{"a":null,"b":[{"c":2,"d":1}]}"#);
    }
}
