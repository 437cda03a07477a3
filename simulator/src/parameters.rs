//! Parameters of an action: read from a JSON body or a query, then checked against its schema.
//!
//! | refused | with |
//! |---|---|
//! | POST whose `Content-Type` is not `application/json`, or whose body is not a JSON object | `InvalidParameter` |
//! | GET whose `Content-Type` is not `application/x-www-form-urlencoded` | `InvalidParameter` |
//! | a key that the action does not have | `UnknownParameter` |
//! | a required key that is absent | `MissingParameter` |
//! | a value of another type, named by its path (`TemplateParamSet.0`) | `InvalidParameter` |

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::codes;
use crate::request::{ApiRequest, Refusal};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// An unsigned integer.
    Uint,
    /// An array of strings.
    TextArray,
    /// An array of unsigned integers.
    UintArray,
}

/// One parameter of an action.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its exact name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// True if it must be present.
    pub required: bool,
}

impl Parameter {
    /// A parameter that must be present.
    pub const fn required(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: true,
        }
    }

    /// A parameter that may be absent.
    pub const fn optional(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            required: false,
        }
    }
}

/// Step 14: the parameters as a JSON object.
///
/// # Errors
///
/// `InvalidParameter` if they cannot be read.
pub fn read(request: &ApiRequest, schema: &[Parameter]) -> Result<Map<String, Value>, Refusal> {
    let is_get = request.method == "GET";
    let expected = match is_get {
        true => "application/x-www-form-urlencoded",
        false => "application/json",
    };
    let content_type = request.header("Content-Type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(expected) {
        return Err(Refusal::with(
            &codes::INVALID_PARAMETER,
            format!("The request header `Content-Type` must be `{expected}`."),
        ));
    }
    if is_get {
        return Ok(from_query(&request.query, schema));
    }
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::with(
            &codes::INVALID_PARAMETER,
            "The request body is not a JSON object.",
        )),
        Err(error) => Err(Refusal::with(
            &codes::INVALID_PARAMETER,
            "The request body is not valid JSON.",
        )
        .explain(format!(
            "invalid JSON at line {}, column {}",
            error.line(),
            error.column()
        ))),
    }
}

/// Step 15: names, presence and types.
///
/// # Errors
///
/// The first rule that is broken, in this order: unknown names, missing ones, wrong types.
pub fn check(
    mut given: Map<String, Value>,
    schema: &[Parameter],
    chinese: bool,
) -> Result<Map<String, Value>, Refusal> {
    if let Some(unknown) = given
        .keys()
        .find(|key| !schema.iter().any(|p| p.name == key.as_str()))
    {
        return Err(Refusal::with(
            &codes::UNKNOWN_PARAMETER,
            format!("The parameter `{unknown}` is not recognized."),
        ));
    }
    // It is inference that null counts as absent: SDKs that serialise unset fields send it.
    given.retain(|_, value| !value.is_null());
    if let Some(missing) = schema
        .iter()
        .find(|p| p.required && !given.contains_key(p.name))
    {
        return Err(Refusal::missing(missing.name));
    }
    for parameter in schema {
        let Some(value) = given.get(parameter.name) else {
            continue;
        };
        if let Some(path) = mistyped(parameter, value) {
            let message = if chinese {
                format!("参数 `{path}` 取值类型错误。")
            } else {
                format!("The value type of parameter `{path}` is not valid.")
            };
            return Err(Refusal::with(&codes::INVALID_PARAMETER, message));
        }
    }
    Ok(given)
}

/// The path of the first value of the wrong type.
fn mistyped(parameter: &Parameter, value: &Value) -> Option<String> {
    let (item, array): (fn(&Value) -> bool, bool) = match parameter.kind {
        Kind::Text => (Value::is_string, false),
        Kind::Uint => (Value::is_u64, false),
        Kind::TextArray => (Value::is_string, true),
        Kind::UintArray => (Value::is_u64, true),
    };
    if !array {
        return (!item(value)).then(|| parameter.name.to_owned());
    }
    let Some(items) = value.as_array() else {
        return Some(parameter.name.to_owned());
    };
    items
        .iter()
        .position(|v| !item(v))
        .map(|at| format!("{}.{at}", parameter.name))
}

