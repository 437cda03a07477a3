//! Values of a config under keys that its plugin's guard does not declare: a mistyped key, or an old secret under
//! another name. Their meaning is unknown, so they are hidden like secrets.

use super::secrets::is_blank;
use crate::pointer::escaped;
use auth_connector_host::ConfigGuard;
use serde_json::{Map, Value};
use std::cell::Cell;

/// Maximum depth to which a `$ref` or a combination is followed.
const STEPS: usize = 8;

/// The most parts of a schema that are read for one config; further parts count as not declared. A plugin's schema may
/// reach the same parts over any number of paths.
const PARTS: usize = 20_000;

/// The places of a config's values that are never shown.
pub fn hidden(guard: ConfigGuard, config: &Value) -> Vec<String> {
    let mut hidden = places(&guard, config);
    hidden.extend(guard.secret_pointers);
    hidden
}

/// The places of a config's values that the guard's schema and form do not declare.
fn places(guard: &ConfigGuard, config: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(&guard.json_schema).unwrap_or_default();
    let form: Value = serde_json::from_str(&guard.form_json).unwrap_or_default();
    let reader = Reader {
        schema: &schema,
        left: Cell::new(PARTS),
    };
    let mut found = Vec::new();
    let parts = reader.parts(&[&schema]);
    for (key, value) in config.as_object().into_iter().flatten() {
        let place = format!("/{}", escaped(key));
        let members = members(&parts, key);
        if !members.is_empty() {
            reader.walk(&members, value, place, &mut found);
        } else if !has_item(&form, key) {
            found.push(place);
        }
    }
    found.retain(|place| !is_blank(config.pointer(place)));
    found
}

fn has_item(form: &Value, key: &str) -> bool {
    let items = form.as_array().map(Vec::as_slice).unwrap_or_default();
    items
        .iter()
        .any(|item| item.get("key").and_then(Value::as_str) == Some(key))
}

struct Reader<'a> {
    schema: &'a Value,
    left: Cell<usize>,
}

impl<'a> Reader<'a> {
    fn walk(&self, schemas: &[&'a Value], value: &Value, place: String, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                let parts = self.parts(schemas);
                let is_open = parts.iter().any(|part| is_open(part, "object", MEMBERS));
                for (key, value) in object {
                    let place = format!("{place}/{}", escaped(key));
                    let members = members(&parts, key);
                    if !members.is_empty() {
                        self.walk(&members, value, place, found);
                    } else if !is_open {
                        found.push(place);
                    }
                }
            }
            Value::Array(list) => {
                let parts = self.parts(schemas);
                let items: Vec<_> = parts.iter().filter_map(|part| part.get("items")).collect();
                let is_open = parts.iter().any(|part| is_open(part, "array", &["items"]));
                if items.is_empty() && !is_open && !list.is_empty() {
                    found.push(place);
                } else if !items.is_empty() {
                    for (nth, entry) in list.iter().enumerate() {
                        self.walk(&items, entry, format!("{place}/{nth}"), found);
                    }
                }
            }
            _ => {}
        }
    }

    /// Schemas, and those that their references and combinations reach.
    fn parts(&self, schemas: &[&'a Value]) -> Vec<&'a Map<String, Value>> {
        let mut parts = Vec::new();
        for schema in schemas {
            self.gather(schema, &mut parts, 0);
        }
        parts
    }

    fn gather(&self, schema: &'a Value, parts: &mut Vec<&'a Map<String, Value>>, steps: usize) {
        let left = self.left.get();
        let Some(part) = schema.as_object() else {
            return;
        };
        if steps > STEPS || left == 0 {
            return;
        }
        self.left.set(left - 1);
        parts.push(part);
        let reference = part.get("$ref").and_then(Value::as_str);
        let target = reference.and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = target.and_then(|target| self.schema.pointer(target)) {
            self.gather(target, parts, steps + 1);
        }
        for combination in ["anyOf", "oneOf", "allOf"] {
            let inner = part.get(combination).and_then(Value::as_array);
            for inner in inner.into_iter().flatten() {
                self.gather(inner, parts, steps + 1);
            }
        }
    }
}

/// Keywords that declare an object's members.
const MEMBERS: &[&str] = &["properties", "patternProperties", "additionalProperties"];

/// The schemas of an object's member. Those of `patternProperties` do not count: a mistyped key, or an old secret under
/// another name, may match a pattern too.
fn members<'a>(parts: &[&'a Map<String, Value>], key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    for part in parts {
        let named = part.get("properties").and_then(|inner| inner.get(key));
        let rest = part.get("additionalProperties");
        found.extend(named.or_else(|| rest.filter(|schema| schema.is_object())));
    }
    found
}

