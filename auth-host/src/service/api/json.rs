//! JSON of a request's body. Errors have the place and the expected value, and repeat nothing of the body.

use crate::pointer::escaped;
use crate::service::expected::expected;
use crate::service::problem::Problem;
use axum::http::StatusCode;
use serde::de::{DeserializeOwned, IgnoredAny};

/// Reads JSON. The error has the pointer and the expected value, and repeats nothing of the body.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // serde reads a struct from an array of its fields as well, which the document does not allow.
    let is_array = bytes.trim_ascii_start().first() == Some(&b'[');
    if is_array && serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Err(Problem::invalid("", "Expected: an object."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let parsed = serde_path_to_error::deserialize(&mut reader);
    let value = parsed.map_err(|error| {
        let mut pointer = pointer(error.path());
        let inner = error.inner();
        if inner.is_data() {
            let message = inner.to_string();
            pointer.push_str(&of_field(&message));
            return Problem::invalid(&pointer, said(&message));
        }
        let place = format!("line {}, column {}", inner.line(), inner.column());
        malformed(&format!("It is not JSON at {place}."))
    })?;
    reader
        .end()
        .map_err(|_| malformed("Something follows the JSON document."))?;
    Ok(value)
}

/// The problem for a body that is not JSON.
pub(super) fn malformed(detail: &str) -> Problem {
    let status = StatusCode::BAD_REQUEST;
    Problem::new(status, "malformed", "The body is not JSON", detail)
}

/// The pointer, relative to its object, of a field that serde misses or found twice: its path ends at the object.
fn of_field(message: &str) -> String {
    let named = ["missing field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| message.strip_prefix(start));
    let name = named.and_then(|rest| rest.split('`').next());
    name.map(|name| format!("/{name}")).unwrap_or_default()
}

/// Serde's message about a body, without the parts that repeat it.
fn said(message: &str) -> String {
    let known = ["missing field", "unknown field", "duplicate field"];
    let is_about_a_name = known.iter().any(|known| message.starts_with(known));
    let text = message.split(" at line ").next().unwrap_or_default();
    if is_about_a_name && !message.starts_with("unknown field") {
        return format!("The body has a {text}.").replace("`", "");
    }
    let wanted = expected(message);
    if message.starts_with("unknown field") {
        return format!("This member is not known. Expected: {wanted}.");
    }
    format!("Expected: {wanted}.")
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut text = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Map { key } => {
                text.push('/');
                text.push_str(&escaped(key));
            }
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn body_error_names_place_without_repeating_input() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            #[allow(dead_code)]
            to: Vec<u32>,
        }
        for (text, status, pointer) in [
            (r#"{"to":["918273"]}"#, 422, Some("/to/0")),
            (r#"{"to":[],"918273":1}"#, 422, Some("/******")),
            (
                r#"{"to":[],"+8613844440002":1}"#,
                422,
                Some("/+*************"),
            ),
            (r#"{"to":[],"to_2":1}"#, 422, Some("/to_2")),
            (r"{}", 422, Some("/to")),
            (r#"{"to":[],"to":[]}"#, 422, Some("/to")),
            (r#"{"to":[]} 918273"#, 400, None),
            ("918273", 422, Some("")),
            (" [[918273]]", 422, Some("")),
            ("[", 400, None),
            ("{", 400, None),
        ] {
            let problem = parse::<Body>(text.as_bytes()).unwrap_err();
            assert_eq!(problem.status, status, "{text}");
            assert_eq!(problem.pointer.as_deref(), pointer, "{text}");
            assert!(!problem.detail.contains("918273"), "{problem:?}");
        }
    }
}
