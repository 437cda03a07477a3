//! Reading of a JSON body. Errors name the place and what was expected, and repeat nothing of it.

use crate::problem::Problem;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The largest body, in bytes.
pub const BYTES: usize = 64 << 10;

/// Reads a body.
///
/// # Errors
///
/// [`Problem`] when it is not JSON, or not of this form.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde reads a struct from an array of its fields as well, which the schema does not allow.
    let is_array = bytes.trim_ascii_start().first() == Some(&b'[');
    if is_array && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Err(Problem::invalid("", "Expected: an object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let inner = error.inner();
        if inner.is_data() {
            let message = inner.to_string();
            let pointer = pointer(error.path()) + &of_field(&message);
            return Problem::invalid(&pointer, expected(&message));
        }
        malformed(format!(
            "It is not JSON at line {}, column {}.",
            inner.line(),
            inner.column()
        ))
    })?;
    let end = reader.end();
    end.map_err(|_| malformed("Something follows the JSON document.".to_owned()))?;
    Ok(value)
}

fn malformed(detail: String) -> Problem {
    Problem::new(400, "malformed", "The body is not JSON", detail)
}

/// The place below its object of a field that serde misses, or has twice: its path ends at the object.
fn of_field(message: &str) -> String {
    let starts = ["missing field `", "duplicate field `"];
    let named = starts.iter().find_map(|start| message.strip_prefix(start));
    let name = named.and_then(|rest| rest.split('`').next());
    name.map(|name| format!("/{name}")).unwrap_or_default()
}

/// The part of serde's message that names what was expected. The rest may repeat a value.
fn expected(message: &str) -> String {
    let text = message.split(" at line ").next().unwrap_or_default();
    if text.starts_with("missing field") || text.starts_with("duplicate field") {
        return format!("The body has a {text}.").replace('`', "");
    }
    let wanted = text.rsplit_once("expected ").map(|(_, wanted)| wanted);
    let wanted = wanted.unwrap_or("another value").replace('`', "");
    if text.starts_with("unknown field") {
        return format!("This member is not known. Expected: {wanted}.");
    }
    format!("Expected: {wanted}.")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Seq { index } => format!("/{index}"),
            Segment::Enum { .. } | Segment::Unknown => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[allow(dead_code)]
        to: Vec<u32>,
    }

    #[test]
    fn error_names_the_place_and_repeats_nothing() {
        for (text, status, pointer) in [
            (r#"{"to":["918273"]}"#, 422, Some("/to/0")),
            (r#"{"to":[],"x":918273}"#, 422, Some("/x")),
            (r"{}", 422, Some("/to")),
            (r#"{"to":[],"to":[918273]}"#, 422, Some("/to")),
            (r#"{"to":[]} 918273"#, 400, None),
            ("918273", 422, Some("")),
            (" [[918273]]", 422, Some("")),
            ("[", 400, None),
            ("{", 400, None),
            ("", 400, None),
        ] {
            let problem = parse::<Body>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.status, status, "{text}");
            assert_eq!(problem.pointer.as_deref(), pointer, "{text}");
            assert!(!problem.detail.contains("918273"), "{problem:?}");
        }
        assert!(parse::<Body>(br#" {"to":[1]} "#).is_ok());
    }
}