/// Returns true if a part allows an object or a list without declaring its contents.
fn is_open(part: &Map<String, Value>, kind: &str, inside: &[&str]) -> bool {
    let is_kind = match part.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        _ => false,
    };
    is_kind && !inside.iter().any(|key| part.contains_key(*key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(schema: Value, form: Value, config: Value) -> Vec<String> {
        let guard = ConfigGuard {
            json_schema: schema.to_string(),
            form_json: form.to_string(),
            secret_pointers: vec![],
        };
        let mut places = places(&guard, &config);
        places.sort();
        places
    }

    /// As the kit writes an optional field: blank values or its schema.
    fn optional(schema: Value) -> Value {
        json!({"anyOf": [{"anyOf": [{"enum": [null, {}, []]}, {"type": "string", "pattern": "^$"}]}, schema]})
    }

    #[test]
    fn key_that_neither_schema_nor_form_has_is_undeclared() {
        let schema = json!({"properties": {
            "id": {"type": "string"},
            "block": optional(json!({"type": "object", "properties": {"id": {}}})),
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "rows": {"type": "array", "items": {"$ref": "#/$defs/row"}},
            "open": {"type": ["object", "array"]},
            "text": optional(json!({"type": "string"})),
        }, "$defs": {"row": {"type": "object", "properties": {"id": {}, "own": {"properties": {"a": {}}}}}}});
        let form = json!([{"key": "formOnly", "type": "Text"}]);
        let config = json!({
            "id": "1", "sesionToken": "s", "formOnly": {"a": 1}, "nothing": null, "a/b~c": "s",
            "block": {"id": "1", "secret": "s"},
            "map": {"any": "1"},
            "rows": [{"id": "1"}, {"id": "2", "token": "s", "own": {"a": 1, "b": "s"}}],
            "open": {"any": [1]},
            "text": {"accessKeySecret": "s"},
        });
        assert_eq!(
            of(schema.clone(), form, config),
            [
                "/a~1b~0c",
                "/block/secret",
                "/rows/1/own/b",
                "/rows/1/token",
                "/sesionToken",
                "/text/accessKeySecret"
            ]
        );
        let lists = json!({"text": ["s"], "open": ["a"], "rows": [], "id": []});
        assert_eq!(of(schema, json!([]), lists), ["/text"]);
    }

    /// A mistyped key, or an old secret under another name, may match a pattern too.
    #[test]
    fn pattern_declares_no_key() {
        let schema = json!({"properties": {"map": {
            "type": "object", "patternProperties": {"^x-": {"type": "string"}},
            "properties": {"id": {}},
        }}, "patternProperties": {"^y-": {"type": "string"}}});
        let config =
            json!({"map": {"id": "1", "x-a": "s", "token": "s"}, "y-a": "s", "secret": "s"});
        let hidden = ["/map/token", "/map/x-a", "/secret", "/y-a"];
        assert_eq!(of(schema, json!([]), config), hidden);
    }

    /// A plugin cannot keep the host busy, and parts that are not read are hidden.
    #[test]
    fn schema_without_an_end_declares_nothing_for_ever() {
        let schema = json!({"properties": {"a": {"$ref": "#/properties/a"}, "b": {"anyOf": vec![json!({"$ref": "#/properties/b"}); 9]}}});
        let config = json!({"a": {"x": 1}, "b": {"y": 1}, "c": 1});
        assert_eq!(of(schema, json!([]), config), ["/a/x", "/b/y", "/c"]);
        let config = json!({"a": 1});
        assert_eq!(of(json!("none"), json!({}), config), ["/a"]);
    }
}
