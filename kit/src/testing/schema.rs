//! JSON Schema as far as a field table needs it: types, bounds, members and choices. A keyword that is not read here
//! refuses nothing, so a refusal is certain and an acceptance is not.

use alloc::vec::Vec;

use serde_json::{Map, Value};

use crate::config::ABSENT_TEXT;
use crate::json::is_placeholder;

/// True if a schema accepts a value.
pub fn accepts(schema: &Value, value: &Value) -> bool {
    match schema {
        Value::Object(keywords) => keywords.iter().all(|(key, rule)| keeps(key, rule, value)),
        other => *other != Value::Bool(false),
    }
}

fn keeps(keyword: &str, rule: &Value, value: &Value) -> bool {
    let length = || value.as_str().map(|text| text.chars().count() as f64);
    let count = || value.as_array().map(|items| items.len() as f64);
    match keyword {
        "type" => match rule {
            Value::Array(names) => names.iter().any(|name| has_type(name, value)),
            name => has_type(name, value),
        },
        "const" => rule == value,
        "enum" => of(rule).contains(value),
        "anyOf" | "oneOf" => of(rule).iter().any(|choice| accepts(choice, value)),
        "allOf" => of(rule).iter().all(|each| accepts(each, value)),
        "items" => of(value).iter().all(|item| accepts(rule, item)),
        "properties" => members(rule, value).all(|(rule, member)| accepts(rule, member)),
        "required" => {
            let has = |object: &Map<_, _>, key: &Value| {
                key.as_str().is_none_or(|key| object.contains_key(key))
            };
            let object = value.as_object();
            object.is_none_or(|object| of(rule).iter().all(|key| has(object, key)))
        }
        "minimum" => within(rule, value.as_f64(), |value, bound| value >= bound),
        "maximum" => within(rule, value.as_f64(), |value, bound| value <= bound),
        "minLength" => within(rule, length(), |value, bound| value >= bound),
        "maxLength" => within(rule, length(), |value, bound| value <= bound),
        "minItems" => within(rule, count(), |value, bound| value >= bound),
        "maxItems" => within(rule, count(), |value, bound| value <= bound),
        "pattern" if rule == ABSENT_TEXT => value
            .as_str()
            .is_none_or(|text| text.trim().is_empty() || is_placeholder(text)),
        _ => true,
    }
}

fn of(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The members of an object for which a schema has rules, with those.
fn members<'a>(rules: &'a Value, value: &'a Value) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    let rules = rules.as_object().into_iter().flatten();
    rules.filter_map(|(key, rule)| Some((rule, value.get(key)?)))
}

fn within(bound: &Value, figure: Option<f64>, keeps: fn(f64, f64) -> bool) -> bool {
    let (Some(bound), Some(figure)) = (bound.as_f64(), figure) else {
        return true;
    };
    keeps(figure, bound)
}

fn has_type(name: &Value, value: &Value) -> bool {
    match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number % 1.0 == 0.0),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keyword_accepts_and_refuses() {
        for (schema, good, bad) in [
            (json!({"type": "string"}), json!("a"), json!(1)),
            (
                json!({"type": ["string", "integer"]}),
                json!(5.0),
                json!(0.5),
            ),
            (json!({"const": 1}), json!(1), json!(2)),
            (json!({"enum": [null, {}]}), json!({}), json!([])),
            (
                json!({"anyOf": [{"type": "null"}, {"minimum": 1}]}),
                json!(1),
                json!(0),
            ),
            (
                json!({"allOf": [{"maximum": 3}, {"minimum": 1}]}),
                json!(3),
                json!(4),
            ),
            (
                json!({"items": {"type": "string"}}),
                json!(["a"]),
                json!(["a", 1]),
            ),
            (
                json!({"properties": {"a": {"type": "string"}}}),
                json!({"b": 1}),
                json!({"a": 1}),
            ),
            (json!({"required": ["a"]}), json!({"a": 1}), json!({})),
            (
                json!({"minLength": 2, "maxLength": 3}),
                json!("\u{e9}\u{e9}"),
                json!("a"),
            ),
            (json!({"pattern": ABSENT_TEXT}), json!(" <x>"), json!("x")),
            (
                json!({"minItems": 1, "maxItems": 2}),
                json!([1, 2]),
                json!([]),
            ),
        ] {
            assert!(accepts(&schema, &good), "{schema} {good}");
            assert!(!accepts(&schema, &bad), "{schema} {bad}");
        }
        assert!(accepts(
            &json!({"pattern": "^a", "minimum": 3, "items": false}),
            &json!("b")
        ));
        assert!(accepts(&json!(true), &json!(1)) && !accepts(&json!(false), &json!(1)));
    }
}
