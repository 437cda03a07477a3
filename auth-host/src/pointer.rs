//! JSON Pointers (RFC 6901): their keys, and places that are created.

use serde_json::Value;

/// A key as a part of a pointer.
#[cfg(feature = "serve")]
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A part of a pointer as a key.
pub fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// The value at a JSON Pointer, created if only the last key is missing.
pub fn place<'a>(json: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = unescaped(key);
    match json.pointer_mut(parent)? {
        Value::Object(object) => Some(object.entry(key).or_insert(Value::Null)),
        Value::Array(array) => array.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A value is set at a key that exists or is missing, but not at a missing index of a list.
    #[test]
    fn place_accepts_missing_key_but_not_missing_parent() {
        let mut config = json!({"a": {"b": 1}, "list": [{"k": 1}]});
        for (pointer, found) in [
            ("/a/b", true),
            ("/a/new", true),
            ("/list/0/k", true),
            ("/x/y", false),
            ("/list/7", false),
        ] {
            assert_eq!(place(&mut config, pointer).is_some(), found, "{pointer}");
        }
        *place(&mut config, "/a~1b").unwrap() = json!("v");
        assert_eq!(config["a/b"], "v");
    }

    #[cfg(feature = "serve")]
    #[test]
    fn escaped_key_reads_back() {
        for (key, part) in [("a/b", "a~1b"), ("~1", "~01"), ("a", "a")] {
            assert_eq!(escaped(key), part);
            assert_eq!(unescaped(part), key);
        }
    }
}