/// Reads a query. A GET carries arrays flattened, `PhoneNumberSet.0=…`, and everything as text.
fn from_query(query: &str, schema: &[Parameter]) -> Map<String, Value> {
    let mut object = Map::new();
    let mut arrays: BTreeMap<&str, BTreeMap<usize, Value>> = BTreeMap::new();
    let decoded: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    for (name, value) in &decoded {
        let (base, index) = match name.rsplit_once('.') {
            Some((base, index)) => (base, index.parse::<usize>().ok()),
            None => (&**name, None),
        };
        let kind = schema.iter().find(|p| p.name == base).map(|p| p.kind);
        match (kind, index) {
            (Some(Kind::TextArray), Some(index)) => {
                arrays
                    .entry(base)
                    .or_default()
                    .insert(index, Value::from(&**value));
            }
            (Some(Kind::UintArray), Some(index)) => {
                arrays.entry(base).or_default().insert(index, number(value));
            }
            (Some(Kind::Uint), None) => {
                object.insert(name.to_string(), number(value));
            }
            _ => {
                object.insert(name.to_string(), Value::from(&**value));
            }
        }
    }
    for (name, items) in arrays {
        object.insert(name.to_owned(), items.into_values().collect());
    }
    object
}

fn number(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SCHEMA: &[Parameter] = &[
        Parameter::required("Numbers", Kind::TextArray),
        Parameter::required("Id", Kind::Text),
        Parameter::optional("Limit", Kind::Uint),
        Parameter::optional("Ids", Kind::UintArray),
    ];

    fn refused(value: Value) -> (&'static str, String) {
        let refusal = check(value.as_object().unwrap().clone(), SCHEMA, false).unwrap_err();
        (refusal.code.name, refusal.message)
    }

    #[test]
    fn parameters_of_the_right_names_and_types_pass() {
        let given = json!({"Numbers": ["1"], "Id": "2", "Limit": 3, "Ids": [4]});
        let object = given.as_object().unwrap().clone();
        assert_eq!(check(object.clone(), SCHEMA, false).unwrap(), object);
    }

    #[test]
    fn unknown_name_is_reported_before_missing_one() {
        assert_eq!(
            refused(json!({"$schema": 1})),
            (
                "UnknownParameter",
                "The parameter `$schema` is not recognized.".to_owned()
            )
        );
    }

    #[test]
    fn missing_name_is_reported_before_wrong_type() {
        assert_eq!(
            refused(json!({"Numbers": 5})),
            (
                "MissingParameter",
                "The request is missing a required parameter `Id`.".to_owned()
            )
        );
    }

    #[test]
    fn a_wrong_type_is_reported_with_its_path() {
        for (given, path) in [
            (json!({"Numbers": "1", "Id": "2"}), "Numbers"),
            (json!({"Numbers": ["1", 2], "Id": "2"}), "Numbers.1"),
            (json!({"Numbers": [], "Id": 1110000}), "Id"),
            (json!({"Numbers": [], "Id": "2", "Limit": -1}), "Limit"),
            (json!({"Numbers": [], "Id": "2", "Ids": [1, "2"]}), "Ids.1"),
        ] {
            let expected = format!("The value type of parameter `{path}` is not valid.");
            assert_eq!(refused(given), ("InvalidParameter", expected));
        }
    }

    #[test]
    fn request_for_chinese_gets_known_chinese_text() {
        let given = json!({"Numbers": [5], "Id": "2"})
            .as_object()
            .unwrap()
            .clone();
        let refusal = check(given, SCHEMA, true).unwrap_err();
        assert_eq!(refusal.message, "参数 `Numbers.0` 取值类型错误。");
    }

    #[test]
    fn null_counts_as_absent() {
        let given = json!({"Numbers": [], "Id": "2", "Limit": null})
            .as_object()
            .unwrap()
            .clone();
        assert!(check(given, SCHEMA, false).unwrap().get("Limit").is_none());
        assert_eq!(
            refused(json!({"Numbers": [], "Id": null})).0,
            "MissingParameter"
        );
    }

    #[test]
    fn a_query_is_unflattened_in_index_order() {
        let object = from_query(
            "Numbers.1=%2B441234&Numbers.0=a+b&Id=x%e7%a0%81&Limit=5&Ids.0=7&Z=",
            SCHEMA,
        );
        let expected =
            json!({"Numbers": ["a b", "+441234"], "Id": "x码", "Limit": 5, "Ids": [7], "Z": ""});
        assert_eq!(Value::Object(object), expected);
    }

    #[test]
    fn a_broken_escape_stays_as_it_is() {
        for (query, id) in [("Id=100%", "100%"), ("Id=%4", "%4"), ("&Id=%zz%41", "%zzA")] {
            assert_eq!(from_query(query, SCHEMA)["Id"], id);
        }
    }
}
