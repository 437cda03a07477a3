//! Mistakes of a field table, which a connector's own test looks for.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::schema::accepts;
use crate::config::{Field, FieldType, Place};
use crate::connector::{Connector, config_guard, validate_config};
use crate::contract::Severity;
use crate::text::Language;

/// Finds the mistakes of a connector's field table, one sentence each: JSON that is none, keys that occur twice,
/// a default that shows a secret, and a schema that refuses what the code accepts.
///
/// For the last, `config` is an example that works, with as many fields as possible. Each of its values is replaced by
/// values of other types and forms; the guard's schema has to accept whatever [`Connector::read_config`] does. Patterns
/// of a schema are not compared.
///
/// # Examples
/// ```
/// # use connector_kit::config::{Field, Object};
/// # use connector_kit::contract::{Failure, Message, Metadata, Preview, Receipt, SendError};
/// # use connector_kit::http::Client;
/// # use connector_kit::text::Text;
/// # use connector_kit::Connector;
/// use connector_kit::testing::mistakes;
///
/// struct Acme;
///
/// impl Connector for Acme {
///     const FIELDS: &'static [Field] = &[
///         Field::new("isTest", Text::english("Test")).default("off"),
///     ];
///     // The rest of the connector.
/// #   type Config<'c> = bool;
/// #   const METADATA: Metadata =
/// #       Metadata { id: "acme", version: "1.0.0", names: &[], descriptions: &[], attributes: &[] };
/// #   fn read_config<'c>(config: &Object<'c, '_>) -> Option<bool> {
/// #       Some(config.switch("isTest").unwrap_or(false))
/// #   }
/// #   fn preview(_: &bool, _: &Message) -> Result<Preview, Failure> {
/// #       Err(Failure::invalid_message(""))
/// #   }
/// #   fn send(_: &bool, _: &Message, _: &mut Client<'_>) -> Result<Receipt, SendError> {
/// #       Err(SendError::NotSent(Failure::invalid_message("")))
/// #   }
/// }
///
/// assert_eq!(mistakes::<Acme>(r#"{"isTest": true}"#), [
///     "/isTest: its default is not JSON.",
///     "/isTest: the schema refuses true or false, which read_config accepts.",
/// ]);
/// ```
pub fn mistakes<C: Connector>(config: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !is_object(C::SCHEMA_RULES) {
        found.push("SCHEMA_RULES is not a JSON object.".to_string());
    }
    of_table(C::FIELDS, Place::Root, &mut found);
    of_example::<C>(config, &mut found);
    found
}

fn is_object(json: &str) -> bool {
    matches!(serde_json::from_str(json), Ok(Value::Object(_)))
}

/// Finds the mistakes that the table itself shows.
fn of_table(fields: &[Field], place: Place<'_>, found: &mut Vec<String>) {
    for (index, field) in fields.iter().enumerate() {
        let place = place.key(field.key);
        let mut check = |is_wrong: bool, what: &str| {
            if is_wrong {
                found.push(format!("{}: {what}.", place.pointer()));
            }
        };
        let is_doubled = fields
            .iter()
            .take(index)
            .any(|other| other.key == field.key);
        check(is_doubled, "another field has the same key");
        check(field.key.is_empty(), "its key is empty");
        check(!is_object(field.schema), "its schema is not a JSON object");
        let default = serde_json::from_str::<Value>(field.default);
        let has_default = !field.default.is_empty();
        check(has_default && default.is_err(), "its default is not JSON");
        check(
            has_default && field.secret,
            "a secret has no default, which everybody sees",
        );
        let is_choice = matches!(field.form, FieldType::Select | FieldType::MultiSelect);
        check(
            is_choice && field.options.is_empty(),
            "it has no options to choose from",
        );
        let is_plain = |alias: &&str| {
            let mut characters = alias.chars();
            characters.all(|each| each.is_alphanumeric() && !each.is_uppercase())
        };
        let are_plain = field.aliases.iter().all(is_plain);
        check(
            !are_plain,
            "an alias is not in lower case without punctuation",
        );
        let entry = if field.is_list { place.entry(0) } else { place };
        of_table(field.fields, entry, found);
    }
}

/// Finds the mistakes that the example shows: it does not work, or the schema refuses a variant that the code accepts.
fn of_example<C: Connector>(config: &str, found: &mut Vec<String>) {
    let Ok(example) = serde_json::from_str::<Value>(config) else {
        found.push("The example config is not JSON.".to_string());
        return;
    };
    let wrong = error_places::<C>(config);
    found.extend(wrong.map(|place| format!("{place}: the example config has an error here.")));
    let schema = config_guard::<C>(Language::English).json_schema;
    let schema = serde_json::from_str(&schema).unwrap_or_default();
    let mut check = |config: &Value, place: &str, value: &Value| {
        let is_read = error_places::<C>(&config.to_string()).next().is_none();
        if is_read && !accepts(&schema, config) {
            let what = type_of(value);
            let mistake = format!("{place}: the schema refuses {what}, which read_config accepts.");
            if !found.contains(&mistake) {
                found.push(mistake);
            }
        }
    };
    for (block, field) in places(C::FIELDS, &example, Place::Root) {
        let current = example
            .pointer(&block)
            .and_then(|block| block.get(field.key));
        let place = format!("{block}{}", Place::Root.key(field.key).pointer());
        for value in values(field, current) {
            let mut config = example.clone();
            let members = config.pointer_mut(&block).and_then(Value::as_object_mut);
            if let Some(members) = members {
                members.insert(field.key.to_string(), value.clone());
                check(&config, &place, &value);
            }
        }
    }
}

/// The places of a config's errors.
fn error_places<C: Connector>(config: &str) -> impl Iterator<Item = String> {
    let findings = validate_config::<C>(config, Language::English).into_iter();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.pointer)
}

/// The fields of a config and of the blocks that it has, each with the pointer of its block.
fn places(
    fields: &'static [Field],
    block: &Value,
    place: Place<'_>,
) -> Vec<(String, &'static Field)> {
    let mut found = Vec::new();
    for field in fields {
        found.push((place.pointer(), field));
        let inner = place.key(field.key);
        match block.get(field.key) {
            Some(Value::Array(items)) if field.is_list => {
                for (index, item) in items.iter().enumerate() {
                    found.extend(places(field.fields, item, inner.entry(index)));
                }
            }
            Some(value @ Value::Object(_)) => found.extend(places(field.fields, value, inner)),
            _ => {}
        }
    }
    found
}

/// The values that a field is tried with: values of every type, its default, and other forms of the value that it has.
fn values(field: &Field, current: Option<&Value>) -> Vec<Value> {
    let any = json!([
        null,
        true,
        false,
        0,
        1,
        5000,
        0.5,
        -1,
        "",
        "<x>",
        "text",
        "1",
        "5000",
        "true",
        [],
        {},
        [1],
        ["text"],
        [{}]
    ]);
    let mut values = match any {
        Value::Array(values) => values,
        other => alloc::vec![other],
    };
    values.extend(serde_json::from_str(field.default));
    values.extend(field.options.iter().map(|(value, _)| json!(value)));
    if let Some(current) = current {
        values.extend([current.clone(), json!([current])]);
        values.extend(current.as_array().and_then(|items| items.first()).cloned());
        if let Some(text) = current.as_str() {
            values.push(json!(format!(" {text} ")));
            values.extend(text.parse::<u64>().map(Value::from));
        } else {
            values.push(json!(current.to_string()));
        }
    }
    values
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
